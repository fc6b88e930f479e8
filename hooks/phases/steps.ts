/**
 * The steps of a check phase, in order; checks of one step in parallel. What an earlier process of the same
 * attempt has finished is not repeated. Each finished check is one write; the last of a step begins the next.
 */
import { currentAttempt, recordCheck } from '../../core/ledger/delivery.ts';
import type { CheckRecord, Ledger } from '../../core/ledger/types.ts';
import { stepsOf, type CheckPhase, type PlannedCheck, type PlannedStep } from '../../core/plan.ts';
import { idOf, type HookContext } from '../context.ts';
import { runningRecord, runPlannedCheck } from './check-runner.ts';

export interface PhaseVerdict {
  status: 'succeeded' | 'failed' | 'errored';
  /** Of the first check that did not pass. */
  message?: string;
}

/** Notes the checks of a step as running; those that have ended stay as they are. */
export function beginStep(
  context: HookContext,
  ledger: Ledger,
  where: { phase: CheckPhase; step: number },
): Ledger {
  const id = idOf(context);
  const current = currentAttempt(ledger, id);
  if (!current) return ledger;
  const phase = current.attempt.phases.find((record) => record.name === where.phase);
  const open = (stepsOf(context.plan, where.phase)[where.step] ?? []).filter(
    (check) => !phase?.checks.some((record) => record.name === check.name && record.status !== 'errored'),
  );
  return open.reduce(
    (next, check) =>
      recordCheck(next, id, where.phase, runningRecord(context, check, { ...where, ...current })),
    ledger,
  );
}

export interface PhaseRun {
  phase: CheckPhase;
  /** What follows from the verdict; written with the last check. Repeating it must change nothing. */
  finish: (ledger: Ledger, verdict: PhaseVerdict) => Ledger;
}

/** Runs what is left of a phase. Throws only the reason of `context.stop`, and what the ledger's store throws. */
export async function runSteps(context: HookContext, run: PhaseRun): Promise<PhaseVerdict> {
  const steps = stepsOf(context.plan, run.phase);
  let verdict: PhaseVerdict = { status: 'succeeded' };
  for (let step = 0; step < steps.length && verdict.status === 'succeeded'; step += 1) {
    const records = await runStep(context, { ...run, step });
    verdict = verdictOf(steps[step] ?? [], records);
  }
  const { status, message } = verdict;
  await context.store.update((ledger) =>
    run.finish(ledger, { status, ...(message === undefined ? {} : { message }) }),
  );
  return verdict;
}

async function runStep(context: HookContext, where: PhaseRun & { step: number }): Promise<CheckRecord[]> {
  const planned = stepsOf(context.plan, where.phase)[where.step] ?? [];
  const done = finishedChecks(context, await context.store.read(), where.phase);
  const records: CheckRecord[] = planned.flatMap((check) => done.get(check.name) ?? []);
  const open = planned.filter((check) => !done.has(check.name));
  let left = open.length;
  const runOne = async (check: PlannedCheck): Promise<void> => {
    const record = await runPlannedCheck(context, check, where);
    records.push(record);
    left -= 1;
    const isLast = left === 0;
    await context.store.update((ledger) => {
      const recorded = recordCheck(ledger, idOf(context), where.phase, record);
      return isLast ? goOn(context, recorded, { where, verdict: verdictOf(planned, records) }) : recorded;
    });
  };
  const results = await Promise.allSettled(open.map(runOne));
  const broken = results.find((result) => result.status === 'rejected');
  if (broken) throw broken.reason;
  return records;
}

/** After the last check of a step: the next step begins, or the phase ends. */
function goOn(
  context: HookContext,
  ledger: Ledger,
  after: { where: PhaseRun & { step: number }; verdict: PhaseVerdict },
): Ledger {
  const { where, verdict } = after;
  const next = where.step + 1;
  const isOver = verdict.status !== 'succeeded' || next >= stepsOf(context.plan, where.phase).length;
  return isOver
    ? where.finish(ledger, verdict)
    : beginStep(context, ledger, { phase: where.phase, step: next });
}

function finishedChecks(context: HookContext, ledger: Ledger, phase: CheckPhase): Map<string, CheckRecord> {
  const current = currentAttempt(ledger, idOf(context));
  const checks = current?.attempt.phases.find((record) => record.name === phase)?.checks ?? [];
  return new Map(
    checks
      .filter(({ status }) => status === 'passed' || status === 'warning' || status === 'failed')
      .map((check) => [check.name, check]),
  );
}

/** `failed` before `errored`: a failure is final, whatever else went wrong beside it. */
function verdictOf(step: PlannedStep, records: readonly CheckRecord[]): PhaseVerdict {
  const inOrder = step.flatMap((check) => records.filter((record) => record.name === check.name));
  for (const status of ['failed', 'errored'] as const) {
    const bad = inOrder.filter((record) => record.status === status);
    const [first] = bad;
    if (!first) continue;
    const others = bad.length > 1 ? ` (and ${bad.length - 1} more)` : '';
    const verb = status === 'failed' ? 'failed' : 'could not be carried out';
    return { status, message: `check "${first.name}" ${verb}: ${first.message ?? ''}${others}` };
  }
  return { status: 'succeeded' };
}
