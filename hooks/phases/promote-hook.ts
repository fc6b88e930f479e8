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
import type { Ledger } from '../../core/ledger/types.ts';
import type { PlannedPromotion } from '../../core/plan.ts';
import { deliveryOf, idOf, timestamp, type HookContext, type HookResult } from '../context.ts';
import { deleteJob } from '../../runtime/kube/jobs.ts';
import { redact } from '../../runtime/log.ts';
import { carryOut, recordOf, supersedeOlder, type Order } from '../promotion/carry-out.ts';
import { promotionIntent } from '../promotion/intent.ts';
import { secretValues } from '../secret-values.ts';
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
    const end = await promoteOne(context, planned);
    if (end.problem !== undefined) problems.push(`promotion to "${planned.target}" failed: ${end.problem}`);
    else told.push(end.told);
    const { record } = end;
    if (record === undefined) continue;
    let jobs: string[] = [];
    await context.store.update((ledger) => {
      const by = { deliveryId: idOf(context), target: planned.target, now: timestamp(context) };
      const superseded = supersedeOlder(record(ledger), by);
      ({ jobs } = superseded);
      return index === promotions.length - 1
        ? ended(context, superseded.ledger, verdict())
        : superseded.ledger;
    });
    for (const name of jobs) await deleteJob(context.client, { namespace: context.namespace, name });
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
        ...promotionIntent(context.plan, planned),
        now,
      }),
    tasks,
  );
}

type PromotionEnd =
  | { told: string; problem?: undefined; record?: (ledger: Ledger) => Ledger }
  | { problem: string; record: (ledger: Ledger) => Ledger };

async function promoteOne(context: HookContext, planned: PlannedPromotion): Promise<PromotionEnd> {
  const delivery = deliveryOf(context, await context.store.read());
  const intent = delivery?.promotions.find((promotion) => promotion.target === planned.target);
  if (!delivery || !intent) {
    throw new StagelineError(`the ledger lost the intent to promote to "${planned.target}"`, {
      code: 'DELIVERY_LOST',
      hint: 'Sync the application again; something edits the ledger while hooks run',
      blame: 'system',
    });
  }
  // Another process may have carried it out already, or given it a Job; what else waits is looked at again.
  const isOpen =
    intent.status === 'intended' || (intent.status === 'waiting' && !intent.pending && !intent.by);
  if (!isOpen) return { told: intent.message ?? intent.status };
  const log = context.log.with({ target: planned.target });
  const { plan } = context;
  const run = { ...context, log, signal: context.stop, maker: context, handsOver: true } as const;
  const { gates } = planned;
  const order: Order = {
    plan,
    planned,
    delivery,
    intent,
    what: { target: planned.target },
    ...(gates === undefined ? {} : { gates }),
  };
  try {
    const { message, record } = await recordOf(run, order, await carryOut(run, order));
    log.info('promotion has ended', { reason: message });
    return { told: message, record };
  } catch (error) {
    if (context.stop.aborted) throw context.stop.reason;
    log.error('promotion failed', { error });
    const message = boundMessage(
      redact(errorLine(error).replace(/^stageline: /, ''), secretValues(context.env)),
    );
    const failed = { target: planned.target, status: 'failed', message } as const;
    return {
      problem: message,
      record: (ledger) => recordPromotion(ledger, idOf(context), { ...failed, now: timestamp(context) }),
    };
  }
}
