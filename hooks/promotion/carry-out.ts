/** One promotion from its gates to its result: the same for a hook, a pending promotion's Job and a person. */
import type { Ledger } from '../../core/ledger/types.ts';
import {
  awaitJob,
  carried,
  noteAttempt,
  settle,
  waitingRecord,
  type Waiting,
} from '../../core/ledger/pending.ts';
import { recordPromotion } from '../../core/ledger/delivery.ts';
import type { PlannedGates } from '../../core/plan.ts';
import { GATES, nextGate, type Gate, type GateDecision } from '../../core/promotion/gates.ts';
import type { LedgerStore } from '../../runtime/kube/ledger-store.ts';
import { agree } from './agreement.ts';
import type { PromotionOrder, PromotionResult, PromotionTools } from './order.ts';
import { knownInTarget } from './known-in-target.ts';
import { makePendingJob, type PendingMaker } from './pending-job.ts';
import { promote } from './promote.ts';
import { opensAt } from './windows.ts';

export interface PromotionRun extends PromotionTools {
  store: LedgerStore;
  /** What is `by: due` is left to that: who runs here has no credentials for it. */
  handsOver?: true;
}

export type Order = Omit<PromotionOrder, 'noteAttempt'> & {
  what: Waiting;
  gates?: PlannedGates;
  /** The last gate that was passed. */
  passed?: Gate;
  /** When the version was verified, in milliseconds; default: when the promotion was intended. */
  since?: number;
};

type Shut = Extract<GateDecision, { go: false }>;

/** `shut`: a gate is shut, and somebody or some time has to open it. */
export type CarryOut = { status: 'shut'; shut: Shut } | { status: 'through'; result: PromotionResult };

/** Carries an order out as far as it goes now. Errors: those of `promote`. */
export async function carryOut(run: PromotionRun, order: Order): Promise<CarryOut> {
  const { agreement, by } = order.planned;
  const isLeft = by !== undefined && run.handsOver === true;
  const complete = { ...order, noteAttempt: attempts(run, order) };
  if (agreement && !isLeft) {
    const { others, missing } = await agree(run, complete, agreement);
    if (missing.length > 0) {
      const message = `waits for ${missing.join(', ')} to verify it too`;
      return { status: 'through', result: { status: 'waiting', message } };
    }
    complete.others = others;
  }
  const decision = gateOf(run, order);
  if (!decision.go) {
    // Nobody has to approve what is there already, and a wrong token is found before somebody approves in vain.
    const isFirst = order.passed === undefined && !isLeft;
    const known = isFirst ? await knownInTarget(run, complete) : undefined;
    if (known === undefined) return { status: 'shut', shut: decision };
    if (known.status !== 'held') return { status: 'through', result: known };
    const held = gateOf(run, order, known.reason);
    return { status: 'shut', shut: held.go ? decision : held };
  }
  if (isLeft) {
    const message = `${order.planned.target}: waits for "stageline promote --due" to carry it out`;
    return { status: 'through', result: { status: 'waiting', message } };
  }
  const outcome = await promote(run, complete);
  if (outcome.status !== 'held') return { status: 'through', result: outcome };
  const held = gateOf(run, order, outcome.reason);
  // Whoever may let it go has not been asked yet, since then the order would insist.
  return { status: 'shut', shut: held.go ? { go: false, gate: 'hold', reason: outcome.reason } : held };
}

/** The next gate that is shut for it now, or that the way is free. */
export function gateOf(
  run: Pick<PromotionRun, 'now'>,
  order: Pick<Order, 'gates' | 'passed' | 'since'> & { intent: Pick<Order['intent'], 'startedAt'> },
  heldBack?: string,
): GateDecision {
  const { gates, intent, passed } = order;
  return nextGate(gates, {
    now: run.now(),
    since: order.since ?? Date.parse(intent.startedAt),
    opensAt: (from) => opensAt(gates?.windows ?? [], from),
    ...(passed === undefined || heldBack !== undefined ? {} : { passed }),
    ...(heldBack === undefined ? {} : { heldBack }),
  });
}

function attempts(run: PromotionRun, order: Order): PromotionOrder['noteAttempt'] {
  return async (begun) => {
    const now = begun ? new Date(run.now()).toISOString() : undefined;
    await run.store.update((ledger) => noteAttempt(ledger, order.delivery.id, { what: order.what, now }));
  };
}

/** What the ledger says of it afterwards, and in words. A gate that is shut gets its Job here. */
export async function recordOf(
  run: PromotionRun & { maker: PendingMaker },
  order: Order,
  end: CarryOut,
): Promise<{ message: string; record: (ledger: Ledger) => Ledger }> {
  const { what, delivery } = order;
  const id = delivery.id;
  const now = new Date(run.now()).toISOString();
  if (end.status === 'shut') {
    const pending = await makePendingJob(run.maker, { what, deliveryId: id }, end.shut);
    const message = `${order.planned.target}: ${end.shut.reason}`;
    return { message, record: (ledger) => awaitJob(ledger, id, { what, pending, message, now }) };
  }
  const { result } = end;
  return {
    message: result.message,
    record: (ledger) => {
      const record = waitingRecord(
        ledger.deliveries.find((known) => known.id === id),
        what,
      );
      if (record?.pending !== undefined) return carried(ledger, id, { what, now, ...result });
      if ('target' in what) return recordPromotion(ledger, id, { target: what.target, now, ...result });
      return settle(ledger, id, {
        what,
        now,
        ...result,
        status: result.status === 'waiting' ? 'done' : result.status,
      });
    },
  };
}

/**
 * Older deliveries' promotions to the same target that no longer make sense: their Jobs' names come back, to be deleted
 * once this is written. One that people or the clock let go further than this one stays, and so does one that soaks
 * while this one soaks too, since a stage that gets versions faster than they soak would never get any.
 */
export function supersedeOlder(
  ledger: Ledger,
  by: { deliveryId: string; target: string; now: string },
): { ledger: Ledger; jobs: string[] } {
  const { deliveryId, target, now } = by;
  const what = { target };
  const own = ledger.deliveries.find(({ id }) => id === deliveryId);
  const record = waitingRecord(own, what);
  if (!own || !record || ['intended', 'failed', 'rejected', 'expired', 'superseded'].includes(record.status))
    return { ledger, jobs: [] };
  const stands = record.pending ? GATES.indexOf(record.pending.waitsFor) : GATES.length;
  // It waits for other stages: nothing is decided yet.
  if (
    record.status === 'waiting' &&
    !record.pending &&
    record.url === undefined &&
    record.commit === undefined
  )
    return { ledger, jobs: [] };
  const jobs: string[] = [];
  let next = ledger;
  for (const other of ledger.deliveries) {
    const older = waitingRecord(other, what);
    if (!older || older.status !== 'waiting' || other.id === deliveryId || other.openedAt >= own.openedAt)
      continue;
    const isAt = older.pending ? GATES.indexOf(older.pending.waitsFor) : -1;
    const bothSoak = older.pending?.waitsFor === 'soak' && record.pending?.waitsFor === 'soak';
    if (older.resumedAt !== undefined && older.pending) continue;
    if (isAt > stands || bothSoak) continue;
    if (older.pending) jobs.push(older.pending.job);
    const message = `superseded by freight ${own.freight.id}`;
    next = settle(next, other.id, { what, status: 'superseded', now, message });
  }
  return { ledger: next, jobs };
}
