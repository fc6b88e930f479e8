/** Role `promote`: writes the freight into every stage that follows, then closes the attempt. */
import { StagelineError, errorLine } from '../../core/errors.ts';
import { boundMessage } from '../../core/ledger/bound.ts';
import {
  closeAttempt,
  finishPhase,
  intendPromotion,
  recordPromotion,
  startPhase,
} from '../../core/ledger/delivery.ts';
import type { Ledger, PromotionRecord } from '../../core/ledger/types.ts';
import type { PlannedPromotion } from '../../core/plan.ts';
import { deliveryOf, idOf, timestamp, type HookContext, type HookResult } from '../context.ts';
import { promotionBranch, promote } from '../promotion/promote.ts';
import { endDeployment, settledResult } from './check-hook.ts';
import { openHook } from './open.ts';

const PHASE = 'promotion';

/** A promotion that fails is `errored`: it is not the version's fault, and Argo CD's retry tries it again. */
export async function runPromoteHook(context: HookContext): Promise<HookResult> {
  const opened = await openHook(context, {
    requires: ['pre-deployment', 'post-deployment'],
    begin: (ledger) => beginPromotions(context, ledger),
  });
  const settled = settledResult(opened, PHASE);
  if (settled) return settled;
  const problems: string[] = [];
  const messages: string[] = [];
  for (const planned of context.plan.promotions) {
    const record = await promoteOne(context, planned);
    if (record.status === 'failed')
      problems.push(`promotion to "${planned.target}" failed: ${record.message ?? ''}`);
    else messages.push(record.message ?? record.status);
  }
  const id = idOf(context);
  const [problem] = problems;
  const status = problem === undefined ? 'succeeded' : 'errored';
  await context.store.update((ledger) => {
    const now = timestamp(context);
    const message = problem === undefined ? {} : { message: problem };
    const finished = finishPhase(ledger, id, { name: PHASE, status, now, ...message });
    return closeAttempt(finished, id, { status, now, ...message });
  });
  const { recovered } = opened;
  if (problem !== undefined) return { status: 'errored', message: problem, recovered };
  return { status: 'passed', message: messages.join('; ') || 'nothing follows this stage', recovered };
}

/** The intents are in the ledger before anything outside is touched. */
function beginPromotions(context: HookContext, ledger: Ledger): Ledger {
  const id = idOf(context);
  const now = timestamp(context);
  const started = startPhase(endDeployment(context, ledger), id, { name: PHASE, now, job: context.jobName });
  return context.plan.promotions.reduce(
    (next, planned) =>
      intendPromotion(next, id, {
        target: planned.target,
        way: planned.way.kind,
        base: planned.base,
        now,
        branch: promotionBranch(planned.target, context.plan.freight.id),
      }),
    started,
  );
}

type Outcome = Pick<PromotionRecord, 'status' | 'message' | 'commit' | 'url'>;

async function promoteOne(context: HookContext, planned: PlannedPromotion): Promise<Outcome> {
  const delivery = deliveryOf(context, await context.store.read());
  const intent = delivery?.promotions.find((promotion) => promotion.target === planned.target);
  if (!delivery || !intent) {
    throw new StagelineError(`the ledger lost the intent to promote to "${planned.target}"`, {
      code: 'DELIVERY_LOST',
      hint: 'Sync the application again; something edits the ledger while hooks run',
      blame: 'system',
    });
  }
  // Another process may have carried it out already; what waits is looked at again.
  if (intent.status === 'done' || intent.status === 'unchanged') return intent;
  const log = context.log.with({ target: planned.target });
  const outcome = await attemptPromotion(context, planned, { delivery, intent });
  log.info('promotion has ended', {
    status: outcome.status,
    commit: outcome.commit,
    reason: outcome.message,
  });
  await context.store.update((ledger) =>
    recordPromotion(ledger, idOf(context), { target: planned.target, now: timestamp(context), ...outcome }),
  );
  return outcome;
}

async function attemptPromotion(
  context: HookContext,
  planned: PlannedPromotion,
  known: Parameters<typeof promote>[2],
): Promise<Outcome> {
  try {
    return await promote(context, planned, known);
  } catch (error) {
    if (context.stop.aborted) throw context.stop.reason;
    context.log.error('promotion failed', { target: planned.target, error });
    return { status: 'failed', message: boundMessage(errorLine(error).replace(/^stageline: /, '')) };
  }
}
