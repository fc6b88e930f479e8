/** The four DORA figures of a pipeline, from the ledgers of its last stages. */
import type { Ledger } from '../../../core/ledger/types.ts';
import { parseTime } from './time.ts';

const DAY_MS = 86_400_000;
/** The time that the figures look back. */
export const DORA_DAYS = 30;

export interface DoraFigures {
  /** Deliveries that succeeded in the time looked at. */
  deployments: number;
  /** Median time from the origin commit, in milliseconds; undefined without a delivery that says. */
  leadTime: number | undefined;
  /** Share of deliveries that failed, 0 to 1; undefined without any. */
  failureRate: number | undefined;
  /** Median time from a failed delivery to the next that succeeded, in milliseconds. */
  restoreTime: number | undefined;
}

interface Outcome {
  succeeded: boolean;
  closedAt: number;
  originAt: number | undefined;
}

/** `ledgers`: of the stages that no other stage follows. */
export function doraFigures(ledgers: readonly Ledger[], now: number): DoraFigures {
  const stages = ledgers.map((ledger) => outcomesOf(ledger, now));
  const all = stages.flat();
  const succeeded = all.filter((outcome) => outcome.succeeded);
  return {
    deployments: succeeded.length,
    leadTime: median(
      succeeded.flatMap(({ closedAt, originAt }) =>
        originAt === undefined || originAt > closedAt ? [] : [closedAt - originAt],
      ),
    ),
    failureRate: all.length === 0 ? undefined : (all.length - succeeded.length) / all.length,
    restoreTime: median(stages.flatMap(restoreTimes)),
  };
}

/** Oldest first. */
function outcomesOf(ledger: Ledger, now: number): Outcome[] {
  const whole = ledger.deliveries.map((delivery) => ({
    status: delivery.status,
    closedAt: delivery.closedAt,
    originAt:
      delivery.ancestry[0]?.committedAt ?? delivery.ancestry[0]?.openedAt ?? delivery.commit.committedAt,
  }));
  return [...whole, ...ledger.history]
    .flatMap(({ status, closedAt, originAt }) => {
      const at = parseTime(closedAt);
      if (at === undefined || at < now - DORA_DAYS * DAY_MS || status === 'running') return [];
      return [{ succeeded: status === 'succeeded', closedAt: at, originAt: parseTime(originAt) }];
    })
    .sort((a, b) => a.closedAt - b.closedAt);
}

/** From the first failure in a row to the success that ends it. */
function restoreTimes(outcomes: readonly Outcome[]): number[] {
  const times: number[] = [];
  let brokenAt: number | undefined;
  for (const { succeeded, closedAt } of outcomes) {
    if (!succeeded) brokenAt ??= closedAt;
    else if (brokenAt !== undefined) {
      times.push(closedAt - brokenAt);
      brokenAt = undefined;
    }
  }
  return times;
}

function median(values: number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  const lower = sorted[middle - 1];
  if (sorted.length % 2 === 1 || lower === undefined || upper === undefined) return upper;
  return (lower + upper) / 2;
}
