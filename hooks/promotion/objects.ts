/**
 * The few objects of a large repository that a promotion needs: a commit, the folders on the way to its files, and
 * these files. They are asked for by name, so nothing else travels, however many files the repository has.
 */
import { StagelineError } from '../../core/errors.ts';
import { git, gitBytes, tryGit, type GitOptions, type GitResult } from '../../runtime/git.ts';
import { explainGit } from './git-answers.ts';

export interface Entry {
  mode: string;
  type: string;
  id: string;
}

export interface ObjectsOptions {
  settings: GitOptions;
  url: string;
  /** With which to begin. */
  filter: 'tree:0' | 'blob:none';
  /** Waits between tries where the host does not answer. */
  patiently: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface Objects {
  /** `git fetch` with these arguments after the filter's. A host that knows no filter sends more. `expected`: an answer. */
  fetch(args: readonly string[], expected?: RegExp): Promise<GitResult>;
  /** What stands at these paths of a commit that was fetched; fetches the folders on the way. */
  entries(commit: string, paths: readonly string[]): Promise<Map<string, Entry>>;
  /** Fetches files that will be read, all at once. */
  load(entries: readonly Entry[]): Promise<void>;
  read(entry: Entry): Promise<Buffer>;
}

/**
 * The first that the host takes. With `blob:none` all folders of a commit come at once; with `tree:0` (chosen by
 * `STAGELINE_GIT_FILTER`, for repositories with hundreds of thousands of folders) only what is asked for by name, which
 * takes a request more for every folder on the way.
 */
const FILTERS = ['tree:0', 'blob:none', undefined] as const;
const FILTER_REFUSED = /filter.*not (supported|allowed)|invalid filter-spec|does not support.*filter/i;
const FILTER_IGNORED = /filtering not recognized/i;

/** Without negotiation: the host would take a commit that is here for all of its files. */
const BY_NAME = ['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', '--no-write-fetch-head'] as const;

interface State extends ObjectsOptions {
  /** Index into FILTERS. */
  filterAt: number;
  /** Entries by the id of their tree; of commits by the commit's id. */
  trees: Map<string, Map<string, Entry>>;
  /** Bytes by id: what is read again after the branch moved is mostly the same. */
  blobs: Map<string, Buffer>;
  here: Set<string>;
}

export function openObjects(options: ObjectsOptions): Objects {
  const state: State = {
    ...options,
    filterAt: FILTERS.indexOf(options.filter),
    trees: new Map(),
    blobs: new Map(),
    here: new Set(),
  };
  return {
    fetch: (args, expected) => fetch(state, ['fetch', ...args], expected),
    entries: (commit, paths) => entries(state, commit, paths),
    load: (wanted) =>
      bring(
        state,
        'blob',
        wanted.filter(({ type }) => type === 'blob').map(({ id }) => id),
      ),
    read: (entry) => read(state, entry),
  };
}

/** `args` begins with Git's own options, up to `fetch`. */
async function fetch(state: State, args: readonly string[], expected?: RegExp): Promise<GitResult> {
  for (;;) {
    const filter = FILTERS[state.filterAt];
    const at = args.indexOf('fetch') + 1;
    const all = [
      ...args.slice(0, at),
      '--quiet',
      '--no-tags',
      ...(filter === undefined ? [] : [`--filter=${filter}`]),
      ...args.slice(at),
    ];
    const refused = filter === undefined ? undefined : FILTER_REFUSED;
    const result = await remote(
      state,
      all,
      (answer) => refused?.test(answer) || expected?.test(answer) || false,
    );
    if (filter !== undefined && FILTER_IGNORED.test(result.stderr)) state.filterAt = FILTERS.length - 1;
    if (result.exitCode === 0 || !refused?.test(result.stderr)) return result;
    state.filterAt += 1;
  }
}

function remote(
  state: State,
  args: readonly string[],
  isAnswer: (stderr: string) => boolean,
): Promise<GitResult> {
  return state.patiently(async () => {
    const result = await tryGit(args, state.settings);
    if (result.exitCode === 0 || isAnswer(result.stderr)) return result;
    throw explainGit(args, result, state.url);
  });
}

/** Fetches objects by name, unless the filter has let them through already. */
async function bring(state: State, type: 'tree' | 'blob', ids: readonly string[]): Promise<void> {
  const filter = FILTERS[state.filterAt];
  const came = filter === undefined || (filter === 'blob:none' && type === 'tree');
  const missing = [...new Set(ids)].filter((id) => !state.here.has(id) && !state.blobs.has(id));
  if (!came && missing.length > 0) await fetch(state, [...BY_NAME, 'origin', ...missing]);
  for (const id of missing) state.here.add(id);
}

async function entries(state: State, commit: string, paths: readonly string[]): Promise<Map<string, Entry>> {
  const root = await rootOf(state, commit);
  const found = new Map<string, Entry>();
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
  const text = await git(['cat-file', 'commit', commit], state.settings);
  return /^tree ([0-9a-f]+)$/m.exec(text)?.[1] ?? '';
}

async function loadTrees(state: State, ids: readonly string[]): Promise<void> {
  const unknown = [...new Set(ids)].filter((id) => !state.trees.has(id));
  await bring(state, 'tree', unknown);
  for (const id of unknown) {
    const listed = await git(['ls-tree', '-z', id], state.settings);
    const tree = new Map<string, Entry>();
    for (const line of listed.split('\0')) {
      const match = /^(\d+) (\w+) ([0-9a-f]+)\t(.+)$/s.exec(line);
      if (match) tree.set(match[4] ?? '', { mode: match[1] ?? '', type: match[2] ?? '', id: match[3] ?? '' });
    }
    state.trees.set(id, tree);
  }
}

async function read(state: State, { id }: Entry): Promise<Buffer> {
  const known = state.blobs.get(id);
  if (known) return known;
  await bring(state, 'blob', [id]);
  const bytes = await gitBytes(['cat-file', 'blob', id], state.settings);
  state.blobs.set(id, bytes);
  return bytes;
}

function notAFolder(path: string, name: string): StagelineError {
  return new StagelineError(`${name} on the way to ${path} is no folder`, {
    code: 'PROMOTION_FILE',
    hint: 'Check the path of the target stage; links are not followed',
  });
}
