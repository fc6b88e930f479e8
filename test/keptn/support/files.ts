/** Folders of this repository as files of a test's repository. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');
export const EXAMPLE = join(ROOT, 'examples/keptn');

/** All files below a folder by their path in it, put below `prefix`. */
export function filesOf(folder: string, prefix = ''): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    entries.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [prefix + file.slice(folder.length + 1), readFileSync(file, 'utf8')];
    }),
  );
}
