/** A promotion that waits outside any sync: what for, until when, and whether it can still be decided. */
import type { PromotionRecord } from '../../../core/ledger/types.ts';
import { CARRIED_OUT, pendingStatus, ROLLBACK_DUE, type StatusView } from './status.ts';
import { isRecord, text } from './text.ts';
import { parseTime } from './time.ts';

export interface PendingView {
  isRollback: boolean;
  /** Name of the suspended Job, in the ledger's namespace. */
  job: string;
  waitsFor: string;
  status: StatusView;
  /** It becomes due by itself at this time. */
  notBefore: number | undefined;
  expiresAt: number | undefined;
  /** When it was let go; its Job then carries it out. */
  resumedAt: number | undefined;
}

/** Undefined unless the promotion waits for a Job to be resumed. */
export function pendingView(promotion: PromotionRecord, isRollback = false): PendingView | undefined {
  const pending: unknown = promotion.pending;
  if (promotion.status !== 'waiting' || !isRecord(pending) || !isRecord(promotion)) return undefined;
  const job = text(pending['job'], 253);
  if (job === '') return undefined;
  const waitsFor = text(pending['waitsFor'], 40);
  const resumedAt = parseTime(promotion['resumedAt']);
  const waiting = isRollback ? ROLLBACK_DUE : pendingStatus(waitsFor);
  return {
    isRollback,
    job,
    waitsFor,
    status: resumedAt === undefined ? waiting : CARRIED_OUT,
    resumedAt,
    notBefore: parseTime(pending['notBefore']),
    expiresAt: parseTime(pending['expiresAt']),
  };
}

/** What may be decided is what waits for a person; the rest may be carried through before its time. */
export function approveLabel(pending: PendingView): string {
  if (pending.isRollback) return 'Roll back now';
  return pending.waitsFor === 'approval' ? 'Approve' : 'Promote now';
}

/** The question before a decision: `Approve the promotion to prod?`. */
export function questionOf(
  decision: 'approve' | 'reject',
  pending: PendingView,
  { target }: { target: string },
): string {
  if (pending.isRollback)
    return decision === 'approve' ? `Roll ${target} back now?` : `Reject the rollback of ${target}?`;
  if (decision === 'reject') return `Reject the promotion to ${target}?`;
  return pending.waitsFor === 'approval'
    ? `Approve the promotion to ${target}?`
    : `Promote to ${target} now?`;
}

export interface ActionListing {
  /** The Job is not in the application's tree any more. */
  gone: boolean;
  /** Actions that Argo CD offers for it, by name, and whether each makes sense now. */
  actions: { name: string; disabled: boolean }[];
}

/** Why the promotion cannot be approved; empty if nothing speaks against it. */
export function approvalObstacle(pending: PendingView, listing: ActionListing, now: number): string {
  const gone = rejectionObstacle(pending, listing);
  if (gone !== '') return gone;
  if (pending.expiresAt !== undefined && pending.expiresAt <= now)
    return 'It has expired. A new delivery asks again.';
  const resume = listing.actions.find((action) => action.name === 'resume');
  if (resume === undefined)
    return 'This Argo CD has no action “resume” for Jobs. It is built in from 3.2 on; before, Stageline’s manifests bring it.';
  return resume.disabled ? 'Its Job is not suspended any more: it runs, or has run.' : '';
}

/** Why the promotion cannot be rejected; empty if nothing speaks against it. */
export function rejectionObstacle(pending: PendingView, listing: ActionListing): string {
  if (pending.resumedAt !== undefined) return 'It was approved: its Job carries it out.';
  return listing.gone ? 'Its Job is gone: it was decided meanwhile. The ledger will say how.' : '';
}

/** The rights that an admin would have to grant. */
export const RIGHTS = {
  approve: 'applications, action/batch/Job/resume',
  reject: 'applications, delete/batch/Job/*',
} as const;

/** What a refused decision means for the user. */
export function refusalText(decision: 'approve' | 'reject', object: string): string {
  return `You may not ${decision} this. An Argo CD admin grants it: ${RIGHTS[decision]}, ${object}.`;
}
