/** Keeps a ledger within its bounds: whole deliveries, history lines and bytes. */
import { HISTORY_LINES, LEDGER_LIMIT_BYTES, WHOLE_DELIVERIES } from './types.ts';
import type { AttemptRecord, CheckRecord, DeliveryRecord, HistoryLine, Ledger } from './types.ts';

/** The longest text that a record keeps of a message; the rest is in the hook's log. */
export const MESSAGE_LIMIT = 1024;
const SHORT_MESSAGE = 80;
const ATTEMPTS_KEPT = 20;

/**
 * The ledger's JSON within its bounds. The oldest whole deliveries become history lines and the oldest lines
 * go; only a newest delivery that is too large by itself loses old attempts, then the length of its messages and
 * the objectives of its analyses, then checks. What is left is what its plan brought, which the plan's own limit bounds.
 */
export function boundLedger(ledger: Ledger): { ledger: Ledger; text: string } {
  let bounded = keepWhole(ledger, WHOLE_DELIVERIES);
  for (;;) {
    const text = JSON.stringify(bounded);
    if (new TextEncoder().encode(text).length <= LEDGER_LIMIT_BYTES) return { ledger: bounded, text };
    const smaller = shrink(bounded);
    if (!smaller) return { ledger: bounded, text };
    bounded = smaller;
  }
}

function keepWhole(ledger: Ledger, count: number): Ledger {
  const dropped = ledger.deliveries.slice(count).map(historyLine);
  return {
    ...ledger,
    deliveries: ledger.deliveries.slice(0, count).map((delivery) => keepAttempts(delivery, ATTEMPTS_KEPT)),
    history: [...dropped, ...ledger.history].slice(0, HISTORY_LINES),
  };
}

/** The next smaller ledger, or undefined if nothing is left to take away. */
function shrink(ledger: Ledger): Ledger | undefined {
  const [newest] = ledger.deliveries;
  if (ledger.deliveries.length > 1) return keepWhole(ledger, ledger.deliveries.length - 1);
  if (newest && newest.attempts.length > 1)
    return { ...ledger, deliveries: [keepAttempts(newest, newest.attempts.length >> 1)] };
  if (ledger.history.length > 0)
    return { ...ledger, history: ledger.history.slice(0, ledger.history.length >> 1) };
  const smaller = newest && (shortMessages(newest) ?? fewerChecks(newest));
  return smaller && { ...ledger, deliveries: [smaller] };
}

function keepAttempts(delivery: DeliveryRecord, count: number): DeliveryRecord {
  const surplus = delivery.attempts.length - count;
  if (surplus <= 0) return delivery;
  return {
    ...delivery,
    earlierAttempts: (delivery.earlierAttempts ?? 0) + surplus,
    attempts: delivery.attempts.slice(surplus),
  };
}

function shortMessages(delivery: DeliveryRecord): DeliveryRecord | undefined {
  let changed = false;
  const short = <T extends { message?: string }>(record: T): T => {
    if (record.message === undefined || record.message.length <= SHORT_MESSAGE) return record;
    changed = true;
    return { ...record, message: boundMessage(record.message, SHORT_MESSAGE) };
  };
  const withoutObjectives = (check: CheckRecord): CheckRecord => {
    if (check.objectives === undefined) return check;
    changed = true;
    const { objectives: _, ...rest } = check;
    return rest;
  };
  const shorter: DeliveryRecord = {
    ...short(delivery),
    ...(delivery.firstVerdict ? { firstVerdict: short(delivery.firstVerdict) } : {}),
    attempts: delivery.attempts.map((attempt) => ({
      ...short(attempt),
      phases: attempt.phases.map((phase) => ({
        ...short(phase),
        checks: phase.checks.map((check) => short(withoutObjectives(check))),
      })),
    })),
    promotions: delivery.promotions.map(short),
  };
  return changed ? shorter : undefined;
}

/** Halves the checks of each phase; those that tell least, the ones that passed, go first. */
function fewerChecks(delivery: DeliveryRecord): DeliveryRecord | undefined {
  const count = (attempt: AttemptRecord): number =>
    attempt.phases.reduce((sum, phase) => sum + phase.checks.length, 0);
  if (!delivery.attempts.some((attempt) => count(attempt) > 0)) return undefined;
  return {
    ...delivery,
    attempts: delivery.attempts.map((attempt) => ({
      ...attempt,
      phases: attempt.phases.map((phase) => {
        const telling = phase.checks.filter((check) => check.status !== 'passed');
        const kept = new Set(
          [...telling, ...phase.checks.filter((check) => check.status === 'passed')].slice(
            0,
            phase.checks.length >> 1,
          ),
        );
        return { ...phase, checks: phase.checks.filter((check) => kept.has(check)) };
      }),
    })),
  };
}

/** A delivery as one line of history. */
export function historyLine(delivery: DeliveryRecord): HistoryLine {
  const originAt = delivery.ancestry[0]?.openedAt;
  return {
    id: delivery.id,
    commit: delivery.commit.id,
    freight: delivery.freight.id,
    status: delivery.status,
    traceId: delivery.traceId,
    openedAt: delivery.openedAt,
    attempts: (delivery.earlierAttempts ?? 0) + delivery.attempts.length,
    ...(delivery.closedAt === undefined ? {} : { closedAt: delivery.closedAt }),
    ...(delivery.commit.subject === undefined ? {} : { subject: delivery.commit.subject.slice(0, 120) }),
    ...(originAt === undefined ? {} : { originAt }),
  };
}

/** A message cut to what a record keeps. */
export function boundMessage(message: string, limit = MESSAGE_LIMIT): string {
  return message.length <= limit ? message : `${message.slice(0, limit - 1)}…`;
}
