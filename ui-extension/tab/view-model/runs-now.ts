/**
 * What runs now against what was checked. The anchor says what runs; the ledger says what was checked. Rollback,
 * self-heal and selective sync run no hooks, so the two can differ, and the user must see it.
 */
import type { DeliveryRecord, Ledger } from '../../../core/ledger/types.ts';
import type { Anchor } from './anchor.ts';
import { sha256 } from './sha256.ts';
import { parseTime } from './time.ts';

export type RunsNow =
  | { kind: 'unknown' }
  /** Argo CD applies it now; the hook that will open its delivery has not begun. */
  | { kind: 'deploying' }
  | { kind: 'checked' | 'running' | 'failed'; delivery: DeliveryRecord }
  /** Argo CD went back to what had passed, with the same checks, before a later version was deployed. */
  | { kind: 'verified-earlier'; checkedAt: number | undefined }
  | { kind: 'not-checked'; reason: NotCheckedReason };

/** `failed`: its checks failed before a later version was deployed; `definition`: only with other checks than now. */
type NotCheckedReason = 'never' | 'failed' | 'definition';

/** Compares the live anchor with the ledger. `syncing`: a sync with hooks is under way. */
export function runsNow(ledger: Ledger | undefined, anchor: Anchor | undefined, syncing: boolean): RunsNow {
  if (!anchor) return { kind: 'unknown' };
  const deliveries = ledger?.deliveries ?? [];
  const sameVersion = deliveries.filter(
    (delivery) => delivery.commit.id === anchor.commit && delivery.freight.id === anchor.freight,
  );
  const match = sameVersion.find((delivery) => delivery.definition === anchor.definition);
  if (match) return ofMatch(deliveries, match);
  const id = deliveryIdOf(anchor);
  const line = ledger?.history.find((candidate) => candidate.id === id);
  if (line?.status === 'succeeded') return { kind: 'verified-earlier', checkedAt: parseTime(line.closedAt) };
  if (syncing) return { kind: 'deploying' };
  if (line) return { kind: 'not-checked', reason: 'failed' };
  const other =
    sameVersion.length > 0 ||
    ledger?.history.some(
      (candidate) => candidate.commit === anchor.commit && candidate.freight === anchor.freight,
    );
  return { kind: 'not-checked', reason: other ? 'definition' : 'never' };
}

/** The id that a delivery of this has, as `deliveryId` of core/ledger/delivery.ts makes it. */
export function deliveryIdOf(anchor: Pick<Anchor, 'stage' | 'commit' | 'freight' | 'definition'>): string {
  const { stage, commit, freight, definition } = anchor;
  return sha256(JSON.stringify([stage, commit, freight, definition])).slice(0, 12);
}

function ofMatch(deliveries: DeliveryRecord[], match: DeliveryRecord): RunsNow {
  if (match.status === 'running') return { kind: 'running', delivery: match };
  const succeeded = match.status === 'succeeded';
  const replaced = deliveries.slice(0, deliveries.indexOf(match)).some(wasDeployed);
  if (!replaced) return { kind: succeeded ? 'checked' : 'failed', delivery: match };
  return succeeded
    ? { kind: 'verified-earlier', checkedAt: parseTime(match.closedAt) }
    : { kind: 'not-checked', reason: 'failed' };
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
  failed:
    'Argo CD went back to a version whose checks had failed. Sync the whole application to check it again.',
  definition:
    'The checks of this stage have changed since this version passed. Sync the whole application to run the new ones.',
};
