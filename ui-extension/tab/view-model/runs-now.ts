/**
 * What runs now against what was checked. The anchor says what runs; the ledger says what was checked. Rollback,
 * self-heal and selective sync run no hooks, so the two can differ, and the user must see it.
 */
import type { DeliveryRecord, Ledger } from '../../../core/ledger/types.ts';
import type { Anchor } from './anchor.ts';
import { parseTime } from './time.ts';

export type RunsNow =
  | { kind: 'unknown' }
  /** Argo CD applies it now; the hook that will open its delivery has not begun. */
  | { kind: 'deploying' }
  | { kind: 'checked' | 'running' | 'failed'; delivery: DeliveryRecord }
  | { kind: 'not-checked'; reason: NotCheckedReason; delivery?: DeliveryRecord; checkedAt?: number };

/** `earlier`: checked before a later version was deployed; `definition`: only with other checks than now. */
type NotCheckedReason = 'never' | 'earlier' | 'definition';

/** Compares the live anchor with the ledger. `syncing`: a sync with hooks is under way. */
export function runsNow(ledger: Ledger | undefined, anchor: Anchor | undefined, syncing: boolean): RunsNow {
  if (!anchor) return { kind: 'unknown' };
  const deliveries = ledger?.deliveries ?? [];
  const sameVersion = deliveries.filter(
    (delivery) => delivery.commit.id === anchor.commit && delivery.freight.id === anchor.freight,
  );
  const match = sameVersion.find((delivery) => delivery.definition === anchor.definition);
  if (match) return ofMatch(deliveries, match);
  if (syncing) return { kind: 'deploying' };
  const other = sameVersion[0];
  if (other) return { kind: 'not-checked', reason: 'definition', delivery: other };
  const line = ledger?.history.find(
    (candidate) => candidate.commit === anchor.commit && candidate.freight === anchor.freight,
  );
  const checkedAt = line?.status === 'succeeded' ? parseTime(line.closedAt) : undefined;
  if (checkedAt !== undefined) return { kind: 'not-checked', reason: 'earlier', checkedAt };
  return { kind: 'not-checked', reason: 'never' };
}

function ofMatch(deliveries: DeliveryRecord[], match: DeliveryRecord): RunsNow {
  if (match.status === 'running') return { kind: 'running', delivery: match };
  const newer = deliveries.slice(0, deliveries.indexOf(match));
  if (match.status === 'succeeded' && newer.some(wasDeployed)) {
    const checkedAt = parseTime(match.closedAt);
    return {
      kind: 'not-checked',
      reason: 'earlier',
      delivery: match,
      ...(checkedAt === undefined ? {} : { checkedAt }),
    };
  }
  return { kind: match.status === 'succeeded' ? 'checked' : 'failed', delivery: match };
}

/** Whether the delivery's manifests were applied as a whole: Argo CD was through, or something ran after it. */
export function wasDeployed(delivery: DeliveryRecord): boolean {
  return delivery.attempts.some((attempt) =>
    attempt.phases.some((phase) =>
      phase.name === 'deployment' ? phase.status === 'succeeded' : phase.name !== 'pre-deployment',
    ),
  );
}

/** Why it is "not checked" and what to do about it. */
export const NOT_CHECKED_TEXT: Record<NotCheckedReason, string> = {
  never:
    'What runs now came without hooks: a rollback, self-heal or selective sync in Argo CD. No check of this stage has seen it. Sync the whole application to check it.',
  earlier:
    'Argo CD went back to a version that had passed before a later one was deployed. Its checks did not run again.',
  definition:
    'The checks of this stage have changed since this version passed. Sync the whole application to run the new ones.',
};
