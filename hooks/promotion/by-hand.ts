/** A promotion that a person asks for: any freight that was verified, by the same code and into the same ledger. */
import { errorLine, StagelineError } from '../../core/errors.ts';
import { boundMessage } from '../../core/ledger/bound.ts';
import { recordPromotion } from '../../core/ledger/delivery.ts';
import { carried, intendAgain, letGo, settle, waitingRecord } from '../../core/ledger/pending.ts';
import type { DeliveryRecord } from '../../core/ledger/types.ts';
import type { PlannedPromotion } from '../../core/plan.ts';
import { deleteJob, findJob } from '../../runtime/kube/jobs.ts';
import type { KubeClient } from '../../runtime/kube/client.ts';
import { redact } from '../../runtime/log.ts';
import { exportSpans } from '../../runtime/telemetry/export-spans.ts';
import { secretValues } from '../secret-values.ts';
import { spansToSend } from '../spans.ts';
import { carryOut, gateOf, supersedeOlder, type Order } from './carry-out.ts';
import { promotionIntent } from './intent.ts';
import type { OpenLedger } from './ledgers.ts';
import type { PromotionTools } from './order.ts';
import { resumeJob } from './resume.ts';
import { sourceOf } from './settle-waiting.ts';

export interface ByHand extends PromotionTools {
  client: KubeClient;
  /** Who asks, for the ledger. */
  by: string;
}

/** The newest verified delivery of a freight, or of any. Errors: `FREIGHT_UNVERIFIED` and `FREIGHT_AMBIGUOUS`, that name those there are. */
export function verifiedDelivery({ ledger }: OpenLedger, freight: string | undefined): DeliveryRecord {
  const verified = ledger.deliveries.filter(({ status }) => status === 'succeeded');
  const fitting = verified.filter(({ freight: { id } }) => freight === undefined || id.startsWith(freight));
  const [found] = fitting;
  const ids = new Set(fitting.map(({ freight: { id } }) => id));
  if (freight !== undefined && ids.size > 1) {
    throw new StagelineError(
      `stage ${ledger.stage} has verified ${ids.size} freights that begin with "${freight}"`,
      {
        code: 'FREIGHT_AMBIGUOUS',
        hint: `Name one of: ${[...ids].join(', ')}`,
      },
    );
  }
  if (found) return found;
  const known = verified.map(
    ({ freight: { id, items } }) => `${id} (${items.map(({ value }) => value).join(', ')})`,
  );
  throw new StagelineError(
    freight === undefined
      ? `stage ${ledger.stage} has verified no version yet`
      : `stage ${ledger.stage} has not verified freight ${freight}, or no longer knows of it`,
    {
      code: 'FREIGHT_UNVERIFIED',
      hint: known.length === 0 ? 'Sync the stage first' : `Name one of: ${known.join('; ')}`,
    },
  );
}

/**
 * Promotes a delivery's freight now. Asking for it approves it and lets it go where it is held; soak times and windows
 * hold all the same unless `force`. Errors: `PROMOTION_GATE`, `PROMOTION_SOURCE_UNKNOWN` and those of `promote`.
 */
