/** Git trees with some files changed: only the folders on the way are read and written, however large the rest is. */
import { StagelineError } from '../../core/errors.ts';
import { git, type GitOptions } from '../../runtime/git.ts';

interface TreeEdit {
  mode: string;
  id: string;
}

/** The id of the tree that `tree` becomes with these files, by path. Errors: `PROMOTION_FILE`, `GIT_FAILED`. */
export async function editedTree(
  tree: string | undefined,
  edits: ReadonlyMap<string, TreeEdit>,
  settings: GitOptions,
): Promise<string> {
  const listed = tree === undefined ? '' : await git(['ls-tree', '-z', tree], settings);
  const entries = new Map<string, string>();
  for (const line of listed.split('\0')) {
    const at = line.indexOf('\t');
    if (at > 0) entries.set(line.slice(at + 1), line.slice(0, at));
  }
  const below = new Map<string, Map<string, TreeEdit>>();
  for (const [path, edit] of edits) {
    const slash = path.indexOf('/');
    if (slash < 0) entries.set(path, `${edit.mode} blob ${edit.id}`);
    else {
      const name = path.slice(0, slash);
      below.set(name, (below.get(name) ?? new Map()).set(path.slice(slash + 1), edit));
    }
  }
  for (const [name, inner] of below) {
    const [, type, id] = /^\d+ (\w+) ([0-9a-f]+)$/.exec(entries.get(name) ?? '') ?? [];
    if (type !== undefined && type !== 'tree') throw notAFolder(name);
    entries.set(name, `040000 tree ${await editedTree(id, inner, settings)}`);
  }
  const input = [...entries].map(([name, entry]) => `${entry}\t${name}\0`).join('');
  return (await git(['mktree', '-z', '--missing'], { ...settings, input })).trim();
}

function notAFolder(name: string): StagelineError {
  return new StagelineError(`${name} is no folder, so no file can be written below it`, {
    code: 'PROMOTION_FILE',
    hint: 'Check the path of the target stage; links are not followed',
  });
}
