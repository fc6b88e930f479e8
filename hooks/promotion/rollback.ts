/** A failed stage goes back to its last verified freight, once: by a Job of its own, which has the rights for it. */
import { awaitJob, handOver, intendRollback } from '../../core/ledger/pending.ts';
import type { DeliveryRecord } from '../../core/ledger/types.ts';
import type { PlannedRollback } from '../../core/plan.ts';
import { rollbackDecision } from '../../core/promotion/rollback.ts';
import type { LedgerStore } from '../../runtime/kube/ledger-store.ts';
import type { Logger } from '../../runtime/log.ts';
import { hostOf } from './intent.ts';
import { rollbackBranch } from './order.ts';
import { makePendingJob, type PendingMaker } from './pending-job.ts';
import type { Order } from './carry-out.ts';

interface RollbackContext extends PendingMaker {
  store: LedgerStore;
  log: Logger;
  now: () => number;
}

const WHAT = { rollback: true } as const;

/**
 * Makes the rollback's Job: one that runs at once after a final verdict, a suspended one that becomes due for what may
 * still be mended. What is there already is found. Errors: KubeError, `PENDING_TEMPLATE`.
 */
export async function beginRollback(
  context: RollbackContext,
  deliveryId: string,
): Promise<string | undefined> {
  const { plan, store, log } = context;
  const planned = plan.rollback;
  const ledger = await store.read();
  const delivery = ledger.deliveries.find(({ id }) => id === deliveryId);
  if (!planned || !delivery) return undefined;
  if (delivery.rollback && delivery.rollback.status !== 'intended') return delivery.rollback.message;
  const decision = rollbackDecision(ledger, delivery, planned);
  if (!decision.roll) {
    log.info('nothing is rolled back', { reason: decision.reason });
    return undefined;
  }
  const now = new Date(context.now()).toISOString();
  const notBefore = decision.notBefore ?? now;
  const intended = await store.update((current) =>
    intendRollback(current, deliveryId, {
      target: plan.stage,
      way: planned.way.kind,
      base: planned.base,
      host: hostOf(planned),
      ...(planned.by === undefined ? {} : { by: planned.by }),
      reason: decision.reason,
      freight: decision.to.freight.id,
      delivery: decision.to.id,
      now,
      ...(planned.way.kind === 'pull-request'
        ? {
            branch: rollbackBranch(plan.pipeline, plan.stage, deliveryId),
            ...(planned.way.autoMerge === undefined ? {} : { autoMerge: planned.way.autoMerge }),
          }
        : {}),
    }),
  );
  const began = intended.deliveries.find(({ id }) => id === deliveryId)?.rollback?.startedAt ?? now;
  const due = decision.notBefore ?? began;
  const message =
    decision.notBefore === undefined
      ? `rolls back to freight ${decision.to.freight.id}`
      : `rolls back to freight ${decision.to.freight.id} at ${notBefore}, unless it is mended by then`;
  if (planned.by !== undefined) {
    await store.update((current) => handOver(current, deliveryId, { what: WHAT, message, now }));
    return message;
  }
  const pending = await makePendingJob(
    context,
    { what: WHAT, deliveryId },
    {
      go: false,
      gate: 'soak',
      reason: message,
      notBefore: Date.parse(due),
      suspended: decision.notBefore !== undefined,
    },
  );
  await store.update((current) => awaitJob(current, deliveryId, { what: WHAT, pending, message, now }));
  return message;
}

/** What the Job carries out: the last verified delivery's freight, as it was verified, into the stage's own place. */
export function rollbackOrder(
  plan: Order['plan'],
  delivery: DeliveryRecord,
  known: { planned: PlannedRollback; verified: DeliveryRecord },
): Order | undefined {
  const { planned, verified } = known;
  if (!delivery.rollback) return undefined;
  return {
    plan: {
      ...plan,
      commit: verified.commit,
      head: verified.head,
      freight: verified.freight,
      ancestry: verified.ancestry,
    },
    planned,
    delivery,
    intent: delivery.rollback,
    what: WHAT,
    takesBack: { freight: plan.freight, reason: delivery.rollback.reason },
  };
}
