/**
 * Carries out one promotion by Git: exactly the order's freight into the target's files, with the ancestry and the
 * trace parent beside them. Everything is looked up before it is made, so that it can be repeated after a crash.
 */
import type { PromotionOrder, PromotionOutcome, PromotionTools } from './order.ts';
import { promoteByPullRequest } from './pull-request.ts';
import { promoteToBase, promoteToBranch } from './push.ts';
import { withRepository } from './with-repository.ts';
import { promoteByWorkflow } from './workflow.ts';

/**
 * Carries out an order. `waiting`: our part is done and people or the host decide. Errors: `GIT_*`, `PROMOTION_*`,
 * `PROVIDER_*`.
 */
export function promote(tools: PromotionTools, order: PromotionOrder): Promise<PromotionOutcome> {
  const { way } = order.planned;
  if (way.kind === 'workflow') return promoteByWorkflow(tools, { ...order, way });
  return withRepository(tools, order.planned, (repository) => {
    if (way.kind === 'pull-request') return promoteByPullRequest(tools, { ...order, repository, way });
    return way.merge
      ? promoteToBase(tools, { ...order, repository })
      : promoteToBranch({ ...order, repository });
  });
}
