/** Role `promote`: runs promotion tasks, writes the freight into every stage that follows, and closes the attempt. */
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
import { beginStep, runSteps, type PhaseVerdict } from './steps.ts';

const PHASE = 'promotion';

/** A promotion that fails is `errored`: it is not the version's fault, and Argo CD's retry tries it again. */
export async function runPromoteHook(context: HookContext): Promise<HookResult> {
  const opened = await openHook(context, {
    requires: ['pre-deployment', 'post-deployment'],
    begin: (ledger) => beginPromotions(context, ledger),
  });
  const settled = settledResult(opened, PHASE);
  if (settled) return settled;
  const { recovered } = opened;
  const tasks = await runSteps(context, {
    phase: PHASE,
    // Where the tasks succeed the promotions are still to come.
    finish: (ledger, verdict) =>
      verdict.status === 'succeeded' ? ledger : ended(context, ledger, { ...verdict, status: 'errored' }),
  });
  if (tasks.status !== 'succeeded') {
    return { status: 'errored', message: `${PHASE}: ${tasks.message ?? tasks.status}`, recovered };
  }
  const verdict = await promoteAll(context);
  await context.store.update((ledger) => ended(context, ledger, verdict));
  if (verdict.status !== 'succeeded') return { status: 'errored', message: verdict.message, recovered };
  return { status: 'passed', message: verdict.told || 'nothing follows this stage', recovered };
}

type PromotionVerdict = { status: 'succeeded'; told: string } | { status: 'errored'; message: string };

/** One after the other; one that fails does not keep the next from its stage. The last write ends the phase. */
async function promoteAll(context: HookContext): Promise<PromotionVerdict> {
  const problems: string[] = [];
  const told: string[] = [];
  const verdict = (): PromotionVerdict => {
    const [message] = problems;
    return message === undefined
      ? { status: 'succeeded', told: told.join('; ') }
      : { status: 'errored', message };
  };
  const { promotions } = context.plan;
  for (const [index, planned] of promotions.entries()) {
    const { known, outcome } = await promoteOne(context, planned);
    if (outcome.status === 'failed')
      problems.push(`promotion to "${planned.target}" failed: ${outcome.message ?? ''}`);
    else told.push(outcome.message ?? outcome.status);
    if (known) continue;
    await context.store.update((ledger) => {
      const result = { target: planned.target, now: timestamp(context), ...outcome };
      const recorded = recordPromotion(ledger, idOf(context), result);
      return index === promotions.length - 1 ? ended(context, recorded, verdict()) : recorded;
    });
  }
  return verdict();
}

/** The promotion is the last phase: its verdict is the attempt's. */
function ended(
  context: HookContext,
  ledger: Ledger,
  verdict: { status: PhaseVerdict['status']; message?: string },
): Ledger {
  const id = idOf(context);
  const { status, message } = verdict;
  const end = { status, now: timestamp(context), ...(message === undefined ? {} : { message }) };
  return closeAttempt(finishPhase(ledger, id, { name: PHASE, ...end }), id, end);
}

/** The intents are in the ledger before anything outside is touched. */
function beginPromotions(context: HookContext, ledger: Ledger): Ledger {
  const id = idOf(context);
  const now = timestamp(context);
  const started = startPhase(endDeployment(context, ledger), id, { name: PHASE, now, job: context.jobName });
  const tasks = beginStep(context, started, { phase: PHASE, step: 0 });
  return context.plan.promotions.reduce(
    (next, planned) =>
      intendPromotion(next, id, {
        target: planned.target,
        way: planned.way.kind,
        base: planned.base,
        now,
        branch: promotionBranch(planned.target, context.plan.freight.id),
      }),
    tasks,
  );
}

type Outcome = Pick<PromotionRecord, 'status' | 'message' | 'commit' | 'url'>;

async function promoteOne(
  context: HookContext,
  planned: PlannedPromotion,
): Promise<{ known: boolean; outcome: Outcome }> {
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
  if (intent.status === 'done' || intent.status === 'unchanged') return { known: true, outcome: intent };
  const log = context.log.with({ target: planned.target });
  const outcome = await attemptPromotion(context, planned, { delivery, intent });
  log.info('promotion has ended', {
    status: outcome.status,
    commit: outcome.commit,
    reason: outcome.message,
  });
  return { known: false, outcome };
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
