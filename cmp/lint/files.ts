/** The files of a repository, for what looks at all of them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tryGit } from '../../runtime/git.ts';
import type { Findings } from './findings.ts';

const SKIPPED = new Set(['.git', 'node_modules']);

/** Repository-relative files in order, links not followed. A folder that cannot be read becomes a finding. */
export function filesOf(root: string, findings: Findings): string[] {
  const found: string[] = [];
  const visit = (folder: string): void => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) {
        findings.noteFolder(path);
        findings.attempt({ file: path, severity: 'error' }, () => visit(path));
      } else if (entry.isFile()) found.push(path);
    }
  };
  visit('');
  return found;
}

/** Of these files those that Git has or would take: what is ignored changes by no commit. All of them without Git. */
export async function withoutIgnored(gitDir: string, root: string, files: string[]): Promise<string[]> {
  const listed = await tryGit(['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    gitDir,
    workTree: root,
  });
  return listed.exitCode === 0 ? listed.stdout.split('\0').filter((file) => file !== '') : files;
}
