/**
 * The few objects of a large repository that a promotion needs: a commit, the folders on the way to its files, and
 * these files. What is here already is never asked for again, so a try after the branch moved takes what moved.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { scrubUrls, tryGit, type GitOptions, type GitResult } from '../../runtime/git.ts';
import { openObjectReader, parseTree, type ObjectReader, type TreeEntry } from '../../runtime/git-objects.ts';
import { explainGit } from './git-answers.ts';

export type OpenSettings = GitOptions & { gitDir: string; signal: AbortSignal };

export interface ObjectsOptions {
  settings: OpenSettings;
  /** See `openView`. */
  view: OpenSettings;
  url: string;
  /** Never all folders of a commit at once: for repositories that are known to be large. */
  byName: boolean;
  /** Waits between tries where the host does not answer. */
  patiently: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface FetchOptions {
  /** What the host may answer that is no error. */
  expected?: RegExp;
  /** Nothing but what is named: commits without their folders, folders without what is in them. */
  onlyNamed?: boolean;
}

export interface Objects {
  /** `git fetch` with these arguments after the filter's. A host that knows no filter sends more. */
  fetch(args: readonly string[], options?: FetchOptions): Promise<GitResult>;
  /** What stands at these paths of a commit that was fetched; fetches the folders on the way. */
  entries(commit: string, paths: readonly string[]): Promise<Map<string, TreeEntry>>;
  /** Fetches files that will be read, all at once. */
  load(entries: readonly TreeEntry[]): Promise<void>;
  read(entry: TreeEntry): Promise<Buffer>;
  close(): Promise<void>;
}

interface Step {
  filter?: 'blob:none' | 'tree:0';
  /** Where more comes, it is let go for the next step. */
  maxBytes?: number;
}

/**
 * With `blob:none` all folders of a commit come in one request: the fastest where there are some thousands. Where there
 * are more, only the folders on the way are asked for by name, which takes a request for each. The rest is for hosts
 * that take no such filter.
 */
const STEPS: readonly Step[] = [
  { filter: 'blob:none', maxBytes: 8 * 1024 * 1024 },
  { filter: 'tree:0' },
  { filter: 'blob:none' },
  {},
];
const BY_NAME_STEP = 1;
const WATCH_MS = 25;
const FILTER_REFUSED =
  /filter.*not (supported|allowed)|filter.*max depth|invalid filter-spec|does not support.*filter/i;
const FILTER_IGNORED = /filtering not recognized/i;

/** Without negotiation: the host would take a commit that is here for all of its files. */
const BY_NAME = ['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', '--no-write-fetch-head'] as const;

interface State extends ObjectsOptions {
  /** Index into STEPS. */
  step: number;
  reader: ObjectReader;
  /** Id of its tree by commit. */
  roots: Map<string, string>;
  /** Entries by id of the tree. */
  trees: Map<string, Map<string, TreeEntry>>;
  /** Bytes by id. */
  blobs: Map<string, Buffer>;
}

export function openObjects(options: ObjectsOptions): Objects {
  const reader = openObjectReader(options.view);
  const state: State = {
    ...options,
    step: options.byName ? BY_NAME_STEP : 0,
    reader,
    roots: new Map(),
    trees: new Map(),
    blobs: new Map(),
  };
  return {
    fetch: (args, fetching = {}) => fetch(state, ['fetch', ...args], fetching),
    entries: (commit, paths) => entries(state, commit, paths),
    load: (wanted) => loadBlobs(state, wanted),
    read: (entry) => readBlob(state, entry),
    close: () => reader.close(),
  };
}

class TooLarge extends Error {}

/** `args` begins with Git's own options, up to `fetch`. */
async function fetch(state: State, args: readonly string[], options: FetchOptions): Promise<GitResult> {
  let { onlyNamed = false } = options;
  for (;;) {
    const step = STEPS[state.step] ?? {};
    const filter = onlyNamed && step.filter !== undefined ? 'tree:0' : step.filter;
    const refused = filter === undefined ? undefined : FILTER_REFUSED;
    const isAnswer = (said: string): boolean => refused?.test(said) || options.expected?.test(said) || false;
    let result: GitResult;
    try {
      result = await remote(state, withFilter(args, filter), {
        isAnswer,
        maxBytes: onlyNamed ? undefined : step.maxBytes,
      });
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      state.step += 1;
      continue;
    }
    if (filter !== undefined && FILTER_IGNORED.test(result.stderr)) state.step = STEPS.length - 1;
    if (result.exitCode === 0 || !refused?.test(result.stderr)) return result;
    if (filter === step.filter) state.step += 1;
    else onlyNamed = false;
  }
}

