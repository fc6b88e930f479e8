/** How a promotion that waits moves on: pending, let go, carried out, settled; and rollbacks, which move alike. */
import { formatTraceparent, spanIdOf } from '../trace-context.ts';
import { spanKey } from '../span-keys.ts';
import {
  changeDelivery,
  promotionTraceparent,
  type PromotionIntent,
  type PromotionResult,
} from './delivery.ts';
import type { DeliveryRecord, Ledger, PendingPromotion, PromotionRecord, RollbackRecord } from './types.ts';

/** Which record of a delivery is meant: the promotion to a stage, or its own rollback. */
export type Waiting = { target: string } | { rollback: true };

/** Statuses in which nothing more happens by itself. */
export type Settled = Exclude<PromotionRecord['status'], 'intended' | 'waiting'>;

/** The record that is meant. */
export function waitingRecord(
  delivery: DeliveryRecord | undefined,
  what: Waiting,
): PromotionRecord | undefined {
  if ('rollback' in what) return delivery?.rollback;
  return delivery?.promotions.find(({ target }) => target === what.target);
}

/** It waits for a Job to be resumed: the first one, or the next gate's after one was passed. */
export function awaitJob(
  ledger: Ledger,
  id: string,
  wait: { what: Waiting; pending: PendingPromotion; message: string; now: string },
): Ledger {
  return changeRecord(ledger, id, wait.what, (record) => {
    if (record.status !== 'intended' && record.status !== 'waiting') return record;
    if (record.pending?.job === wait.pending.job) return record;
    const { resumedAt: _passed, ...rest } = record;
    return {
      ...rest,
      status: 'waiting',
      message: wait.message,
      pending: wait.pending,
      finishedAt: record.finishedAt ?? wait.now,
    };
  });
}

/** It waits for `stageline promote --due`, or says something new about that. */
export function handOver(
  ledger: Ledger,
  id: string,
  wait: { what: Waiting; message: string; now: string },
): Ledger {
  const { what, message, now } = wait;
  return changeRecord(ledger, id, what, (record) => {
    if (record.status !== 'intended' && record.status !== 'waiting') return record;
    if (record.status === 'waiting' && record.message === message) return record;
    return { ...record, status: 'waiting', message, finishedAt: record.finishedAt ?? now };
  });
}

/** Somebody or the clock let it go; the Job that carries it out is `job`. Only the first time counts. */
export function letGo(
  ledger: Ledger,
  id: string,
  go: { what: Waiting; job: string; now: string; decidedBy?: string },
): Ledger {
  return changeRecord(ledger, id, go.what, (record) => {
    if (record.status !== 'waiting' || record.pending?.job !== go.job) return record;
    const by = record.decidedBy ?? go.decidedBy;
    const decided = by === undefined ? {} : { decidedBy: by };
    if (record.resumedAt !== undefined && record.decidedBy === by) return record;
    return { ...record, resumedAt: record.resumedAt ?? go.now, ...decided };
  });
}

/** Its Job, or what does what is due, has carried it out. It may wait again, for a pull request to be merged, and then no longer has a Job. */
export function carried(
  ledger: Ledger,
  id: string,
  end: { what: Waiting; now: string } & PromotionResult,
): Ledger {
  const { what, now, ...result } = end;
  return changeRecord(ledger, id, what, (record) => {
    if (record.status !== 'waiting' || (record.pending === undefined && record.by === undefined))
      return record;
    const { pending: _gone, ...rest } = record;
    const settled = result.status === 'waiting' ? {} : { settledAt: now };
    return { ...rest, ...result, resumedAt: record.resumedAt ?? now, carriedAt: now, ...settled };
  });
}

/** Ends one that is intended or waits. A failure counts here: whoever calls knows that nobody tries again. */
export function settle(
  ledger: Ledger,
  id: string,
  end: { what: Waiting; status: Settled; now: string; message?: string; decidedBy?: string },
): Ledger {
  const { what, status, now, message, decidedBy } = end;
  return changeRecord(ledger, id, what, (record) => {
    if (record.status !== 'waiting' && record.status !== 'intended') return record;
    return {
      ...record,
      status,
      ...(message === undefined ? {} : { message }),
      ...(decidedBy === undefined || record.decidedBy !== undefined ? {} : { decidedBy }),
      ...(record.status === 'intended' ? { finishedAt: now } : { settledAt: now }),
    };
  });
}

/** Before an act that cannot be looked up for sure; without a time once it surely did not happen. */
export function noteAttempt(
  ledger: Ledger,
  id: string,
  attempt: { what: Waiting; now: string | undefined },
): Ledger {
  return changeRecord(ledger, id, attempt.what, (record) => {
    const { attemptedAt: _before, ...rest } = record;
    return attempt.now === undefined ? rest : { ...rest, attemptedAt: attempt.now };
  });
}

/** A person wants a promotion made that has ended; one that is intended or waits stays as it is. */
export function intendAgain(ledger: Ledger, id: string, intent: PromotionIntent & { now: string }): Ledger {
  return changeDelivery(ledger, id, (delivery) => {
    const known = delivery.promotions.find(({ target }) => target === intent.target);
    if (known?.status === 'intended' || known?.status === 'waiting') return delivery;
    const again = known === undefined ? undefined : (known.again ?? 0) + 1;
    const { now, ...fields } = intent;
    const record: PromotionRecord = {
      ...fields,
      status: 'intended',
      traceparent: promotionTraceparent(delivery.traceId, intent.target, again),
      startedAt: now,
      ...(again === undefined ? {} : { again }),
    };
    return { ...delivery, promotions: [...delivery.promotions.filter((other) => other !== known), record] };
  });
}

/** Once a delivery: a rollback that is known stays as it is. */
export function intendRollback(
  ledger: Ledger,
  id: string,
  intent: Pick<RollbackRecord, 'target' | 'way' | 'base' | 'reason' | 'freight' | 'delivery'> &
    Partial<Pick<RollbackRecord, 'branch' | 'host' | 'by' | 'autoMerge'>> & { now: string },
): Ledger {
  return changeDelivery(ledger, id, (delivery) => {
    if (delivery.rollback) return delivery;
    const { now, ...fields } = intent;
    const spanId = spanIdOf(delivery.traceId, spanKey.rollback());
    const rollback: RollbackRecord = {
      ...fields,
      status: 'intended',
      traceparent: formatTraceparent({ traceId: delivery.traceId, spanId, sampled: true }),
      startedAt: now,
    };
    return { ...delivery, rollback };
  });
}

function changeRecord(
  ledger: Ledger,
  id: string,
  what: Waiting,
  change: <R extends PromotionRecord>(record: R) => R | PromotionRecord,
): Ledger {
  return changeDelivery(ledger, id, (delivery) => {
    if ('rollback' in what) {
      if (!delivery.rollback) return delivery;
      const changed = change(delivery.rollback);
      const { reason, freight, delivery: verified } = delivery.rollback;
      return changed === delivery.rollback
        ? delivery
        : { ...delivery, rollback: { ...changed, reason, freight, delivery: verified } };
    }
    const promotions = delivery.promotions.map((record) =>
      record.target === what.target ? change(record) : record,
    );
    const isSame = promotions.every((record, index) => record === delivery.promotions[index]);
    return isSame ? delivery : { ...delivery, promotions };
  });
}
