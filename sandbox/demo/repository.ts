/** The demo's Git repository: a bare one made from examples/shop, and a clone for the person at the keyboard. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { git } from '../../runtime/git.ts';

export interface ShopRepository {
  bare: string;
  /** The clone; its remote is the bare repository's path, so pushing needs no account. */
  clone: string;
}

const AUTHOR = {
  GIT_AUTHOR_NAME: 'Dana Developer',
  GIT_AUTHOR_EMAIL: 'dana@example.com',
  GIT_COMMITTER_NAME: 'Dana Developer',
  GIT_COMMITTER_EMAIL: 'dana@example.com',
};

const VALUES = 'charts/dev/values.yaml';

/** Makes both. Errors: `DEMO_FOLDER_USED` if `directory` already has a repository. */
export async function createShopRepository(directory: string, example: string): Promise<ShopRepository> {
  const bare = path.join(directory, 'shop.git');
  const clone = path.join(directory, 'shop');
  if (existsSync(bare) || existsSync(clone)) {
    throw new StagelineError(`${directory} already holds a demo`, {
      code: 'DEMO_FOLDER_USED',
      hint: 'Name another folder with --keep, or remove this one',
    });
  }
  mkdirSync(directory, { recursive: true });
  await git(['init', '--quiet', '--bare', '--initial-branch=main', bare], { cwd: directory });
  await git(['init', '--quiet', '--initial-branch=main', clone], { cwd: directory });
  cpSync(example, clone, { recursive: true, filter: (file) => !file.endsWith('.test.ts') });
  const at = { gitDir: path.join(clone, '.git'), workTree: clone };
  await git(['config', 'user.name', AUTHOR.GIT_AUTHOR_NAME], at);
  await git(['config', 'user.email', AUTHOR.GIT_AUTHOR_EMAIL], at);
  await git(['remote', 'add', 'origin', bare], at);
  await git(['config', 'branch.main.remote', 'origin'], at);
  await git(['config', 'branch.main.merge', 'refs/heads/main'], at);
  // A promotion may have been pushed since: the person's own push then needs no extra step.
  await git(['config', 'pull.rebase', 'true'], at);
  await git(['add', '--all'], at);
  await git(['commit', '--quiet', '--message=Start the shop on v1'], { ...at, env: AUTHOR });
  await git(['push', '--quiet', 'origin', 'main'], at);
  return { bare, clone };
}

/** Writes a version into dev's values, commits and pushes it; the commit's id. */
export function releaseVersion(repository: ShopRepository, version: string): Promise<string> {
  return commitChange(repository, {
    file: VALUES,
    change: (text) => text.replace(/^(\s+tag:\s*)\S+/gm, `$1${version}`),
    message: `Release ${version} to dev`,
  });
}

/** Changes a file on top of what was pushed meanwhile, as the person at the keyboard does; the commit's id. */
export async function commitChange(
  repository: ShopRepository,
  commit: { file: string; change: (text: string) => string; message: string },
): Promise<string> {
  const at = { gitDir: path.join(repository.clone, '.git'), workTree: repository.clone };
  await git(['pull', '--quiet', '--rebase', 'origin', 'main'], at);
  const file = path.join(repository.clone, commit.file);
  writeFileSync(file, commit.change(readFileSync(file, 'utf8')));
  await git(['commit', '--quiet', '--all', `--message=${commit.message}`], { ...at, env: AUTHOR });
  await git(['push', '--quiet', 'origin', 'main'], at);
  return (await git(['rev-parse', 'HEAD'], at)).trim();
}
