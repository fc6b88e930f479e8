/** What a commit says about a target, and the commit that gives it the freight. */
import { StagelineError } from '../../core/errors.ts';
import { promotionMessage } from './message.ts';
import type { HeldBack, PromotionOrder, PromotionResult } from './order.ts';
import type { Repository } from './repository.ts';
import { promotedFiles, targetPaths, targetState, type FileReaders } from './target-files.ts';
import type { FreightChange } from '../../core/freight.ts';

export type Work = PromotionOrder & { repository: Repository };

/**
 * `ours`: it has this very promotion. `other`: it has this freight by another way. `held`: it was rolled back there.
 * `open`: none of these.
 */
export type Standing = { status: 'ours' } | { status: 'other' } | HeldBack | { status: 'open' };

/** How a commit stands to the order. */
export async function standingAt(work: Work, tip: string): Promise<Standing> {
  const { plan, planned, repository, intent } = work;
  await repository.prefetch(tip, targetPaths(plan, planned));
  const state = await targetState(plan, planned, readers(work, tip));
  if (state.hasFreight) {
    if (state.traceparent !== intent.traceparent) return { status: 'other' };
    return { status: 'ours' };
  }
  if (state.rolledBack && !work.insists && !work.takesBack) {
    const { reason, at } = state.rolledBack;
    return { status: 'held', reason: `it was rolled back in ${planned.target} at ${at}: ${reason}` };
  }
  return { status: 'open' };
}

/** Whether the target still has the freight that is to be taken back. */
async function hasFailed(work: Work, tip: string): Promise<boolean> {
  const { plan, planned, takesBack } = work;
  if (!takesBack) return true;
  const failed = { ...plan, freight: takesBack.freight };
  return (await targetState(failed, planned, readers(work, tip))).hasFreight;
}

/** A result where the base branch already has the freight; undefined if there is something to do. */
export async function alreadyThere(work: Work, tip: string): Promise<PromotionResult | HeldBack | undefined> {
  const { planned, repository } = work;
  const standing = await standingAt(work, tip);
  if (standing.status === 'held') return standing;
  if (standing.status === 'open') {
    if (await hasFailed(work, tip)) return undefined;
    return { status: 'unchanged', message: `${planned.target} has gone on to another version` };
  }
  if (standing.status === 'other') {
    return {
      status: 'unchanged',
      message: `${planned.target} has ${versionsOf(work)} already, by another way`,
    };
  }
  const commit = await repository.promotionCommit(repository.base, work.intent.traceparent);
  return {
    status: 'done',
    message: `${planned.target} has ${versionsOf(work)} already`,
    ...(commit === undefined ? {} : { commit }),
  };
}

/** What the order changes at `tip`, in words. */
export async function changesAt(work: Work, tip: string): Promise<FreightChange[]> {
  return (await promotedFiles(work, readers(work, tip))).changes;
}

/** The commit on top of `tip` that carries the order out; not pushed. */
export async function makeCommit(work: Work, tip: string): Promise<string> {
  const { repository, intent } = work;
  const { files, changes } = await promotedFiles(work, readers(work, tip));
  const message = promotionMessage(work, changes);
  return repository.commit({ parent: tip, files, message, date: intent.startedAt });
}

function readers({ repository, plan }: Work, tip: string): FileReaders {
  return {
    read: (path) => repository.readFile(tip, path),
    readSource: (path) => repository.readFile(plan.head, path),
  };
}

/** `frontend.tag v2 and 1 more`. */
export function versionsOf({ plan }: Pick<PromotionOrder, 'plan'>): string {
  const { items } = plan.freight;
  const [first] = items;
  if (!first) return 'the freight';
  const more = items.length > 1 ? ` and ${items.length - 1} more` : '';
  return `${first.key || first.file} ${first.value}${more}`;
}

/** The base branch's commit. Errors: `PROMOTION_BASE`. */
export async function baseTip({
  repository,
  planned,
}: Pick<Work, 'repository' | 'planned'>): Promise<string> {
  const tip = await repository.fetchBranch(repository.base);
  if (tip !== undefined) return tip;
  throw new StagelineError(
    `the repository has no branch "${repository.base}", which stage "${planned.target}" is delivered from`,
    {
      code: 'PROMOTION_BASE',
      hint: 'Set promotion.branch of the stage to the branch that its Application tracks',
    },
  );
}
