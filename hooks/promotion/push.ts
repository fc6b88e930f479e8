/** Promotion by push: onto the base branch, or onto a branch of its own that waits for people. */
import { StagelineError } from '../../core/errors.ts';
import { backoffMs } from '../../runtime/kube/retry.ts';
import { branchOf, type HeldBack, type PromotionResult, type PromotionTools } from './order.ts';
import { alreadyThere, baseTip, makeCommit, standingAt, versionsOf, type Work } from './settled.ts';
import { commitAddress } from './host.ts';

/** Of twenty promotions at once the last one may lose nineteen times. */
const PUSH_TRIES = 40;
const PUSH_BACKOFF = { firstMs: 400, maxMs: 3000 };

/** The commit goes onto the base branch; where that moves meanwhile, it is made again on what is there. */
export async function promoteToBase(tools: PromotionTools, work: Work): Promise<PromotionResult | HeldBack> {
  const { repository } = work;
  const { base } = repository;
  for (let attempt = 1; attempt <= PUSH_TRIES; attempt += 1) {
    const tip = await baseTip(work);
    const there = await alreadyThere(work, tip);
    if (there) return there;
    const commit = await makeCommit(work, tip);
    const pushed = await repository.push(commit, base, { kind: 'fast-forward' });
    if (pushed === 'pushed') {
      const message = `${versionsOf(work)} is in ${work.planned.target}`;
      return { status: 'done', message, commit, ...linkTo(work, commit) };
    }
    // An answer that was lost is looked up like a branch that moved.
    tools.log.warn('the branch moved while the promotion was made, it is made again', {
      base,
      attempt,
      pushed,
    });
    // Anything down to nothing: whoever lost together would meet again.
    const longest = backoffMs(PUSH_BACKOFF, attempt, () => 1);
    await tools.sleep(Math.round(longest * tools.random()), tools.signal);
  }
  throw new StagelineError(`branch ${base} moved ${PUSH_TRIES} times while the promotion was pushed`, {
    code: 'PROMOTION_CONTENDED',
    hint: 'Argo CD’s retry tries again; see who pushes to this branch so often',
    blame: 'system',
  });
}

function linkTo(work: Work, commit: string): { url?: string } {
  const url = commitAddress(work.planned, commit);
  return url === undefined ? {} : { url };
}

/** The commit waits on a branch of its own until somebody merges it. */
export async function promoteToBranch(work: Work): Promise<PromotionResult | HeldBack> {
  const tip = await baseTip(work);
  const there = await alreadyThere(work, tip);
  if (there) return there;
  const { commit, branch } = await commitOnBranch(work, tip);
  return {
    status: 'waiting',
    message: `${versionsOf(work)} waits on branch ${branch} to be merged into ${work.repository.base}`,
    commit,
  };
}

/**
 * The order's branch with the freight on it: as it is there already, or made on `tip`. A branch of an earlier delivery
 * of the same freight is taken over. Errors: `PROMOTION_CONTENDED`.
 */
export async function commitOnBranch(work: Work, tip: string): Promise<{ commit: string; branch: string }> {
  const { repository } = work;
  const branch = branchOf(work);
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const existing = await repository.fetchBranch(branch);
    if (existing !== undefined && (await standingAt(work, existing)).status === 'ours')
      return { commit: existing, branch };
    const commit = await makeCommit(work, tip);
    const pushed = await repository.push(commit, branch, { kind: 'replace', expected: existing });
    if (pushed === 'pushed') return { commit, branch };
  }
  throw new StagelineError(`branch ${branch} was changed by someone else while the promotion was pushed`, {
    code: 'PROMOTION_CONTENDED',
    hint: 'Leave branches under stageline/ to Stageline; Argo CD’s retry tries again',
    blame: 'system',
  });
}
