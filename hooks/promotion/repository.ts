/**
 * The GitOps repository of a promotion: a bare, shallow, partial clone. There is no work tree, so nothing that is
 * committed (links, filters, attributes, hooks) can act; commits are made from the tree of their parent.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, StagelineError } from '../../core/errors.ts';
import { git, gitBytes, scrubUrls, tryGit, type GitOptions, type GitResult } from '../../runtime/git.ts';
import { explainGit, isMoved, isPassing } from './git-answers.ts';
import { editedTree } from './tree.ts';

export interface RepositoryOptions {
  /** An empty folder. */
  folder: string;
  url: string;
  /** Branch name; `HEAD` or nothing for the remote's default branch. */
  base: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  credentials?: { username: string; token: string };
  /** Waits between tries where the host does not answer; see `patience.ts`. */
  patiently: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface NewCommit {
  parent: string;
  /** Path and bytes of every file that differs from the parent. */
  files: ReadonlyMap<string, Buffer>;
  message: string;
  /** RFC 3339; the same commit made again at another time has the same id. */
  date: string;
}

/** How a push may move a ref: only forward, or from exactly what it was (nothing, if it was not there). */
export type PushWay = { kind: 'fast-forward' } | { kind: 'replace'; expected: string | undefined };

/** `moved`: it was not where it had to be. `unclear`: the host's answer was lost, it may have moved as asked. */
export type PushResult = 'pushed' | 'moved' | 'unclear';

export interface Repository {
  /** Name of the base branch. */
  base: string;
  /** The branch's commit, fetched; undefined if there is no such branch. */
  fetchBranch(branch: string): Promise<string | undefined>;
  /** Bytes of a file at a commit; undefined if it is not there. */
  readFile(commit: string, path: string): Promise<Buffer | undefined>;
  /** Fetches files at once that will be read one after the other. */
  prefetch(commit: string, paths: readonly string[]): Promise<void>;
  /** The newest commit of a branch that changed a file, if recent history says so. */
  lastCommitOf(branch: string, path: string): Promise<string | undefined>;
  commit(commit: NewCommit): Promise<string>;
  /** A commit without files or parents that carries a message, to be found under a ref of its own. */
  note(message: string, date: string): Promise<string>;
  /** `ref` is a branch name, or a whole ref where it begins with `refs/`. */
  push(commit: string, ref: string, way: PushWay): Promise<PushResult>;
  /** Messages of the notes under refs that match a pattern, by ref. */
  readNotes(pattern: string): Promise<Map<string, string>>;
}

const HISTORY_DEPTH = 200;
const NULL_ID = '';
const REMOTE_TIMEOUT_MS = 120_000;
/** Without negotiation: the host would take a commit that is here for all of its files. */
const FETCH_OBJECTS = [
  '-c',
  'fetch.negotiationAlgorithm=noop',
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--filter=blob:none',
] as const;
const FETCH = ['fetch', '--quiet', '--no-tags', '--filter=blob:none'] as const;

interface State {
  settings: GitOptions;
  options: RepositoryOptions;
  /** Bytes by object id: what is read again after the branch moved is mostly the same. */
  blobs: Map<string, Buffer>;
  /** Entries by commit and path. */
  entries: Map<string, Entry | undefined>;
  commits: Set<string>;
  signing: string[];
}

interface Entry {
  mode: string;
  type: string;
  id: string;
}

