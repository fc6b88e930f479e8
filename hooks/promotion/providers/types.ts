/**
 * What a Git host can do for a promotion, the same for every host. Every act answers with a tagged result; nothing
 * is thrown but what `signal` was aborted with. Callers look an act up before they make it (`act-once.ts`).
 */
import type { StagelineError } from '../../../core/errors.ts';
import type { Logger } from '../../../runtime/log.ts';
import type { sendHttp } from '../../http/send.ts';
import type { RepositoryAddress } from './address.ts';

/**
 * `retryable`: try again after `retryAfterMs`, but look first where `mayHaveActed` says that the host may have carried
 * the request out. `failure`: somebody has to change something; the error names what.
 */
export type Result<T> =
  | { status: 'success'; value: T }
  | { status: 'retryable'; error: StagelineError; retryAfterMs: number; mayHaveActed: boolean }
  | { status: 'failure'; error: StagelineError };

export type PullRequestState =
  | { name: 'open'; autoMerge: 'on' | 'off' | 'unknown' }
  | { name: 'merged'; commit: string | undefined; by: string | undefined; at: string }
  | { name: 'closed'; at: string | undefined };

export interface PullRequest {
  number: number;
  /** Where people look at it. */
  url: string;
  title: string;
  body: string;
  draft: boolean;
  head: { branch: string; commit: string };
  base: string;
  labels: string[];
  state: PullRequestState;
}

export interface NewPullRequest {
  /** Branch of the same repository. */
  head: string;
  base: string;
  title: string;
  body: string;
  draft: boolean;
}

export interface Reviewers {
  /** Login names. */
  users: readonly string[];
  /** Team names (slugs) in the owner's organisation. */
  teams: readonly string[];
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** `enabled`: the host merges when its requirements are met. `waiting`: neither was possible yet; ask again later. */
export type AutoMergeOutcome =
  | { outcome: 'merged' }
  | { outcome: 'enabled' }
  | { outcome: 'waiting'; reason: string };

export type StatusState = 'pending' | 'success' | 'failure' | 'error';

export interface CommitStatus {
  /** Such as `stageline/prod`; a commit has one current status a context. */
  context: string;
  state: StatusState;
  description: string;
  targetUrl?: string;
}

/** Everyone who may write statuses can set any context: readers that trust one check its creator. */
export type KnownStatus = CommitStatus & { creator: string | undefined; at: string };

export interface Dispatch {
  /** File name of the workflow, such as `promote.yaml`. */
  workflow: string;
  /** Branch or tag whose workflow file runs. */
  ref: string;
  inputs: Record<string, string>;
}

export interface WorkflowRun {
  id: number;
  url: string;
  title: string;
}

/**
 * Whether a workflow was dispatched already. Hosts keep no key of a dispatch: a run is known by the marker in its title
 * (`run-name: ... ${{ inputs.traceParent }}`). `unclear`: runs began since then whose titles carry no marker at all.
 */
export type DispatchFinding =
  | { found: 'yes'; run: WorkflowRun }
  | { found: 'no' }
  | { found: 'unclear'; runs: WorkflowRun[] };

export interface DispatchQuery {
  workflow: string;
  ref: string;
  /** The promotion's traceparent. */
  marker: string;
  /** RFC 3339; runs from before are not looked at. */
  since: string;
}

export interface BranchProtection {
  /** Whether a direct push by this token would be refused. */
  directPush: 'refused' | 'allowed' | 'unknown';
  requiredChecks: string[];
  requiredApprovals: number;
  /** False where the token may not read all of the protection: there may be more than is listed. */
  complete: boolean;
}

export type RightName = 'read' | 'push' | 'pull-requests' | 'merge' | 'statuses' | 'workflows';

/** What the token may do; `unknown` where the host tells nobody before the act. */
export type Rights = Record<RightName, 'yes' | 'no' | 'unknown'>;

export interface GitProvider {
  readonly kind: string;
  readonly repository: RepositoryAddress;
  /** The open request of these branches, else the newest that was merged or closed. */
  findPullRequest(branches: { head: string; base: string }): Promise<Result<PullRequest | undefined>>;
  /** Open requests whose head branch, of the same repository, begins with a prefix. */
  listOpenPullRequests(query: { headPrefix: string; base: string }): Promise<Result<PullRequest[]>>;
  readPullRequest(number: number): Promise<Result<PullRequest>>;
  /** Where the host says that an open one exists, that one is the answer, with `created: false`. */
  createPullRequest(wanted: NewPullRequest): Promise<Result<{ pullRequest: PullRequest; created: boolean }>>;
  updatePullRequest(number: number, change: { title?: string; body?: string }): Promise<Result<PullRequest>>;
  /** Comments once, whatever repeats, and closes; one that is merged stays as it is. */
  closePullRequest(number: number, options: { comment: string }): Promise<Result<PullRequest>>;
  addLabels(number: number, labels: readonly string[]): Promise<Result<void>>;
  requestReviewers(number: number, reviewers: Reviewers): Promise<Result<void>>;
  /**
   * Fails if the request has another commit than `head`. GitHub holds to it later too; a merge that Gitea has scheduled
   * takes what is pushed to the branch until then.
   */
  autoMerge(
    number: number,
    options: { head: string; method: MergeMethod },
  ): Promise<Result<AutoMergeOutcome>>;
  /** Login names of those whose last review approves. */
  readApprovals(number: number): Promise<Result<string[]>>;
  /** The current status of every context. */
  readStatuses(commit: string): Promise<Result<KnownStatus[]>>;
  /** Writes nothing if the context has this very status. */
  setStatus(commit: string, status: CommitStatus): Promise<Result<{ changed: boolean }>>;
  /** The run, where the host tells it at once. */
  dispatchWorkflow(dispatch: Dispatch): Promise<Result<WorkflowRun | undefined>>;
  findDispatch(query: DispatchQuery): Promise<Result<DispatchFinding>>;
  readProtection(branch: string): Promise<Result<BranchProtection>>;
  readRights(): Promise<Result<Rights>>;
  /** User and token for Git over HTTP. An App's token is valid for an hour. */
  gitCredentials(): Promise<Result<{ username: string; token: string }>>;
}

export interface ProviderOptions {
  repository: RepositoryAddress;
  /** Credentials and addresses; the variables are listed in `credentials.ts`. */
  env: NodeJS.ProcessEnv;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to 1. */
  random: () => number;
  signal: AbortSignal;
  /** Of one request, its answer included; default 30 s. */
  timeoutMs?: number;
  /** Longest wait of one act for rate limits and retries in all; default 60 s. */
  waitBudgetMs?: number;
  send?: typeof sendHttp;
}

/** What a provider's folder exports. */
export interface ProviderModule {
  kind: string;
  /** Names by which users choose it. */
  names: readonly string[];
  /** Whether an address is this provider's without being told. */
  serves: (repository: RepositoryAddress) => boolean;
  /** Errors: `PROVIDER_CREDENTIALS`, `PROVIDER_ADDRESS`. */
  open: (options: ProviderOptions) => GitProvider;
}
