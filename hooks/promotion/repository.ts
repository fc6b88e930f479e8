/**
 * The GitOps repository of a promotion: a bare, shallow, partial clone. There is no work tree, so nothing that is
 * committed (links, filters, attributes, hooks) can act; commits are made from the tree of their parent.
 */
import { mkdir, readFile as readLocal, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { git, scrubUrls, tryGit, type GitOptions, type GitResult } from '../../runtime/git.ts';
import type { TreeEntry } from '../../runtime/git-objects.ts';
import { explainGit, isMoved, isPassing } from './git-answers.ts';
import { commitWriter, type CommitWriter } from './commit-writer.ts';
import { openObjects, type Objects, type OpenSettings } from './objects.ts';

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
  /** The commit of a branch that a promotion made, if recent history has it. */
  promotionCommit(branch: string, traceparent: string): Promise<string | undefined>;
  commit(commit: NewCommit): Promise<string>;
  /** A commit without files or parents that carries a message, to be found under a ref of its own. */
  note(message: string, date: string): Promise<string>;
  /** `ref` is a branch name, or a whole ref where it begins with `refs/`. */
  push(commit: string, ref: string, way: PushWay): Promise<PushResult>;
  /** Messages of the notes under refs that match a pattern, by ref. */
  readNotes(pattern: string): Promise<Map<string, string>>;
  close(): Promise<void>;
}

const HISTORY_DEPTH = 200;
const NULL_ID = '';
const REMOTE_TIMEOUT_MS = 120_000;

interface State {
  settings: GitOptions;
  view: GitOptions;
  options: RepositoryOptions;
  objects: Objects;
  commits: Set<string>;
  write: CommitWriter;
}

/** Errors: `GIT_FAILED`, `GIT_TIMEOUT`, `GIT_CREDENTIALS`, `GIT_UNREACHABLE`, `PROGRAM_MISSING`, `PROMOTION_*`. */
export async function openRepository(options: RepositoryOptions): Promise<Repository> {
  const gitDir = join(options.folder, 'repository.git');
  checkNames(options);
  const settings = {
    gitDir,
    cwd: options.folder,
    signal: options.signal,
    timeoutMs: REMOTE_TIMEOUT_MS,
    // What a host sends as a change of something that is not here can only be read with it.
    env: { GIT_NO_LAZY_FETCH: '0', GIT_LITERAL_PATHSPECS: '1', ...proxyVariables(options.env) },
    ...(options.credentials ? { credentials: options.credentials } : {}),
  };
  const { gitDir: _none, ...outside } = settings;
  await git(['init', '--quiet', '--bare', gitDir], outside);
  await git(['config', 'remote.origin.url', options.url], settings);
  const view = await openView(options, settings);
  const write = await commitWriter(options, view);
  const { url, patiently } = options;
  const byName = options.env['STAGELINE_GIT_FILTER'] === 'tree:0';
  const objects = openObjects({ settings, view, url, patiently, byName });
  const state: State = { settings, view, options, objects, commits: new Set(), write };
  const base = await baseBranch(options.base, state);
  return {
    base,
    fetchBranch: (branch) => fetchBranch(branch, state),
    readFile: (commit, path) => readFile(commit, path, state),
    prefetch: (commit, paths) => prefetch(commit, paths, state),
    promotionCommit: (branch, traceparent) => promotionCommit(branch, traceparent, state),
    commit: (commit) => makeCommit(commit, state),
    note: (message, date) => write({ files: new Map(), message, date }),
    push: (commit, ref, way) => push({ commit, ref, way }, state),
    readNotes: (pattern) => readNotes(pattern, state),
    close: () => objects.close(),
  };
}

/**
 * The same objects without the promise that the host has the rest: Git fetches whatever it misses of a partial clone by
 * itself, such as all folders of a commit that someone else has just pushed, only to say that it was pushed.
 */
