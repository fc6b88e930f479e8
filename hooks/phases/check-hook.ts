/** The hooks that run checks: pre-deployment, which decides whether the sync goes on, and post-deployment. */
import { closeAttempt, finishPhase, startPhase } from '../../core/ledger/delivery.ts';
import type { Ledger } from '../../core/ledger/types.ts';
import { rolesOf, type CheckPhase } from '../../core/plan.ts';
import { idOf, timestamp, type HookContext, type HookResult } from '../context.ts';
import { openHook, type Opened } from './open.ts';
import { beginStep, runSteps, type PhaseVerdict } from './steps.ts';

/** Role `pre`: opens the delivery and runs the pre-deployment checks. */
export function runPreHook(context: HookContext): Promise<HookResult> {
  return runCheckHook(context, { phase: 'pre-deployment', requires: [], isLast: false });
}

/** Role `post`: the deployment is over; runs the post-deployment checks, and closes the attempt if nothing follows. */
export function runPostHook(context: HookContext): Promise<HookResult> {
  const isLast = !rolesOf(context.plan).includes('promote');
  return runCheckHook(context, { phase: 'post-deployment', requires: ['pre-deployment'], isLast });
}

interface CheckHook {
  phase: CheckPhase;
  requires: readonly CheckPhase[];
  isLast: boolean;
}

async function runCheckHook(context: HookContext, hook: CheckHook): Promise<HookResult> {
  const opened = await openHook(context, {
    requires: hook.requires,
    begin: (ledger) => beginPhase(context, ledger, hook.phase),
  });
  const settled = settledResult(opened, hook.phase);
  if (settled) return settled;
  const verdict = await runSteps(context, {
    phase: hook.phase,
    finish: (ledger, reached) => endPhase(context, ledger, { hook, verdict: reached }),
  });
  const { recovered } = opened;
  if (verdict.status === 'succeeded')
    return { status: 'passed', message: `${hook.phase} succeeded`, recovered };
  return {
    status: verdict.status,
    message: `${hook.phase}: ${verdict.message ?? verdict.status}`,
    recovered,
  };
}

/** What there is to say without running anything: an earlier verdict stands. */
export function settledResult(opened: Opened, phase: string): HookResult | undefined {
  if (opened.decision === 'already-verified') {
    return { status: 'passed', message: 'already verified in this stage', recovered: true };
  }
  if (opened.decision === 'already-failed') {
    const reason = opened.attempt.message ?? opened.delivery.message ?? 'see the ledger';
    return { status: 'failed', message: `already failed in this operation: ${reason}`, recovered: true };
  }
  const record = opened.attempt.phases.find((known) => known.name === phase);
  if (record?.status === 'succeeded') {
    return { status: 'passed', message: `${phase} already succeeded in this operation`, recovered: true };
  }
  return undefined;
}

/** Ends the deployment, as far as a hook can see it, and starts a phase with its first step. */
function beginPhase(context: HookContext, ledger: Ledger, phase: CheckPhase): Ledger {
  const id = idOf(context);
  const now = timestamp(context);
  const deployed = phase === 'pre-deployment' ? ledger : endDeployment(context, ledger);
  const started = startPhase(deployed, id, { name: phase, now, job: context.jobName });
  return beginStep(context, started, { phase, step: 0 });
}

/** The deployment began with the attempt unless pre-deployment checks came first; it ends when a PostSync hook runs. */
export function endDeployment(context: HookContext, ledger: Ledger): Ledger {
  const id = idOf(context);
  const attempt = ledger.deliveries.find((delivery) => delivery.id === id)?.attempts.at(-1);
  const now = timestamp(context);
  const started = startPhase(ledger, id, { name: 'deployment', now: attempt?.startedAt ?? now });
  return finishPhase(started, id, { name: 'deployment', status: 'succeeded', now });
}

function endPhase(
  context: HookContext,
  ledger: Ledger,
  end: { hook: CheckHook; verdict: PhaseVerdict },
): Ledger {
  const { hook, verdict } = end;
  const id = idOf(context);
  const now = timestamp(context);
  const message = verdict.message === undefined ? {} : { message: verdict.message };
  const finished = finishPhase(ledger, id, { name: hook.phase, status: verdict.status, now, ...message });
  if (verdict.status !== 'succeeded')
    return closeAttempt(finished, id, { status: verdict.status, now, ...message });
  if (hook.phase === 'pre-deployment') return startPhase(finished, id, { name: 'deployment', now });
  return hook.isLast ? closeAttempt(finished, id, { status: 'succeeded', now }) : finished;
}
