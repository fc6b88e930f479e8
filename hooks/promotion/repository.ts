/**
 * The GitOps repository of a promotion: a bare, shallow, partial clone. There is no work tree, so nothing that is
 * committed (links, filters, attributes, hooks) can act; commits are made from the tree of their parent.
 */
import { join } from 'node:path';
import { messageOf, StagelineError } from '../../core/errors.ts';
import {
  git,
  gitBytes,
  gitFailed,
  scrubUrls,
  tryGit,
  type GitOptions,
  type GitResult,
} from '../../runtime/git.ts';

export interface RepositoryOptions {
  /** An empty folder. */
  folder: string;
  url: string;
  /** Branch name; `HEAD` or nothing for the remote's default branch. */
  base: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

export interface NewCommit {
  parent: string;
  /** Path and bytes of every file that differs from the parent. */
  files: ReadonlyMap<string, Buffer>;
  message: string;
  /** RFC 3339; the same commit made again at another time has the same id. */
  date: string;
}

/** How a push may move a branch: only forward, or from exactly what it was (nothing, if it was not there). */
export type PushWay = { kind: 'fast-forward' } | { kind: 'replace'; expected: string | undefined };

export interface Repository {
  /** Name of the base branch. */
  base: string;
  /** The branch's commit, fetched; undefined if there is no such branch. */
  fetchBranch(branch: string): Promise<string | undefined>;
  /** Bytes of a file at a commit; undefined if it is not there. */
  readFile(commit: string, path: string): Promise<Buffer | undefined>;
  /** The newest commit of a branch that changed a file, if recent history says so. */
  lastCommitOf(branch: string, path: string): Promise<string | undefined>;
  commit(commit: NewCommit): Promise<string>;
  /** False if the branch was not where it had to be. */
  push(commit: string, branch: string, way: PushWay): Promise<boolean>;
}

const HISTORY_DEPTH = 200;
const NULL_ID = '';
const REMOTE_TIMEOUT_MS = 120_000;

/** Errors: `GIT_FAILED`, `GIT_TIMEOUT`, `PROGRAM_MISSING`. */
export async function openRepository(options: RepositoryOptions): Promise<Repository> {
  const gitDir = join(options.folder, 'repository.git');
  checkNames(options);
  const username = options.env['STAGELINE_GIT_USERNAME'] || 'git';
  const token = options.env['STAGELINE_GIT_TOKEN'];
  const identity = {
    name: options.env['STAGELINE_GIT_AUTHOR_NAME'] || 'Stageline',
    email: options.env['STAGELINE_GIT_AUTHOR_EMAIL'] || 'noreply@stageline.dev',
  };
  const settings: GitOptions = {
    gitDir,
    cwd: options.folder,
    signal: options.signal,
    timeoutMs: REMOTE_TIMEOUT_MS,
    // Blobs that a partial clone left out are fetched when they are read.
    env: { GIT_NO_LAZY_FETCH: '0', GIT_LITERAL_PATHSPECS: '1', ...proxyVariables(options.env) },
    ...(token ? { credentials: { username, token } } : {}),
  };
  const { gitDir: _none, ...outside } = settings;
  await git(['init', '--quiet', '--bare', gitDir], outside);
  for (const [key, value] of [
    ['remote.origin.url', options.url],
    ['remote.origin.promisor', 'true'],
    ['remote.origin.partialclonefilter', 'blob:none'],
  ] as const)
    await git(['config', key, value], settings);
  const base = await baseBranch(options.base, settings);
  return {
    base,
    fetchBranch: (branch) => fetchBranch(branch, settings),
    readFile: (commit, path) => readFile(commit, path, settings),
    lastCommitOf: (branch, path) => lastCommitOf(branch, path, settings),
    commit: (commit) => makeCommit(commit, { ...settings, folder: options.folder, identity }),
    push: (commit, branch, way) => push({ commit, branch, way }, settings),
  };
}

/** They come from files of the repository and from Argo CD; none of them may be taken for an option or a refspec. */
function checkNames(options: Pick<RepositoryOptions, 'url' | 'base'>): void {
  const { url, base } = options;
  if (!/^(?:[a-z][a-z0-9+.-]*:\/\/|\/|[^\s:/-][^\s:/]*@?[^\s:/]*:)\S+$/i.test(url)) {
    throw new StagelineError(`"${scrubUrls(url)}" is no repository address`, {
      code: 'PROMOTION_REPOSITORY',
      hint: 'Check repoURL in the Application’s source',
    });
  }
  if (/^-|\.\.|[\s~^:?*[\\]|\/$|^\//.test(base)) {
    throw new StagelineError(`"${base}" is no branch name`, {
      code: 'PROMOTION_BASE',
      hint: 'Set promotion.branch of the target stage to a branch',
    });
  }
}

function proxyVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

async function baseBranch(base: string, settings: GitOptions): Promise<string> {
  if (base !== '' && base !== 'HEAD') return base.replace(/^refs\/heads\//, '');
  const answer = await git(['ls-remote', '--symref', 'origin', 'HEAD'], settings);
  return /^ref: refs\/heads\/(\S+)\s+HEAD$/m.exec(answer)?.[1] ?? 'main';
}

async function fetchBranch(branch: string, settings: GitOptions): Promise<string | undefined> {
  const ref = `refs/remotes/origin/${branch}`;
  const result = await tryGit(
    [
      'fetch',
      '--quiet',
      '--depth=1',
      '--no-tags',
      '--filter=blob:none',
      'origin',
      `+refs/heads/${branch}:${ref}`,
    ],
    settings,
  );
  if (result.exitCode !== 0) {
    if (/couldn't find remote ref/i.test(result.stderr)) return undefined;
    throw gitFailed(['fetch'], result);
  }
  return (await git(['rev-parse', '--verify', `${ref}^{commit}`], settings)).trim();
}

async function readFile(commit: string, path: string, settings: GitOptions): Promise<Buffer | undefined> {
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit)) return undefined;
  if (!(await hasCommit(commit, settings))) {
    await git(
      ['fetch', '--quiet', '--depth=1', '--no-tags', '--filter=blob:none', 'origin', commit],
      settings,
    );
  }
  const entry = await git(['ls-tree', '-z', commit, '--', path], settings);
  const match = /^(\d+) (\w+) ([0-9a-f]+)\t/.exec(entry);
  if (!match) return undefined;
  if (match[2] !== 'blob' || match[1] === '120000') {
    throw new StagelineError(`${path} is a ${match[1] === '120000' ? 'link' : match[2]}, not a file`, {
      code: 'PROMOTION_FILE',
      hint: 'Name the file itself in "moves"',
    });
  }
  return gitBytes(['cat-file', 'blob', match[3] ?? ''], settings);
}

async function hasCommit(commit: string, settings: GitOptions): Promise<boolean> {
  const env = { ...settings.env, GIT_NO_LAZY_FETCH: '1' };
  return (await tryGit(['cat-file', '-e', `${commit}^{commit}`], { ...settings, env })).exitCode === 0;
}

async function lastCommitOf(branch: string, path: string, settings: GitOptions): Promise<string | undefined> {
  const deepened = await tryGit(
    [
      'fetch',
      '--quiet',
      `--depth=${HISTORY_DEPTH}`,
      '--no-tags',
      '--filter=blob:none',
      'origin',
      `refs/heads/${branch}`,
    ],
    settings,
  );
  if (deepened.exitCode !== 0) return undefined;
  const commit = await git(
    ['log', '-1', '--format=%H', `refs/remotes/origin/${branch}`, '--', path],
    settings,
  );
  return commit.trim() || undefined;
}

interface CommitSettings extends GitOptions {
  folder: string;
  identity: { name: string; email: string };
}

async function makeCommit(commit: NewCommit, settings: CommitSettings): Promise<string> {
  const { folder, identity, ...options } = settings;
  const index = join(folder, 'index');
  const withIndex = { ...options, env: { ...options.env, GIT_INDEX_FILE: index } };
  await git(['read-tree', commit.parent], withIndex);
  const modes = await fileModes(commit, options);
  const entries: string[] = [];
  for (const [path, bytes] of commit.files) {
    const blob = (
      await git(['hash-object', '-w', '--stdin', '--no-filters'], { ...options, input: bytes })
    ).trim();
    entries.push(`${modes.get(path) ?? '100644'} ${blob}\t${path}\0`);
  }
  await git(['update-index', '-z', '--index-info'], { ...withIndex, input: entries.join('') });
  const tree = (await git(['write-tree', '--missing-ok'], withIndex)).trim();
  const who = {
    GIT_AUTHOR_NAME: identity.name,
    GIT_AUTHOR_EMAIL: identity.email,
    GIT_AUTHOR_DATE: commit.date,
    GIT_COMMITTER_NAME: identity.name,
    GIT_COMMITTER_EMAIL: identity.email,
    GIT_COMMITTER_DATE: commit.date,
  };
  const id = await git(['commit-tree', tree, '-p', commit.parent, '-F', '-'], {
    ...options,
    env: { ...options.env, ...who },
    input: commit.message,
  });
  return id.trim();
}

/** An executable file stays one. */
async function fileModes(commit: NewCommit, settings: GitOptions): Promise<Map<string, string>> {
  const listed = await git(['ls-tree', '-z', commit.parent, '--', ...commit.files.keys()], settings);
  return new Map(
    listed
      .split('\0')
      .map((entry) => /^(\d+) blob [0-9a-f]+\t(.+)$/s.exec(entry))
      .flatMap((match) => (match ? [[match[2] ?? '', match[1] ?? '']] : [])),
  );
}

async function push(
  move: { commit: string; branch: string; way: PushWay },
  settings: GitOptions,
): Promise<boolean> {
  const { commit, branch, way } = move;
  const ref = `refs/heads/${branch}`;
  const lease = way.kind === 'replace' ? [`--force-with-lease=${ref}:${way.expected ?? NULL_ID}`] : [];
  const result = await tryGit(
    ['push', '--quiet', '--porcelain', ...lease, 'origin', `${commit}:${ref}`],
    settings,
  );
  if (result.exitCode === 0) return true;
  if (isMoved(result)) return false;
  throw pushRefused(branch, result);
}

/** Someone else was there first; everything else that a server refuses stays refused. */
function isMoved(result: GitResult): boolean {
  return /\[rejected\]|non-fast-forward|fetch first|stale info|cannot lock ref|failed to update ref|incorrect old value/i.test(
    `${result.stdout}\n${result.stderr}`,
  );
}

function pushRefused(branch: string, result: GitResult): StagelineError {
  const cause = gitFailed(['push'], result);
  const remote = /\[remote rejected\].*/.exec(result.stdout)?.[0];
  return new StagelineError(`pushing to branch ${branch} was refused: ${remote ?? messageOf(cause)}`, {
    code: 'PROMOTION_PUSH',
    hint: 'Give the token write access to this branch, or use "push: { merge: false }" where the branch is protected',
    blame: 'setup',
    cause,
  });
}