async function openView(options: RepositoryOptions, settings: OpenSettings): Promise<OpenSettings> {
  const gitDir = join(options.folder, 'view.git');
  await mkdir(join(gitDir, 'refs'), { recursive: true });
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
  await symlink(join(settings.gitDir, 'shallow'), join(gitDir, 'shallow'));
  const env = { ...settings.env, GIT_OBJECT_DIRECTORY: join(settings.gitDir, 'objects') };
  const view = { ...settings, gitDir, env };
  await git(['config', 'remote.origin.url', options.url], view);
  return view;
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

async function baseBranch(base: string, state: State): Promise<string> {
  if (base !== '' && base !== 'HEAD') return base.replace(/^refs\/heads\//, '');
  const answer = await remote(['ls-remote', '--symref', 'origin', 'HEAD'], state);
  return /^ref: refs\/heads\/(\S+)\s+HEAD$/m.exec(answer.stdout)?.[1] ?? 'main';
}

/** Asks the host; one that does not answer is asked again. */
function remote(args: readonly string[], state: State): Promise<GitResult> {
  return state.options.patiently(async () => {
    const result = await tryGit(args, state.settings);
    if (result.exitCode === 0) return result;
    throw explainGit(args, result, state.options.url);
  });
}

async function fetchBranch(branch: string, state: State): Promise<string | undefined> {
  const ref = `refs/remotes/origin/${branch}`;
  const args = ['--depth=1', 'origin', `+refs/heads/${branch}:${ref}`];
  const result = await state.objects.fetch(args, { expected: /couldn't find remote ref/i });
  if (result.exitCode !== 0) return undefined;
  const fetched = await readLocal(join(state.options.folder, 'repository.git/FETCH_HEAD'), 'utf8');
  const commit = /^[0-9a-f]+/.exec(fetched)?.[0];
  if (commit === undefined) return undefined;
  state.commits.add(commit);
  return commit;
}

async function readFile(commit: string, path: string, state: State): Promise<Buffer | undefined> {
  const entry = (await entriesAt(commit, [path], state)).get(path);
  if (!entry) return undefined;
  if (entry.type === 'blob' && entry.mode !== '120000') return state.objects.read(entry);
  throw new StagelineError(`${path} is a ${entry.mode === '120000' ? 'link' : entry.type}, not a file`, {
    code: 'PROMOTION_FILE',
    hint: 'Name the file itself in "moves"',
  });
}

async function prefetch(commit: string, paths: readonly string[], state: State): Promise<void> {
  await state.objects.load([...(await entriesAt(commit, paths, state)).values()]);
}

async function entriesAt(
  commit: string,
  paths: readonly string[],
  state: State,
): Promise<Map<string, TreeEntry>> {
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit)) return new Map();
  if (!state.commits.has(commit)) await state.objects.fetch(['--depth=1', 'origin', commit]);
  state.commits.add(commit);
  return state.objects.entries(commit, paths);
}

/** Found by its trailer, since the folders of older commits are not here. */
async function promotionCommit(
  branch: string,
  traceparent: string,
  state: State,
): Promise<string | undefined> {
  const args = [`--depth=${HISTORY_DEPTH}`, 'origin', `refs/heads/${branch}`];
  await state.objects.fetch(args, { onlyNamed: true });
  const grep = ['--fixed-strings', `--grep=Stageline-traceparent: ${traceparent}`];
  const log = ['log', '-1', '--format=%H', ...grep, 'FETCH_HEAD'];
  return (await git(log, state.settings)).trim() || undefined;
}

async function makeCommit(commit: NewCommit, state: State): Promise<string> {
  const { parent, message, date } = commit;
  const known = await entriesAt(parent, [...commit.files.keys()], state);
  const files = new Map<string, { mode: string; bytes: Buffer }>();
  for (const [path, bytes] of commit.files) {
    // An executable file stays one.
    files.set(path, { mode: known.get(path)?.mode ?? '100644', bytes });
  }
  return state.write({ parent, files, message, date });
}

async function push(
  move: { commit: string; ref: string; way: PushWay },
  { view, options }: State,
): Promise<PushResult> {
  const { commit, way } = move;
  const ref = move.ref.startsWith('refs/') ? move.ref : `refs/heads/${move.ref}`;
  const lease = way.kind === 'replace' ? [`--force-with-lease=${ref}:${way.expected ?? NULL_ID}`] : [];
  const args = ['push', '--quiet', '--porcelain', ...lease, 'origin', `${commit}:${ref}`];
  const result = await tryGit(args, view);
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
  const ids = [...new Set(found.map(({ id }) => id))];
  await state.objects.fetch(['--depth=1', 'origin', ...ids], { onlyNamed: true });
  const messages = new Map<string, string>();
  for (const { id, ref } of found) {
    messages.set(ref, await git(['log', '-1', '--format=%B', id], state.settings));
  }
  return messages;
}