export async function promoteByHand(
  hand: ByHand,
  open: OpenLedger,
  wanted: { delivery: DeliveryRecord; planned: PlannedPromotion; force: boolean },
): Promise<string> {
  const { delivery, planned, force } = wanted;
  const { store } = open;
  const before = await store.read();
  const plan = sourceOf({ ledger: before, delivery });
  if (!plan) {
    throw new StagelineError(`the ledger does not say where delivery ${delivery.id} came from`, {
      code: 'PROMOTION_SOURCE_UNKNOWN',
      hint: 'An older release wrote it: sync the stage again',
    });
  }
  const what = { target: planned.target };
  const waiting = waitingRecord(delivery, what);
  if (waiting?.status === 'waiting' && waiting.pending) {
    const { waitsFor, notBefore } = waiting.pending;
    const isTimed = waitsFor === 'soak' || waitsFor === 'window';
    const at = notBefore === undefined ? undefined : Date.parse(notBefore);
    if (isTimed && !force && (at === undefined || at > hand.now())) {
      const reason = waitsFor === 'soak' ? 'soaks' : 'waits for its window';
      throw shut(planned.target, { reason, ...(at === undefined ? {} : { notBefore: at }) });
    }
    return decide(hand, open, { delivery, approve: true, target: planned.target });
  }
  const now = (): string => new Date(hand.now()).toISOString();
  const { gates } = planned;
  // A soak is reckoned from the verdict, not from when somebody asked.
  const at = delivery.firstVerdict?.at;
  const conditions: Pick<Order, 'gates' | 'passed' | 'since'> = {
    passed: force ? 'window' : 'approval',
    ...(at === undefined ? {} : { since: Date.parse(at) }),
    ...(gates === undefined ? {} : { gates }),
  };
  // Before anything is written: what was promoted before stays in the ledger if this one may not go yet.
  const gate = gateOf(hand, { ...conditions, intent: { startedAt: now() } });
  if (!gate.go) throw shut(planned.target, gate);
  const intended = await store.update((ledger) =>
    intendAgain(ledger, delivery.id, { ...promotionIntent(plan, planned), now: now() }),
  );
  const current = intended.deliveries.find(({ id }) => id === delivery.id);
  const intent = waitingRecord(current, what);
  if (!current || !intent)
    throw new Error(`delivery ${delivery.id} is not in the ledger that was just written`);
  const order: Order = { plan, planned, delivery: current, intent, what, insists: true, ...conditions };
  try {
    const end = await carryOut({ ...hand, store }, order);
    if (end.status === 'shut') throw shut(planned.target, end.shut);
    let jobs: string[] = [];
    await store.update((ledger) => {
      const result = { now: now(), decidedBy: hand.by, ...end.result };
      // One that was left to "promote --due" is taken from it.
      const taken = carried(ledger, delivery.id, { what, ...result });
      const recorded =
        taken === ledger ? recordPromotion(ledger, delivery.id, { ...what, ...result }) : taken;
      const superseded = supersedeOlder(recorded, {
        deliveryId: delivery.id,
        target: planned.target,
        now: now(),
      });
      ({ jobs } = superseded);
      return superseded.ledger;
    });
    for (const name of jobs) await deleteJob(hand.client, { namespace: open.namespace, name });
    const after = await store.read();
    await exportSpans(spansToSend(before, after, { id: delivery.id, recovered: false }), hand);
    return end.result.message;
  } catch (error) {
    const message = boundMessage(
      redact(errorLine(error).replace(/^stageline: /, ''), secretValues(hand.env)),
    );
    await store.update((ledger) =>
      recordPromotion(ledger, delivery.id, { ...what, now: now(), status: 'failed', message }),
    );
    throw error;
  }
}

function shut(target: string, gate: { reason: string; notBefore?: number }): StagelineError {
  const until = gate.notBefore === undefined ? '' : ` until ${new Date(gate.notBefore).toISOString()}`;
  return new StagelineError(`the promotion into stage ${target} ${gate.reason}${until}`, {
    code: 'PROMOTION_GATE',
    hint: 'Wait, or promote all the same with --force',
  });
}

/** Lets a pending promotion go, or turns it down; the ledger says who. Errors: `PENDING_GONE`, KubeError. */
export async function decide(
  hand: Pick<ByHand, 'client' | 'now' | 'by'>,
  open: OpenLedger,
  decision: { delivery: DeliveryRecord; target: string; approve: boolean },
): Promise<string> {
  const { delivery, target, approve } = decision;
  const what = { target };
  const pending = waitingRecord(delivery, what)?.pending;
  const where = { namespace: open.namespace, name: pending?.job ?? '' };
  const job = pending && (await findJob(hand.client, where));
  if (!pending || !job) {
    throw new StagelineError(`nothing waits to be decided for stage ${target}`, {
      code: 'PENDING_GONE',
      hint: 'See "stageline status"; it may have been decided meanwhile',
    });
  }
  const now = new Date(hand.now()).toISOString();
  if (!approve) {
    const message = `turned down by ${hand.by}`;
    await open.store.update((ledger) =>
      settle(ledger, delivery.id, { what, status: 'rejected', now, message, decidedBy: hand.by }),
    );
    await deleteJob(hand.client, where, job.metadata?.uid);
    return `${target}: ${message}`;
  }
  await open.store.update((ledger) =>
    letGo(ledger, delivery.id, { what, job: pending.job, now, decidedBy: hand.by }),
  );
  await resumeJob(hand.client, job, where);
  return `${target}: let go by ${hand.by}; Job ${pending.job} carries it out`;
}
