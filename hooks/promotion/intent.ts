/** What the ledger says of a promotion before it is carried out. */
import type { PromotionIntent } from '../../core/ledger/delivery.ts';
import type { PromotionHost } from '../../core/ledger/types.ts';
import type { PlannedPlace, PlannedPromotion, Plan } from '../../core/plan.ts';
import { scrubUrls } from '../../runtime/git.ts';
import { promotionBranch } from './order.ts';

/** Way, place and branch; what is needed to find it again. */
export function promotionIntent(
  plan: Pick<Plan, 'pipeline' | 'freight'>,
  planned: PlannedPromotion,
): PromotionIntent {
  const makesBranch =
    planned.way.kind === 'pull-request' || (planned.way.kind === 'push' && !planned.way.merge);
  const merges = planned.way.kind === 'pull-request' ? planned.way.autoMerge : undefined;
  return {
    target: planned.target,
    ...(merges === undefined ? {} : { autoMerge: merges }),
    targetApplication: planned.targetApplication,
    way: planned.way.kind,
    base: planned.base,
    host: hostOf(planned),
    ...(planned.by === undefined ? {} : { by: planned.by }),
    ...(makesBranch ? { branch: promotionBranch(plan.pipeline, planned.target, plan.freight.id) } : {}),
  };
}

/** Without credentials, whatever people write into a repository's address. */
export function hostOf(place: PlannedPlace): PromotionHost {
  return {
    repoURL: scrubUrls(place.repoURL),
    path: place.targetPath,
    ...(place.provider === undefined ? {} : { provider: place.provider }),
    ...(place.api === undefined ? {} : { api: place.api }),
  };
}
