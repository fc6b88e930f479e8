/** One delivery as the tab shows it: verdict, commit, freight, attempts, promotions. */
import type { DeliveryRecord, PromotionRecord } from '../../../core/ledger/types.ts';
import { attemptView, phaseLabel, type AttemptView } from './attempt.ts';
import { freightRows, versionsOf, versionsText, type FreightRow } from './freight.ts';
import { commitLink, requestLabel, webLink } from './links.ts';
import { pendingView, type PendingView } from './pending.ts';
import { promotionStatus, rollbackStatus, runStatus, status, type StatusView } from './status.ts';
import { authorName, isRecord, message, shortCommit, text } from './text.ts';
import { parseTime, span } from './time.ts';

export interface CommitView {
  id: string;
  short: string;
  link: string | undefined;
  author: string;
  subject: string;
  committedAt: number | undefined;
  /** What to know about a commit that history could not name for sure; else empty. */
  caveat: string;
}

export interface PromotionView {
  target: string;
  /** It takes this stage back to the version before. */
  isRollback: boolean;
  way: string;
  status: StatusView;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  base: string;
  branch: string;
  commit: CommitView | undefined;
  link: string | undefined;
  /** What the link leads to: `Pull request 42`, else `Open`. */
  linkLabel: string;
  message: string;
  /** Of a rollback: why, and the versions that it restores. */
  reason: string;
  restores: string;
  traceparent: string;
  /** Instance name of the target's application; may be empty. */
  targetApplication: string;
  /** Set while it waits for a decision or a time. */
  pending: PendingView | undefined;
  /** `approved by alice`, `merged by bob`; empty where nobody is known. */
  decision: string;
}

export interface DeliveryView {
  id: string;
  status: StatusView;
  message: string;
  commit: CommitView;
  head: string;
  versions: string;
  freightId: string;
  freight: FreightRow[];
  traceId: string;
  openedAt: number | undefined;
  closedAt: number | undefined;
  took: number | undefined;
  attempts: AttemptView[];
  promotions: PromotionView[];
  metadata: { key: string; value: string }[];
}

const CAVEATS: Record<string, string> = {
  shallow: 'Taken from a history that was cut off: an older commit may be the true one.',
  digest: 'A digest of the inputs: there was no history to name a commit by.',
};
const METADATA_SHOWN = 50;

/** `others`: the ledger's deliveries, newest first, with this one among them. */
export function deliveryView(
  delivery: DeliveryRecord,
  others: readonly DeliveryRecord[],
  repoURL: string,
): DeliveryView {
  const openedAt = parseTime(delivery.openedAt);
  const closedAt = parseTime(delivery.closedAt);
  const expected = expectedPhases(delivery, others);
  const earlier = earlierAttempts(delivery);
  const attempts = delivery.attempts.map((attempt, index) =>
    attemptView(attempt, earlier + index + 1, expected),
  );
  return {
    id: text(delivery.id, 64),
    status: verdictOf(delivery, attempts),
    message: message(delivery.message),
    commit: commitView(delivery.commit, repoURL),
    head: text(delivery.head),
    versions: versionsText(versionsOf(delivery)),
    freightId: text(delivery.freight.id, 64),
    freight: freightRows(delivery, others[others.indexOf(delivery) + 1]),
    traceId: delivery.traceId,
    openedAt,
    closedAt,
    took: span(openedAt, closedAt),
    attempts,
    promotions: [
      ...delivery.promotions.map((promotion) => promotionView(promotion, repoURL)),
      ...rollbackOf(delivery).map((rollback) => rollbackView(rollback, repoURL, others)),
    ],
    metadata: Object.entries(delivery.metadata)
      .slice(0, METADATA_SHOWN)
      .map(([key, value]) => ({ key: text(key, 60), value: text(value, 500) }))
      .filter(({ value }) => value !== ''),
  };
}

/** Says where it stands or where it broke: `Running post-deployment`, `Failed in pre-deployment`. */
function verdictOf(delivery: DeliveryRecord, attempts: AttemptView[]): StatusView {
  const attempt = attempts.at(-1);
  const phase = attempt?.phases.find(({ status: { tone } }) => tone === 'running' || tone === 'failed');
  if (delivery.status === 'running') {
    if (phase?.name === 'deployment') return status('running', 'Deploying');
    return {
      ...status('running', phase ? `Running ${phase.label.toLowerCase()}` : 'Running'),
      brief: 'Running',
    };
  }
  if (delivery.status !== 'failed') return runStatus(delivery.status);
  if (attempt?.status.label === 'Abandoned') return attempt.status;
  if (attempt?.status.label === 'Error')
    return {
      ...status('failed', phase ? `Error in ${phaseLabel(phase.name).toLowerCase()}` : 'Error', 'alert'),
      brief: 'Error',
    };
  return {
    ...status('failed', phase ? `Failed in ${phase.label.toLowerCase()}` : 'Failed'),
    brief: 'Failed',
  };
}

