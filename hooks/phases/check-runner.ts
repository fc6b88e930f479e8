/** One check of a phase: its tries, their time, and what goes into the ledger. */
import { errorLine, messageOf, StagelineError } from '../../core/errors.ts';
import { boundMessage } from '../../core/ledger/bound.ts';
import { currentAttempt } from '../../core/ledger/delivery.ts';
import type { AttemptRecord, CheckRecord, DeliveryRecord } from '../../core/ledger/types.ts';
import type { CheckOutcome, ObjectiveOutcome } from '../../core/outcome.ts';
import type { CheckPhase, PlannedCheck } from '../../core/plan.ts';
import { spanKey } from '../../core/span-keys.ts';
import { formatTraceparent, spanIdOf } from '../../core/trace-context.ts';
import { findJob } from '../../runtime/kube/jobs.ts';
import type { OwnerReference } from '../../runtime/kube/types.ts';
import { redact } from '../../runtime/log.ts';
import { runCheck } from '../checks/run.ts';
import { taskName } from '../checks/task.ts';
import { CheckTimeout, isTimedOut } from '../checks/types.ts';
import { idOf, timestamp, type HookContext } from '../context.ts';
import { secretValues } from '../secret-values.ts';
import { skipReason } from './condition.ts';

/** Where a check stands in its phase. */
export interface CheckPlace {
  phase: CheckPhase;
  /** Index of its step. */
  step: number;
}

const BACKOFF_LIMIT_MS = 60_000;
/** A kind of check that does not heed its signal is given up after so long. */
const ABORT_GRACE_MS = 10_000;
/** An analysis has many objectives, and the ledger one bound for all. */
const OBJECTIVE_TEXT_LIMIT = 400;

/** The record of a check that has begun or is about to. */
export function runningRecord(
  context: HookContext,
  check: PlannedCheck,
  place: CheckPlace & { delivery: DeliveryRecord; attempt: AttemptRecord },
): CheckRecord {
  const { delivery, attempt, step } = place;
  return {
    name: check.name,
    kind: check.spec.kind,
    ...(check.workload === undefined ? {} : { workload: check.workload }),
    step,
    status: 'running',
    startedAt: timestamp(context),
    tries: 0,
    ...(check.spec.kind === 'task'
      ? { job: taskName(delivery, attempt, { check: check.name, tryNumber: 1 }) }
      : {}),
  };
}

/** Runs a check to its end and gives the record of it. Throws only the reason of `context.stop`. */
export async function runPlannedCheck(
  context: HookContext,
  check: PlannedCheck,
  place: CheckPlace,
): Promise<CheckRecord> {
  const { delivery, attempt, known } = await placeOf(context, check, place);
  const log = context.log.with({ check: check.name, kind: check.spec.kind });
  const began = known ?? runningRecord(context, check, { ...place, delivery, attempt });
  const skipped = skipReason(check, { ledger: await context.store.read(), delivery, attempt });
  if (skipped !== undefined) {
    log.info('check is skipped', { reason: skipped });
    return { ...began, status: 'passed', finishedAt: timestamp(context), message: skipped, skipped: true };
  }
  log.info('check begins');
  for (let tryNumber = 1; ; tryNumber += 1) {
    const outcome = await tryCheck(context, check, { place, tryNumber });
    const isLast = outcome.status === 'passed' || outcome.status === 'warning' || tryNumber > check.retries;
    if (isLast) {
      const record = finishedRecord(context, began, { outcome, tryNumber });
      log.info('check has ended', { status: record.status, tries: record.tries, reason: record.message });
      if (record.job === undefined || tryNumber === 1) return record;
      return { ...record, job: taskName(delivery, attempt, { check: check.name, tryNumber }) };
    }
    log.warn('check did not pass, it is tried again', { try: tryNumber, reason: outcomeMessage(outcome) });
    await context.sleep(backoffOf(check, tryNumber), context.stop);
  }
}

function backoffOf(check: PlannedCheck, tryNumber: number): number {
  const { backoffMs, backoffFactor = 2, backoffMaxMs = BACKOFF_LIMIT_MS } = check;
  return Math.min(backoffMaxMs, backoffMs * backoffFactor ** Math.min(tryNumber - 1, 30));
}

