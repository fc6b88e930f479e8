/** Whether a promotion's target has the freight already, looked up before anything is dispatched or waited for. */
import { StagelineError } from '../../core/errors.ts';
import type { PromotionOrder, PromotionOutcome, PromotionTools } from './order.ts';
import { alreadyThere, baseTip } from './settled.ts';
import { withRepository } from './with-repository.ts';

/**
 * What there is to say without doing anything; undefined if there is something to do. A token that may only dispatch
 * workflows cannot always read: then the workflow itself has to see what is there. Errors: those of `promote`.
 */
export async function knownInTarget(
  tools: PromotionTools,
  order: PromotionOrder,
): Promise<PromotionOutcome | undefined> {
  try {
    return await withRepository(tools, order.planned, async (repository) => {
      const work = { ...order, repository };
      return alreadyThere(work, await baseTip(work));
    });
  } catch (error) {
    if (!isDenied(error) || order.planned.way.kind !== 'workflow') throw error;
    tools.log.info('the repository cannot be read, the workflow is dispatched without a look', { error });
    return undefined;
  }
}

/** Git does not let this token read the repository. */
export function isDenied(error: unknown): boolean {
  return error instanceof StagelineError && ['GIT_CREDENTIALS', 'PROMOTION_REPOSITORY'].includes(error.code);
}
