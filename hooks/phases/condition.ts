/** Whether a check runs at all: its `when`. */
import { freightChanges } from '../../core/freight.ts';
import type { AttemptRecord, DeliveryRecord, Ledger } from '../../core/ledger/types.ts';
import type { PlannedCheck } from '../../core/plan.ts';

/** Why the check is skipped, or undefined if it runs. */
export function skipReason(
  check: Pick<PlannedCheck, 'when'>,
  place: { ledger: Ledger; delivery: DeliveryRecord; attempt: AttemptRecord },
): string | undefined {
  const { changed, check: other } = check.when ?? {};
  if (changed !== undefined && !hasChanged(changed, place)) {
    return `skipped: none of ${changed.join(', ')} changed since the last verified version`;
  }
  if (other === undefined) return undefined;
  const record = place.attempt.phases
    .flatMap((phase) => phase.checks)
    .find(({ name }) => name === other.name);
  const status = record?.skipped === true ? 'skipped' : record?.status;
  if (other.is.some((wanted) => wanted === status)) return undefined;
  return `skipped: check "${other.name}" is ${status ?? 'not there'}, not ${other.is.join(' or ')}`;
}

/** With nothing verified before, everything has changed. */
function hasChanged(keys: readonly string[], place: { ledger: Ledger; delivery: DeliveryRecord }): boolean {
  const { ledger, delivery } = place;
  const before = ledger.deliveries.find(({ id, status }) => id !== delivery.id && status === 'succeeded');
  if (!before) return true;
  return freightChanges(before.freight, delivery.freight).some(
    ({ key, file }) => keys.includes(key) || (key === '' && keys.includes(file)),
  );
}
