/** What the stand-in knows: repositories with their branches, pull requests, statuses and workflow runs. */
import { git, tryGit } from '../../runtime/git.ts';

export interface RepositorySeed {
  owner: string;
  name: string;
  private?: boolean;
  /** Commit by branch. Left out where `gitDir` holds the branches. */
  branches?: Record<string, string>;
  /** A bare repository: branches are read from it, and merges are made in it. */
  gitDir?: string;
  allowAutoMerge?: boolean;
  /** Inputs by workflow file; `runName` is what runs are titled, with `${{ inputs.<name> }}` filled in. */
  workflows?: Record<string, { inputs: readonly string[]; runName?: string }>;
  /** By branch. */
  protection?: Record<string, { checks?: readonly string[]; approvals?: number; classic?: boolean }>;
  collaborators?: readonly string[];
}

export interface StoredPull {
  number: number;
  title: string;
  body: string;
  draft: boolean;
  /** The repository of the head branch; another one for a fork. */
  headRepository: string;
  head: string;
  headCommit: string;
  base: string;
  author: string;
  state: 'open' | 'closed';
  merged: { commit: string; by: string; at: string } | undefined;
  autoMerge: string | undefined;
  closedAt: string | undefined;
  labels: string[];
  reviewers: string[];
  teams: string[];
  comments: { body: string; by: string }[];
  reviews: { by: string; state: string }[];
}

export interface StoredStatus {
  id: number;
  commit: string;
  context: string;
  state: string;
  description: string | null;
  targetUrl: string | null;
  creator: string;
  at: string;
}

export interface StoredRun {
  id: number;
  workflow: string;
  ref: string;
  inputs: Record<string, unknown>;
  title: string;
  by: string;
  at: string;
}

export interface StoredRepository {
  seed: RepositorySeed;
  slug: string;
  pulls: StoredPull[];
  statuses: StoredStatus[];
  runs: StoredRun[];
  branches: Map<string, string>;
}

export function storeRepository(seed: RepositorySeed): StoredRepository {
  return {
    seed,
    slug: `${seed.owner}/${seed.name}`,
    pulls: [],
    statuses: [],
    runs: [],
    branches: new Map(Object.entries(seed.branches ?? {})),
  };
}

/** A new open one, with the next number. */
export function addPull(
  repository: StoredRepository,
  pull: Pick<StoredPull, 'title' | 'body' | 'draft' | 'head' | 'headCommit' | 'base' | 'author'>,
): StoredPull {
  const added: StoredPull = {
    ...pull,
    number: repository.pulls.length + 1,
    headRepository: repository.slug,
    state: 'open',
    merged: undefined,
    autoMerge: undefined,
    closedAt: undefined,
    labels: [],
    reviewers: [],
    teams: [],
    comments: [],
    reviews: [],
  };
  repository.pulls.push(added);
  return added;
}

/** A branch's commit, or undefined. */
export async function headOf(repository: StoredRepository, branch: string): Promise<string | undefined> {
  const { gitDir } = repository.seed;
  if (gitDir === undefined) return repository.branches.get(branch);
  const found = await tryGit(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`], {
    gitDir,
  });
  return found.exitCode === 0 ? found.stdout.trim() : undefined;
}

/** Merges the head into the base; undefined if they conflict. */
export async function mergePull(
  repository: StoredRepository,
  pull: StoredPull,
  merger: { login: string; at: string },
): Promise<string | undefined> {
  const commit = await mergeCommit(repository, pull, merger);
  if (commit === undefined) return undefined;
  pull.state = 'closed';
  pull.closedAt = merger.at;
  pull.merged = { commit, by: merger.login, at: merger.at };
  return commit;
}

async function mergeCommit(
  repository: StoredRepository,
  pull: StoredPull,
  merger: { login: string; at: string },
): Promise<string | undefined> {
  const { gitDir } = repository.seed;
  if (gitDir === undefined) {
    const commit = `${pull.number.toString(16).padStart(4, '0')}${pull.headCommit}`.slice(0, 40);
    repository.branches.set(pull.base, commit);
    return commit;
  }
  const base = await headOf(repository, pull.base);
  if (base === undefined) return undefined;
  const tree = await tryGit(['merge-tree', '--write-tree', base, pull.headCommit], { gitDir });
  if (tree.exitCode !== 0) return undefined;
  const who = { name: merger.login, email: `${merger.login}@users.invalid`, date: merger.at };
  const message = `Merge pull request #${pull.number} from ${repository.seed.owner}/${pull.head}\n\n${pull.title}\n`;
  const made = await git(['commit-tree', tree.stdout.trim(), '-p', base, '-p', pull.headCommit, '-F', '-'], {
    gitDir,
    input: message,
    env: {
      GIT_AUTHOR_NAME: who.name,
      GIT_AUTHOR_EMAIL: who.email,
      GIT_AUTHOR_DATE: who.date,
      GIT_COMMITTER_NAME: who.name,
      GIT_COMMITTER_EMAIL: who.email,
      GIT_COMMITTER_DATE: who.date,
    },
  });
  const commit = made.trim();
  await git(['update-ref', `refs/heads/${pull.base}`, commit, base], { gitDir });
  return commit;
}
