/**
 * The repo server's view of Git: resolves revisions with `ls-remote`, keeps one private full checkout a
 * repository, and hands out a copy of its tree, `.git` included, for each render.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StagelineError } from '../../../core/errors.ts';
import { copyTree } from './copy-tree.ts';
import { git } from './git.ts';
import { serialize } from './serialize.ts';

const SHA = /^[0-9a-f]{40}$/;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

export interface Repositories {
  /** Commit that a branch, tag or SHA names now. */
  resolve(repoURL: string, targetRevision: string): Promise<string>;
  /** Forgets what `ls-remote` said, so that the next resolve asks again. */
  forget(repoURL?: string): void;
  /** Calls `use` with a fresh copy of the tree at a commit, which is removed afterwards. */
  withTree<T>(repoURL: string, revision: string, use: (root: string) => Promise<T>): Promise<T>;
  /** Runs git in the private checkout, where the commit is present. */
  inspect(repoURL: string, revision: string, args: string[]): Promise<string>;
}

/** Where a repository lives: a path or loopback URL that git understands; anything else is refused. */
export function localRepository(repoURL: string): string {
  if (repoURL.startsWith('/')) return repoURL;
  const url = URL.canParse(repoURL) ? new URL(repoURL) : undefined;
  if (url?.protocol === 'file:') return fileURLToPath(url);
  if ((url?.protocol === 'http:' || url?.protocol === 'https:') && LOOPBACK.has(url.hostname)) return repoURL;
  throw new StagelineError(`the sandbox cannot read repository ${repoURL}`, {
    code: 'SANDBOX_REPOSITORY',
    hint: 'Use an absolute path, a file:// URL or an http URL of this machine',
  });
}

/** Repositories under `<workDir>/repositories`; copies for renders under `<workDir>/_cmp_server`. */
export async function openRepositories(workDir: string): Promise<Repositories> {
  const renders = join(workDir, '_cmp_server');
  await rm(renders, { recursive: true, force: true });
  await mkdir(renders, { recursive: true });
  const remoteRefs = new Map<string, Promise<Map<string, string>>>();
  const locks = new Map<string, <T>(work: () => Promise<T>) => Promise<T>>();

  function lock<T>(repoURL: string, work: () => Promise<T>): Promise<T> {
    const run = locks.get(repoURL) ?? serialize();
    locks.set(repoURL, run);
    return run(work);
  }

  async function refs(repoURL: string): Promise<Map<string, string>> {
    const known = remoteRefs.get(repoURL) ?? listRemote(localRepository(repoURL), workDir);
    remoteRefs.set(repoURL, known);
    known.catch(() => remoteRefs.delete(repoURL));
    return known;
  }

  async function checkedOut(repoURL: string, revision: string): Promise<string> {
    const folder = join(
      workDir,
      'repositories',
      createHash('sha256').update(repoURL).digest('hex').slice(0, 16),
    );
    await mkdir(folder, { recursive: true });
    await git(folder, ['init', '--quiet']);
    if (!(await hasCommit(folder, revision))) {
      await git(folder, [
        'fetch',
        '--quiet',
        '--force',
        '--tags',
        '--prune',
        localRepository(repoURL),
        '+refs/heads/*:refs/remotes/origin/*',
        '+HEAD:refs/remotes/origin/HEAD-commit',
      ]);
    }
    await git(folder, ['checkout', '--quiet', '--force', '--detach', revision]);
    await git(folder, ['clean', '-ffdx', '--quiet']);
    return folder;
  }

  return {
    async resolve(repoURL, targetRevision) {
      if (SHA.test(targetRevision)) return targetRevision;
      const known = await refs(repoURL);
      const wanted = targetRevision === '' ? 'HEAD' : targetRevision;
      const found = candidates(wanted)
        .map((name) => known.get(name))
        .find((sha) => sha !== undefined);
      if (found === undefined) throw new Error(`unable to resolve '${wanted}' to a commit SHA`);
      return found;
    },
    forget(repoURL) {
      if (repoURL === undefined) remoteRefs.clear();
      else remoteRefs.delete(repoURL);
    },
    async withTree(repoURL, revision, use) {
      const root = join(renders, randomUUID());
      try {
        await lock(repoURL, async () => copyTree(await checkedOut(repoURL, revision), root));
        return await use(root);
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    },
    inspect: (repoURL, revision, args) =>
      lock(repoURL, async () => git(await checkedOut(repoURL, revision), args)),
  };
}

/** The application's directory in a tree; a path that leaves the tree is refused. */
export function applicationDirectory(root: string, path: string): string {
  const directory = resolve(root, path);
  if (directory !== root && !directory.startsWith(root + sep))
    throw new Error(`${path}: app path is absolute or outside`);
  return directory;
}

function candidates(name: string): string[] {
  return [name, `refs/heads/${name}`, `refs/tags/${name}^{}`, `refs/tags/${name}`];
}

async function listRemote(location: string, cwd: string): Promise<Map<string, string>> {
  const text = await git(cwd, ['ls-remote', location]);
  const refs = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [sha, name] = line.split('\t');
    if (sha && name) refs.set(name, sha);
  }
  return refs;
}

async function hasCommit(folder: string, revision: string): Promise<boolean> {
  const found = await git(folder, ['rev-list', '--max-count=1', '--ignore-missing', revision]).catch(
    () => '',
  );
  return found.trim() !== '';
}
