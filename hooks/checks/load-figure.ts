/** Figures that a load test of the same delivery left in the ledger. */
import { StagelineError } from '../../core/errors.ts';
import type { DeliveryRecord } from '../../core/ledger/types.ts';

/** The newest record of the load test that has figures decides. Errors: `FIGURE_MISSING`. */
export function loadFigure(delivery: DeliveryRecord, wanted: { load: string; figure: string }): number {
  const records = delivery.attempts
    .flatMap((attempt) => attempt.phases)
    .flatMap((phase) => phase.checks)
    .filter((check) => check.name === wanted.load && check.figures !== undefined);
  const value = records.at(-1)?.figures?.[wanted.figure];
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new StagelineError(`load test "${wanted.load}" left no figure "${wanted.figure}" in this delivery`, {
    code: 'FIGURE_MISSING',
    hint: 'Run the load test in an earlier step of the same stage',
  });
}