/** Errors: `GIT_FAILED`, `GIT_TIMEOUT`, `GIT_CREDENTIALS`, `GIT_UNREACHABLE`, `PROGRAM_MISSING`, `PROMOTION_*`. */
export async function openRepository(options: RepositoryOptions): Promise<Repository> {
  const gitDir = join(options.folder, 'repository.git');
  checkNames(options);
  const settings: GitOptions = {
    gitDir,
    cwd: options.folder,
    signal: options.signal,
    timeoutMs: REMOTE_TIMEOUT_MS,
    // Blobs that a partial clone left out are fetched when they are read.
    env: { GIT_NO_LAZY_FETCH: '0', GIT_LITERAL_PATHSPECS: '1', ...proxyVariables(options.env) },
    ...(options.credentials ? { credentials: options.credentials } : {}),
  };
  const { gitDir: _none, ...outside } = settings;
  await git(['init', '--quiet', '--bare', gitDir], outside);
  for (const [key, value] of [
    ['remote.origin.url', options.url],
    ['remote.origin.promisor', 'true'],
    ['remote.origin.partialclonefilter', 'blob:none'],
  ] as const)
    await git(['config', key, value], settings);
  const signing = await signingArguments(options);
  const state: State = {
    settings,
    options,
    blobs: new Map(),
    entries: new Map(),
    commits: new Set(),
    signing,
  };
  const base = await baseBranch(options.base, state);
  return {
    base,
    fetchBranch: (branch) => fetchBranch(branch, state),
    readFile: (commit, path) => readFile(commit, path, state),
    prefetch: (commit, paths) => prefetch(commit, paths, state),
    lastCommitOf: (branch, path) => lastCommitOf(branch, path, state),
    commit: (commit) => makeCommit(commit, state),
    note: (message, date) => makeNote(message, date, state),
    push: (commit, ref, way) => push({ commit, ref, way }, state),
    readNotes: (pattern) => readNotes(pattern, state),
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

/** An SSH key in `STAGELINE_GIT_SIGNING_KEY` signs every commit. It is in a file only as long as the clone is there. */
async function signingArguments({ env, folder }: RepositoryOptions): Promise<string[]> {
  const key = env['STAGELINE_GIT_SIGNING_KEY'];
  if (!key) return [];
  const file = join(folder, 'signing-key');
  await writeFile(file, `${key.trim()}\n`, { mode: 0o600 });
  return ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${file}`];
}

async function baseBranch(base: string, state: State): Promise<string> {
  if (base !== '' && base !== 'HEAD') return base.replace(/^refs\/heads\//, '');
  const answer = await remote(['ls-remote', '--symref', 'origin', 'HEAD'], state);
  return /^ref: refs\/heads\/(\S+)\s+HEAD$/m.exec(answer.stdout)?.[1] ?? 'main';
}

/** Asks the host; one that does not answer is asked again. `expected` failures are answers. */
function remote(args: readonly string[], state: State, expected?: RegExp): Promise<GitResult> {
  return state.options.patiently(async () => {
    const result = await tryGit(args, state.settings);
    if (result.exitCode === 0 || expected?.test(result.stderr)) return result;
    throw explainGit(args, result, state.options.url);
  });
}

async function fetchBranch(branch: string, state: State): Promise<string | undefined> {
  const ref = `refs/remotes/origin/${branch}`;
  const args = [...FETCH, '--depth=1', 'origin', `+refs/heads/${branch}:${ref}`];
  const result = await remote(args, state, /couldn't find remote ref/i);
  if (result.exitCode !== 0) return undefined;
  const commit = (await git(['rev-parse', '--verify', `${ref}^{commit}`], state.settings)).trim();
  state.commits.add(commit);
  return commit;
}

async function readFile(commit: string, path: string, state: State): Promise<Buffer | undefined> {
  const entry = await entryOf(commit, path, state);
  if (!entry) return undefined;
  if (entry.type !== 'blob' || entry.mode === '120000') {
    throw new StagelineError(`${path} is a ${entry.mode === '120000' ? 'link' : entry.type}, not a file`, {
      code: 'PROMOTION_FILE',
      hint: 'Name the file itself in "moves"',
    });
  }
  const known = state.blobs.get(entry.id);
  if (known) return known;
  const bytes = await state.options.patiently(async () => {
    try {
      return await gitBytes(['cat-file', 'blob', entry.id], state.settings);
    } catch (error) {
      const result = { exitCode: 128, stdout: '', stderr: messageOf(error) };
      throw isPassing(result) ? explainGit(['cat-file'], result, state.options.url) : error;
    }
  });
  state.blobs.set(entry.id, bytes);
  return bytes;
}

async function entryOf(commit: string, path: string, state: State): Promise<Entry | undefined> {
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit)) return undefined;
  const key = `${commit}:${path}`;
  if (state.entries.has(key)) return state.entries.get(key);
  await listEntries(commit, [path], state);
  return state.entries.get(key);
}

async function listEntries(commit: string, paths: readonly string[], state: State): Promise<void> {
  // Asking Git whether it has a commit would make it fetch one that it has not.
  if (!state.commits.has(commit)) await remote([...FETCH, '--depth=1', 'origin', commit], state);
  state.commits.add(commit);
  const listed = await git(['ls-tree', '-z', commit, '--', ...paths], state.settings);
  for (const path of paths) state.entries.set(`${commit}:${path}`, undefined);
  for (const line of listed.split('\0')) {
    const match = /^(\d+) (\w+) ([0-9a-f]+)\t(.+)$/s.exec(line);
    if (!match) continue;
    const [, mode = '', type = '', id = '', path = ''] = match;
    state.entries.set(`${commit}:${path}`, { mode, type, id });
  }
}

async function prefetch(commit: string, paths: readonly string[], state: State): Promise<void> {
  await listEntries(commit, paths, state);
  const missing = paths.flatMap((path) => {
    const entry = state.entries.get(`${commit}:${path}`);
    return entry?.type === 'blob' && !state.blobs.has(entry.id) ? [entry.id] : [];
  });
  // One alone is fetched when it is read.
  if (missing.length > 1) await remote([...FETCH_OBJECTS, 'origin', ...new Set(missing)], state);
}

async function lastCommitOf(branch: string, path: string, state: State): Promise<string | undefined> {
  const args = [...FETCH, `--depth=${HISTORY_DEPTH}`, 'origin', `refs/heads/${branch}`];
  const deepened = await tryGit(args, state.settings);
  if (deepened.exitCode !== 0) return undefined;
  const log = ['log', '-1', '--format=%H', `refs/remotes/origin/${branch}`, '--', path];
  return (await git(log, state.settings)).trim() || undefined;
}

async function makeCommit(commit: NewCommit, state: State): Promise<string> {
  const { settings } = state;
  const edits = new Map<string, { mode: string; id: string }>();
  for (const [path, bytes] of commit.files) {
    const args = ['hash-object', '-w', '--stdin', '--no-filters'];
    const id = (await git(args, { ...settings, input: bytes })).trim();
    // An executable file stays one.
    edits.set(path, { mode: (await entryOf(commit.parent, path, state))?.mode ?? '100644', id });
  }
  const tree = await editedTree(`${commit.parent}^{tree}`, edits, settings);
  const args = [
    'commit-tree',
    ...(state.signing.length > 0 ? ['-S'] : []),
    tree,
    '-p',
    commit.parent,
    '-F',
    '-',
  ];
  return commitTree(args, commit, state);
}

async function makeNote(message: string, date: string, state: State): Promise<string> {
  const tree = await git(['mktree', '-z'], { ...state.settings, input: '' });
  return commitTree(['commit-tree', tree.trim(), '-F', '-'], { message, date }, state);
}

async function commitTree(
  args: readonly string[],
  commit: Pick<NewCommit, 'message' | 'date'>,
  { options, settings, signing }: State,
): Promise<string> {
  const name = options.env['STAGELINE_GIT_AUTHOR_NAME'] || 'Stageline';
  const email = options.env['STAGELINE_GIT_AUTHOR_EMAIL'] || 'noreply@stageline.dev';
  const who = {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: commit.date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: commit.date,
  };
  const id = await git([...signing, ...args], {
    ...settings,
    env: { ...settings.env, ...who },
    input: commit.message,
  });
  return id.trim();
}

async function push(
  move: { commit: string; ref: string; way: PushWay },
  { settings, options }: State,
): Promise<PushResult> {
  const { commit, way } = move;
  const ref = move.ref.startsWith('refs/') ? move.ref : `refs/heads/${move.ref}`;
  const lease = way.kind === 'replace' ? [`--force-with-lease=${ref}:${way.expected ?? NULL_ID}`] : [];
  const args = ['push', '--quiet', '--porcelain', ...lease, 'origin', `${commit}:${ref}`];
  const result = await tryGit(args, settings);
  if (result.exitCode === 0) return 'pushed';
  if (isMoved(result)) return 'moved';
  if (isPassing(result)) return 'unclear';
  throw explainGit(args, result, options.url, move.ref);
}

async function readNotes(pattern: string, state: State): Promise<Map<string, string>> {
  const listed = await remote(['ls-remote', 'origin', pattern], state);
  const found = listed.stdout.split('\n').flatMap((line) => {
    const [id = '', ref = ''] = line.split('\t');
    return ref === '' ? [] : [{ id, ref }];
  });
  if (found.length === 0) return new Map();
  await remote([...FETCH, '--depth=1', 'origin', ...new Set(found.map(({ id }) => id))], state);
  const messages = new Map<string, string>();
  for (const { id, ref } of found) {
    messages.set(ref, await git(['log', '-1', '--format=%B', id], state.settings));
  }
  return messages;
}
