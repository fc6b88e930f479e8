/** The promotion file that an order leaves in the target's path: where its freight came from. */
import {
  appendAncestry,
  appendRolledBack,
  formatPromotionFile,
  PROMOTION_API_VERSION,
  type AncestryEntry,
  type PromotionFile,
} from '../../core/ancestry.ts';
import type { PromotionOrder } from './order.ts';

/** The file's text. What it says of freights that were taken back stays, except for the one that comes now. */
export function promotionFileOf(order: PromotionOrder, before: PromotionFile | undefined): string {
  const { plan, planned, intent, takesBack } = order;
  const known = (before?.rolledBack ?? []).filter(({ freight }) => freight !== plan.freight.id);
  const rolledBack = takesBack
    ? appendRolledBack(known, {
        freight: takesBack.freight.id,
        reason: takesBack.reason,
        at: intent.startedAt,
        traceparent: intent.traceparent,
      })
    : known;
  return formatPromotionFile({
    apiVersion: PROMOTION_API_VERSION,
    pipeline: plan.pipeline,
    stage: planned.target,
    freight: plan.freight,
    traceparent: intent.traceparent,
    // A freight that is restored came the way that it came at first.
    ancestry: takesBack ? [...plan.ancestry] : ancestryOf(order),
    ...(rolledBack.length === 0 ? {} : { rolledBack }),
  });
}

function ancestryOf(order: PromotionOrder): AncestryEntry[] {
  const { plan, others = [] } = order;
  const own = entryOf(order);
  // Stages that had to verify it too, each once, before the one that brings it.
  const known = new Set([...plan.ancestry, own].map(({ stage, application }) => `${stage}/${application}`));
  const beside = others.filter(({ stage, application }) => !known.has(`${stage}/${application}`));
  return [...beside, own].reduce<AncestryEntry[]>(
    (chain, entry) => appendAncestry(chain, entry),
    [...plan.ancestry],
  );
}

/** What the chain says of the stage that verified the freight. */
export function entryOf({
  plan,
  delivery,
  intent,
}: Pick<PromotionOrder, 'plan' | 'delivery' | 'intent'>): AncestryEntry {
  const { author, subject, committedAt } = plan.commit;
  return {
    stage: plan.stage,
    application: plan.application,
    commit: plan.commit.id,
    freight: plan.freight.id,
    traceparent: intent.traceparent,
    verdict: 'succeeded',
    openedAt: delivery.openedAt,
    promotedAt: intent.startedAt,
    ...(author === undefined ? {} : { author }),
    ...(subject === undefined ? {} : { subject }),
    ...(committedAt === undefined ? {} : { committedAt }),
  };
}