function withFilter(args: readonly string[], filter: string | undefined): string[] {
  const at = args.indexOf('fetch') + 1;
  const own = ['--quiet', '--no-tags', ...(filter === undefined ? [] : [`--filter=${filter}`])];
  return [...args.slice(0, at), ...own, ...args.slice(at)];
}

function remote(
  state: State,
  args: readonly string[],
  options: { isAnswer: (stderr: string) => boolean; maxBytes: number | undefined },
): Promise<GitResult> {
  const { settings } = state;
  return state.patiently(async () => {
    const tooLarge = new AbortController();
    const signal = AbortSignal.any([settings.signal, tooLarge.signal]);
    const watch =
      options.maxBytes === undefined ? undefined : watchPack(settings.gitDir, options.maxBytes, tooLarge);
    try {
      const result = await tryGit(args, { ...settings, signal });
      if (result.exitCode === 0 || options.isAnswer(result.stderr)) return result;
      throw explainGit(args, result, state.url);
    } finally {
      clearInterval(watch);
    }
  });
}

/** What comes is written to a file as it comes. */
function watchPack(gitDir: string, maxBytes: number, tooLarge: AbortController): NodeJS.Timeout {
  const folder = join(gitDir, 'objects/pack');
  const look = async (): Promise<void> => {
    const names = (await readdir(folder)).filter((name) => name.startsWith('tmp_pack_'));
    for (const name of names) {
      if ((await stat(join(folder, name))).size > maxBytes) tooLarge.abort(new TooLarge());
    }
  };
  // The file may be gone between the listing and the look, or the folder not be there yet.
  return setInterval(() => void look().catch(() => undefined), WATCH_MS);
}

/** Bytes by id; what is not here is fetched, all of it at once. */
async function readObjects(state: State, ids: readonly string[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const readAll = async (wanted: readonly string[]): Promise<string[]> => {
    const objects = await Promise.all(wanted.map((id) => state.reader.read(id)));
    for (const [index, object] of objects.entries()) {
      if (object) found.set(wanted[index] ?? '', object.bytes);
    }
    return wanted.filter((id) => !found.has(id));
  };
  const missing = await readAll([...new Set(ids)]);
  if (missing.length === 0) return found;
  await fetch(state, [...BY_NAME, 'origin', ...missing], { onlyNamed: true });
  const [lost] = await readAll(missing);
  if (lost === undefined) return found;
  throw new StagelineError(`the Git host of ${scrubUrls(state.url)} did not send object ${lost}`, {
    code: 'GIT_FAILED',
    hint: 'Check that the host lets objects be asked for by name (uploadpack.allowAnySHA1InWant)',
    blame: 'system',
  });
}

async function entries(
  state: State,
  commit: string,
  paths: readonly string[],
): Promise<Map<string, TreeEntry>> {
  const root = await rootOf(state, commit);
  const found = new Map<string, TreeEntry>();
  let open = paths.map((path) => ({ path, rest: path.split('/'), tree: root }));
  while (open.length > 0) {
    await loadTrees(
      state,
      open.map(({ tree }) => tree),
    );
    const next: typeof open = [];
    for (const { path, rest, tree } of open) {
      const [name = '', ...deeper] = rest;
      const entry = state.trees.get(tree)?.get(name);
      if (!entry) continue;
      if (deeper.length === 0) found.set(path, entry);
      else if (entry.type === 'tree') next.push({ path, rest: deeper, tree: entry.id });
      else throw notAFolder(path, name);
    }
    open = next;
  }
  return found;
}

async function rootOf(state: State, commit: string): Promise<string> {
  const known = state.roots.get(commit);
  if (known !== undefined) return known;
  const text = (await readObjects(state, [commit])).get(commit)?.toString('utf8') ?? '';
  const root = /^tree ([0-9a-f]+)$/m.exec(text)?.[1] ?? '';
  state.roots.set(commit, root);
  return root;
}

async function loadTrees(state: State, ids: readonly string[]): Promise<void> {
  const unknown = ids.filter((id) => !state.trees.has(id));
  for (const [id, bytes] of await readObjects(state, unknown)) state.trees.set(id, parseTree(bytes));
}

async function loadBlobs(state: State, wanted: readonly TreeEntry[]): Promise<void> {
  const unknown = wanted.filter(({ id, type }) => type === 'blob' && !state.blobs.has(id));
  const read = await readObjects(
    state,
    unknown.map(({ id }) => id),
  );
  for (const [id, bytes] of read) state.blobs.set(id, bytes);
}

async function readBlob(state: State, entry: TreeEntry): Promise<Buffer> {
  await loadBlobs(state, [entry]);
  return state.blobs.get(entry.id) ?? Buffer.alloc(0);
}

function notAFolder(path: string, name: string): StagelineError {
  return new StagelineError(`${name} on the way to ${path} is no folder`, {
    code: 'PROMOTION_FILE',
    hint: 'Check the path of the target stage; links are not followed',
  });
}
