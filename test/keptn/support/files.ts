/** Folders of this repository as files of a test's repository. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');
export const EXAMPLE = join(ROOT, 'examples/keptn');

/** All files below a folder by their path in it, put below `prefix`; none that Git ignores, such as what Helm has built there. */
export function filesOf(folder: string, prefix = ''): Record<string, string> {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const files = listed.split('\0').filter((file) => file !== '' && existsSync(join(folder, file)));
  return Object.fromEntries(files.map((file) => [prefix + file, readFileSync(join(folder, file), 'utf8')]));
}
