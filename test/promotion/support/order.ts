/** Orders as a hook would give them, without a cluster: for tests of what they do to a repository. */
import { emptyLedger, intendPromotion, openDelivery, deliveryId } from '../../../core/ledger/delivery.ts';
import type { Plan } from '../../../core/plan.ts';
import { promotionIntent } from '../../../hooks/promotion/intent.ts';
import type { PromotionOrder, PromotionTools } from '../../../hooks/promotion/order.ts';
import { createLogger } from '../../../runtime/log.ts';
import { delay } from '../../../runtime/kube/retry.ts';

/** The order of a plan's first promotion, in a delivery with a trace of its own. */
export function orderOf(plan: Plan, traceId: string, now = '2030-01-01T00:00:00.000Z'): PromotionOrder {
  const [planned] = plan.promotions;
  if (!planned) throw new Error('the plan promotes nothing');
  const opened = openDelivery(emptyLedger(plan), plan, { operation: '1900000000', now, newTraceId: traceId });
  const id = deliveryId(plan);
  const ledger = intendPromotion(opened.ledger, id, { ...promotionIntent(plan, planned), now });
  const [delivery] = ledger.deliveries;
  const [intent] = delivery?.promotions ?? [];
  if (!delivery || !intent) throw new Error('the delivery was not opened');
  return { plan, planned, delivery, intent, noteAttempt: async () => undefined };
}

/** Surroundings with the real clock, and what was logged. */
export function toolsFor(env: NodeJS.ProcessEnv, log: string[] = []): PromotionTools {
  return {
    env: { PATH: process.env['PATH'], ...env },
    log: createLogger({ write: (line) => log.push(line), now: Date.now, level: 'info' }),
    now: Date.now,
    sleep: delay,
    random: Math.random,
    signal: new AbortController().signal,
  };
}
