/**
 * The ledger: what deliveries did. Stored as JSON in ConfigMap `stageline-ledger-<application>` under
 * `LEDGER_KEY`. No Node built-ins: the tab reads it in a browser.
 */
import type { AncestryEntry } from '../ancestry.ts';
import type { Freight } from '../freight.ts';
import type { ObjectiveOutcome } from '../outcome.ts';
import type { CheckKind, PhaseName, PlannedCommit } from '../plan.ts';

export const LEDGER_VERSION = 1;
export const LEDGER_KEY = 'ledger.json';
export const LEDGER_LIMIT_BYTES = 512 * 1024;
export const WHOLE_DELIVERIES = 20;
export const HISTORY_LINES = 300;

/** `errored` is not final: the attempt is tried again by Argo CD's retry, or closed by a later attempt. */
export type AttemptStatus = 'running' | 'succeeded' | 'failed' | 'errored' | 'abandoned';
export type PhaseStatus = 'running' | 'succeeded' | 'failed' | 'errored' | 'abandoned';
export type CheckStatus = 'running' | 'passed' | 'warning' | 'failed' | 'errored' | 'abandoned';
export type DeliveryStatus = 'running' | 'succeeded' | 'failed';
/**
 * `waiting`: our part is through, and somebody or some time decides. `rejected`, `expired` and `superseded` (by a
 * newer freight) end what waited without carrying it out.
 */
export type PromotionStatus =
  | 'intended'
  | 'waiting'
  | 'done'
  | 'unchanged'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'superseded';

export interface CheckRecord {
  name: string;
  kind: CheckKind;
  workload?: string;
  /** Index of its step in the phase; checks of one step ran in parallel. */
  step: number;
  status: CheckStatus;
  startedAt: string;
  finishedAt?: string;
  /** Tries made. */
  tries: number;
  message?: string;
  /** In the base unit of the target (seconds, ratio, or the query's own). */
  value?: number;
  target?: string;
  figures?: Record<string, number>;
  /** Of an analysis. */
  objectives?: ObjectiveOutcome[];
  /** Name of the child Job of a task. */
  job?: string;
  /** Passed in an earlier run of the same operation and not repeated: its span belongs to that run. */
  carried?: true;
  /** Its condition did not hold: it was not run, and counts as passed. */
  skipped?: true;
}

export interface PhaseRecord {
  name: PhaseName;
  status: PhaseStatus;
  startedAt: string;
  finishedAt?: string;
  message?: string;
  /** Hook Job that ran it; Argo CD's logs API shows its log. */
  job?: string;
  checks: CheckRecord[];
}

/** One run of one sync operation: Argo CD's retries of an operation are further runs of it. */
export interface AttemptRecord {
  /** Start of the operation in Unix seconds, the suffix that Argo CD gives to generated hook names. */
  operation: string;
  /** 1 for the operation's first run, one more for each retry. */
  run: number;
  /** Head of the branch that Argo CD resolved for this attempt. */
  head?: string;
  status: AttemptStatus;
  startedAt: string;
  finishedAt?: string;
  message?: string;
  phases: PhaseRecord[];
}

export interface PromotionRecord {
  target: string;
  way: string;
  status: PromotionStatus;
  /** The promotion's span in this delivery's trace; what the next stage links to. */
  traceparent: string;
  startedAt: string;
  /** When our part ended: the promotion's span ends here, also if it then waits for somebody. */
  finishedAt?: string;
  /** When a promotion that waited was carried through, or ended without. */
  settledAt?: string;
  /** When an act that cannot be looked up for sure (a workflow dispatch) was last begun. */
  attemptedAt?: string;
  /** When a pending promotion was let go, and when its Job had carried it out. */
  resumedAt?: string;
  carriedAt?: string;
  /** Of a promotion that was made again by hand: how many there were before it. */
  again?: number;
  /** Where it is carried out; needed to look at it later. */
  host?: PromotionHost;
  /** `stageline promote --due` carries it out, by what the pipeline file in Git says. */
  by?: 'due';
  /** The host was asked to merge by itself, by this method. */
  autoMerge?: 'merge' | 'squash' | 'rebase';
  base: string;
  branch?: string;
  commit?: string;
  /** Where people look at it: a pull request, a commit. */
  url?: string;
  message?: string;
  /** Name of the target's Application, for links to it. */
  targetApplication?: string;
  /** With `waiting`: the suspended Job that carries it out when it is resumed, and what it waits for. */
  pending?: PendingPromotion;
  /** Who approved or turned it down, where it can be known. */
  decidedBy?: string;
}

/** A repository and its Git host, without credentials. */
export interface PromotionHost {
  repoURL: string;
  provider?: string;
  api?: string;
  /** Repository-relative path of the target. */
  path: string;
}

/**
 * A promotion that waits outside any sync: a suspended Job, owned by the anchor. Resuming it approves, deleting
 * it rejects.
 */
export interface PendingPromotion {
  /** Name of the Job, in the namespace of the ledger. */
  job: string;
  waitsFor: 'approval' | 'soak' | 'window' | 'hold';
  /** RFC 3339: not before this time (soak, window); not after this one. */
  notBefore?: string;
  expiresAt?: string;
}

/** Restoring the last verified freight of this stage, after this delivery failed. */
export interface RollbackRecord extends Omit<PromotionRecord, 'targetApplication'> {
  /** Why the delivery was taken back. */
  reason: string;
  /** Id of the freight that is restored, and of the delivery that verified it. */
  freight: string;
  delivery: string;
}

export interface DeliveryRecord {
  /** Content hash of stage, commit, freight and definition. */
  id: string;
  commit: PlannedCommit;
  head: string;
  freight: Freight;
  definition: string;
  /** Argo CD's AppProject, where it is known. */
  project?: string;
  /** Where the application was delivered from, without credentials. */
  source?: { repoURL: string; path: string; targetRevision: string };
  traceId: string;
  links: { traceparent: string; stage?: string }[];
  ancestry: AncestryEntry[];
  metadata: Record<string, string>;
  status: DeliveryStatus;
  openedAt: string;
  /** When the newest verdict fell. */
  closedAt?: string;
  /** The first verdict: the root span ends with it and never changes again. */
  firstVerdict?: { status: 'succeeded' | 'failed'; at: string; message?: string };
  message?: string;
  /** Older attempts that are no longer kept. */
  earlierAttempts?: number;
  attempts: AttemptRecord[];
  promotions: PromotionRecord[];
  rollback?: RollbackRecord;
}

/** What is left of a delivery when it is no longer kept whole. */
export interface HistoryLine {
  id: string;
  commit: string;
  freight: string;
  status: DeliveryStatus;
  traceId: string;
  openedAt: string;
  closedAt?: string;
  attempts: number;
  subject?: string;
  /** When the first stage of its chain opened it: for lead times. */
  originAt?: string;
}

export interface Ledger {
  version: typeof LEDGER_VERSION;
  pipeline: string;
  stage: string;
  application: string;
  /** Newest first. */
  deliveries: DeliveryRecord[];
  /** Newest first; deliveries that are no longer kept whole. */
  history: HistoryLine[];
}