/** Attempts that the ledger no longer keeps: the numbers go on from them. */
export function earlierAttempts(delivery: DeliveryRecord): number {
  const { earlierAttempts: earlier } = delivery;
  return typeof earlier === 'number' && earlier > 0 ? earlier : 0;
}

function expectedPhases(delivery: DeliveryRecord, others: readonly DeliveryRecord[]): string[] {
  const model = others.find(
    (other) => other !== delivery && other.definition === delivery.definition && other.status === 'succeeded',
  );
  return (model?.attempts.at(-1)?.phases ?? []).map((phase) => text(phase.name, 40));
}

/** A commit as the ledger or the ancestry knows it. */
export function commitView(
  commit: { id: unknown; mode?: unknown; author?: unknown; subject?: unknown; committedAt?: unknown },
  repoURL: string,
): CommitView {
  const id = text(commit.id);
  const mode = text(commit.mode, 20);
  return {
    id,
    short: shortCommit(id),
    link: commitLink(repoURL, id),
    author: authorName(commit.author),
    subject: text(commit.subject, 300),
    committedAt: parseTime(commit.committedAt),
    caveat: Object.hasOwn(CAVEATS, mode) ? (CAVEATS[mode] ?? '') : '',
  };
}

const WAYS: Record<string, string> = {
  push: 'Git push',
  'push-merge': 'Git push and merge',
  'pull-request': 'Pull request',
  workflow: 'Workflow dispatch',
};

/** The rollback that followed a failed delivery, if there was one; ledgers of some releases have none. */
export function rollbackOf(delivery: DeliveryRecord): PromotionRecord[] {
  const rollback: unknown = isRecord(delivery) ? delivery['rollback'] : undefined;
  return isPromotion(rollback) ? [rollback] : [];
}

/** Whatever else is in it is read as what it may be. */
function isPromotion(value: unknown): value is PromotionRecord {
  return isRecord(value) && typeof value['target'] === 'string';
}

function rollbackView(
  rollback: PromotionRecord,
  repoURL: string,
  deliveries: readonly DeliveryRecord[],
): PromotionView {
  const raw: Record<string, unknown> = { ...rollback };
  const verified = deliveries.find(({ id }) => id === raw['delivery']);
  const freight = text(raw['freight'], 64);
  const pending = pendingView(rollback, true);
  return {
    ...promotionView(rollback, repoURL),
    isRollback: true,
    pending,
    status: pending?.status ?? rollbackStatus(rollback.status),
    reason: message(raw['reason']),
    restores: (verified && versionsText(versionsOf(verified))) || (freight && `freight ${freight}`),
  };
}

/** Who merges at the Git host decides there; the rest is let go in Argo CD or at a terminal. */
function decisionText({ decidedBy, status: value, resumedAt }: PromotionRecord): string {
  const who = text(decidedBy);
  if (who === '') return '';
  if (value === 'rejected') return `rejected by ${who}`;
  if (resumedAt !== undefined) return `let go by ${who}`;
  return value === 'done' ? `merged by ${who}` : `decided by ${who}`;
}

function promotionView(promotion: PromotionRecord, repoURL: string): PromotionView {
  const way = text(promotion.way, 60);
  const commit = text(promotion.commit);
  const pending = pendingView(promotion);
  const link = webLink(promotion.url);
  return {
    target: text(promotion.target),
    isRollback: false,
    way: Object.hasOwn(WAYS, way) ? (WAYS[way] ?? way) : way,
    status: pending?.status ?? promotionStatus(promotion.status),
    startedAt: parseTime(promotion.startedAt),
    // One that waited for a merge is over when that was settled.
    finishedAt: parseTime(promotion.settledAt) ?? parseTime(promotion.finishedAt),
    base: text(promotion.base),
    branch: text(promotion.branch),
    commit: commit === '' ? undefined : commitView({ id: commit }, repoURL),
    link,
    linkLabel: link === undefined ? '' : requestLabel(link),
    message: message(promotion.message),
    reason: '',
    restores: '',
    traceparent: text(promotion.traceparent),
    targetApplication: text(promotion.targetApplication, 253),
    pending,
    decision: decisionText(promotion),
  };
}