async function placeOf(
  context: HookContext,
  check: PlannedCheck,
  place: CheckPlace,
): Promise<{ delivery: DeliveryRecord; attempt: AttemptRecord; known: CheckRecord | undefined }> {
  const current = currentAttempt(await context.store.read(), idOf(context));
  if (!current) {
    throw new StagelineError(`the ledger lost the delivery that check "${check.name}" belongs to`, {
      code: 'DELIVERY_LOST',
      hint: 'Sync the application again; something edits the ledger while hooks run',
      blame: 'system',
    });
  }
  const known = current.attempt.phases
    .find((phase) => phase.name === place.phase)
    ?.checks.find((record) => record.name === check.name && record.status === 'running');
  return { ...current, known };
}

async function tryCheck(
  context: HookContext,
  check: PlannedCheck,
  run: { place: CheckPlace; tryNumber: number },
): Promise<CheckOutcome> {
  const { delivery, attempt } = await placeOf(context, check, run.place);
  const ledger = await context.store.read();
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new CheckTimeout(check.timeoutMs)), check.timeoutMs);
  const signal = AbortSignal.any([context.stop, timeout.signal]);
  const { traceId } = delivery;
  const spanId = spanIdOf(traceId, spanKey.check(attempt, run.place.phase, check.name));
  try {
    const outcome = runCheck({
      hook: context,
      check,
      phase: run.place.phase,
      ledger,
      delivery,
      attempt,
      traceparent: formatTraceparent({ traceId, spanId, sampled: true }),
      tryNumber: run.tryNumber,
      signal,
      owner: () => hookJobAsOwner(context),
    });
    return await Promise.race([outcome, givenUp(signal)]);
  } catch (error) {
    if (context.stop.aborted) throw context.stop.reason;
    // What a kind of check says about its own end is worth more than that its time is over.
    if (isTimedOut(signal) && !(error instanceof StagelineError))
      return { status: 'errored', error: timeoutError(check) };
    return { status: 'errored', error: asStagelineError(error, check) };
  } finally {
    clearTimeout(timer);
  }
}

/** The hook's own Job: what a check makes is deleted with it. */
async function hookJobAsOwner(context: HookContext): Promise<OwnerReference | undefined> {
  const job = await findJob(context.client, { namespace: context.namespace, name: context.jobName });
  const uid = job?.metadata?.uid;
  return uid === undefined ? undefined : { apiVersion: 'batch/v1', kind: 'Job', name: context.jobName, uid };
}

function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const giveUp = (): void => {
      setTimeout(() => reject(signal.reason), ABORT_GRACE_MS).unref();
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

function finishedRecord(
  context: HookContext,
  began: CheckRecord,
  end: { outcome: CheckOutcome; tryNumber: number },
): CheckRecord {
  const { outcome } = end;
  return {
    ...began,
    status: outcome.status,
    finishedAt: timestamp(context),
    tries: end.tryNumber,
    message: boundMessage(redact(outcomeMessage(outcome), secretValues(context.env))),
    ...(outcome.value === undefined || !Number.isFinite(outcome.value) ? {} : { value: outcome.value }),
    ...(outcome.target === undefined ? {} : { target: outcome.target }),
    ...('figures' in outcome && outcome.figures !== undefined ? { figures: outcome.figures } : {}),
    ...('objectives' in outcome && outcome.objectives !== undefined
      ? { objectives: outcome.objectives.map((objective) => objectiveRecord(context, objective)) }
      : {}),
  };
}

function objectiveRecord(context: HookContext, objective: ObjectiveOutcome): ObjectiveOutcome {
  const bound = (text: string): string =>
    boundMessage(redact(text, secretValues(context.env)), OBJECTIVE_TEXT_LIMIT);
  const { reason } = objective;
  return {
    ...objective,
    query: bound(objective.query),
    ...(reason === undefined ? {} : { reason: bound(reason) }),
  };
}

function outcomeMessage(outcome: CheckOutcome): string {
  return outcome.status === 'errored'
    ? errorLine(outcome.error).replace(/^stageline: /, '')
    : outcome.message;
}

function timeoutError(check: PlannedCheck): StagelineError {
  return new StagelineError(`check "${check.name}" took longer than ${check.timeoutMs} ms`, {
    code: 'CHECK_TIMEOUT',
    hint: 'Raise its timeout, or find out what it waits for',
  });
}

function asStagelineError(error: unknown, check: PlannedCheck): StagelineError {
  if (error instanceof StagelineError) return error;
  return new StagelineError(`check "${check.name}" could not be run: ${messageOf(error)}`, {
    code: 'CHECK_DEFECT',
    hint: 'This is a defect in Stageline; please report it with the hook’s log',
    blame: 'system',
    cause: error,
  });
}
