/** Keeps a ledger within its bounds: whole deliveries, history lines and bytes. */
import { HISTORY_LINES, LEDGER_LIMIT_BYTES, WHOLE_DELIVERIES } from './types.ts';
import type { DeliveryRecord, HistoryLine, Ledger } from './types.ts';

/** The longest text that a record keeps of a message; the rest is in the hook's log. */
export const MESSAGE_LIMIT = 1024;
const ATTEMPTS_KEPT = 20;

/** The ledger's JSON within its bounds: the oldest whole deliveries become history lines, the oldest lines go. */
export function boundLedger(ledger: Ledger): { ledger: Ledger; text: string } {
  let bounded: Ledger = { ...ledger, deliveries: ledger.deliveries.map(boundDelivery) };
  let keep = Math.min(WHOLE_DELIVERIES, bounded.deliveries.length);
  for (;;) {
    const dropped = bounded.deliveries.slice(keep).map(historyLine);
    bounded = {
      ...bounded,
      deliveries: bounded.deliveries.slice(0, keep),
      history: [...dropped, ...bounded.history].slice(0, HISTORY_LINES),
    };
    const text = JSON.stringify(bounded);
    if (new TextEncoder().encode(text).length <= LEDGER_LIMIT_BYTES) return { ledger: bounded, text };
    if (keep > 1) keep -= 1;
    else if (bounded.history.length > 0)
      bounded = { ...bounded, history: bounded.history.slice(0, bounded.history.length >> 1) };
    else return { ledger: bounded, text };
  }
}

function boundDelivery(delivery: DeliveryRecord): DeliveryRecord {
  const attempts =
    delivery.attempts.length > ATTEMPTS_KEPT ? delivery.attempts.slice(-ATTEMPTS_KEPT) : delivery.attempts;
  return { ...delivery, attempts };
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
    attempts: delivery.attempts.length,
    ...(delivery.closedAt === undefined ? {} : { closedAt: delivery.closedAt }),
    ...(delivery.commit.subject === undefined ? {} : { subject: delivery.commit.subject.slice(0, 120) }),
    ...(originAt === undefined ? {} : { originAt }),
  };
}

/** A message cut to what a record keeps. */
export function boundMessage(message: string): string {
  return message.length <= MESSAGE_LIMIT ? message : `${message.slice(0, MESSAGE_LIMIT - 1)}…`;
}
