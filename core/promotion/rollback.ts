/** Whether a failed delivery is taken back, when, and to what. Pure. */
import type { DeliveryRecord, Ledger } from '../ledger/types.ts';

export type RollbackDecision =
  | { roll: false; reason: string }
  | {
      roll: true;
      /** Restored: the stage's last verified delivery. */
      to: DeliveryRecord;
      reason: string;
      /** RFC 3339, where the failure has to stand until then. */
      notBefore?: string;
    };

/**
 * At once on a final `failed` verdict; later for a failure to apply or to become healthy, which Argo CD may still mend.
 * Never where a check could not be carried out, which says nothing about the version, and never on what a rollback
 * itself has brought.
 */
export function rollbackDecision(
  ledger: Ledger,
  delivery: DeliveryRecord,
  options: { afterMs: number },
): RollbackDecision {
  const attempt = delivery.attempts.at(-1);
  if (delivery.status !== 'failed' || attempt === undefined)
    return { roll: false, reason: 'it has not failed' };
  const isFinal = attempt.status === 'failed';
  const isDeployment = attempt.phases.some(
    ({ name, status }) => name === 'deployment' && (status === 'errored' || status === 'failed'),
  );
  if (!isFinal && !isDeployment) return { roll: false, reason: 'no check has found the version to be bad' };
  if (cameByRollback(ledger, delivery))
    return { roll: false, reason: 'it was itself restored by a rollback' };
  const verified = ledger.deliveries.filter(({ status, id }) => status === 'succeeded' && id !== delivery.id);
  const last = verified.toSorted((a, b) => (a.openedAt < b.openedAt ? 1 : -1))[0];
  if (last === undefined) return { roll: false, reason: 'no version was verified here before' };
  if (last.freight.id === delivery.freight.id) {
    return { roll: false, reason: 'its freight is the last one that was verified here' };
  }
  const reason = attempt.message ?? delivery.message ?? attempt.status;
  if (isFinal) return { roll: true, to: last, reason };
  const since = Date.parse(attempt.finishedAt ?? attempt.startedAt);
  return { roll: true, to: last, reason, notBefore: new Date(since + options.afterMs).toISOString() };
}

/** Its trace links to the rollback that wrote its versions. */
function cameByRollback(ledger: Ledger, delivery: DeliveryRecord): boolean {
  const rollbacks = new Set(
    ledger.deliveries.flatMap(({ rollback }) => (rollback ? [rollback.traceparent] : [])),
  );
  return delivery.links.some(({ traceparent }) => rollbacks.has(traceparent));
}
