/** What a Job's status says and what it needs next, decided from the Job and its Pods as kube-controller-manager does. Pure. */
import type { Condition, Job, Pod } from '../kube/schemas.ts';
import { isReady, isTerminal, refusalOf } from './create-pod.ts';
import { cannotRunHere } from './host.ts';
import { timestamp } from './timings.ts';

export interface JobInput {
  job: Job;
  pods: Pod[];
  /** Pods that failed and are gone from the store since. */
  lostFailures: number;
  /** When the Job's clock started, more exactly than its status says; undefined before. */
  startedAt: Date | undefined;
  now: Date;
}

export interface JobDecision {
  status: Record<string, unknown>;
  /** Pods to delete. */
  stop: Pod[];
  /** How many Pods to create (after the wait that `failures` ask for). */
  create: number;
  failures: number;
  /** Look again after so many milliseconds, undefined for never. */
  againMs: number | undefined;
  /** What has just been decided, for an Event. */
  news: { type: 'Normal' | 'Warning'; reason: string; message: string } | undefined;
  startedAt: Date | undefined;
}

interface Verdict {
  reason: string;
  message: string;
}

/** Whether the Job is over, and how. */
export function finishedAs(job: Job): 'Complete' | 'Failed' | undefined {
  const holds = (type: string) => conditionOf(job.status.conditions, type)?.status === 'True';
  if (holds('Complete')) return 'Complete';
  return holds('Failed') ? 'Failed' : undefined;
}

/** The next step of a Job that is neither over nor being deleted. */
export function decideJob(input: JobInput): JobDecision {
  const { job, pods, now } = input;
  const active = pods.filter((pod) => !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined);
  const terminating = pods.filter(
    (pod) => !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined,
  ).length;
  const succeeded = pods.filter((pod) => pod.status.phase === 'Succeeded').length;
  const failed = pods.filter((pod) => pod.status.phase === 'Failed').length + input.lostFailures;
  const suspended = job.spec.suspend === true;
  const begun = suspended ? undefined : (input.startedAt ?? now);
  const failure = failureOf(input, { active, failed, begun });
  const completions = job.spec.completions ?? 1;
  const complete = failure === undefined && !suspended && succeeded >= completions;
  const over = failure !== undefined || complete;
  const stop = over || suspended ? active : [];
  const left = active.length - stop.length;
  const waiting = terminating + stop.length;
  const conditions = nextConditions(input, { failure, complete, suspended, settled: waiting === 0 });
  const wanted = over || suspended ? 0 : Math.min(job.spec.parallelism ?? 1, completions - succeeded) - left;
  const startTime = begun === undefined ? undefined : (job.status.startTime ?? timestamp(begun));
  const finished = complete && waiting === 0;
  return {
    status: {
      ...(conditions.length === 0 ? {} : { conditions }),
      ...(startTime === undefined ? {} : { startTime }),
      ...(finished ? { completionTime: timestamp(now) } : {}),
      ...(left === 0 ? {} : { active: left }),
      ...(succeeded === 0 ? {} : { succeeded }),
      ...(failed === 0 ? {} : { failed }),
      ready: active.filter(isReady).length - stop.filter(isReady).length,
      terminating: waiting,
      uncountedTerminatedPods: {},
    },
    stop,
    // Pods that are still ending do not hold up their replacements (podReplacementPolicy TerminatingOrFailed).
    create: Math.max(0, wanted),
    failures: failed,
    againMs: over || suspended ? undefined : deadlineIn(job, begun, now),
    news: newsOf(job, conditions),
    startedAt: begun,
  };
}

function failureOf(
  input: JobInput,
  counts: { active: Pod[]; failed: number; begun: Date | undefined },
): Verdict | undefined {
  const { job, pods, now } = input;
  const target = conditionOf(job.status.conditions, 'FailureTarget');
  if (target?.status === 'True') return { reason: target.reason ?? '', message: target.message ?? '' };
  const refused = pods.flatMap((pod) => refusalOf(pod, cannotRunHere) ?? [])[0];
  if (refused !== undefined) return { reason: cannotRunHere, message: refused };
  if (job.spec.completionMode === 'Indexed') {
    return { reason: cannotRunHere, message: 'cannot run here: the stand-in cluster has no Indexed Jobs' };
  }
  const limit = job.spec.backoffLimit ?? 6;
  const restarts = counts.active.reduce((sum, pod) => sum + restartsOf(pod), 0);
  const restarting =
    job.spec.template.spec?.restartPolicy === 'OnFailure' && restarts > 0 && restarts >= limit;
  if (counts.failed > limit || restarting) {
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  const left = deadlineIn(job, counts.begun, now);
  if (left === undefined || left > 0) return undefined;
  return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
}

function nextConditions(
  input: JobInput,
  next: { failure: Verdict | undefined; complete: boolean; suspended: boolean; settled: boolean },
): Condition[] {
  const { job, now } = input;
  let conditions = job.status.conditions ?? [];
  const set = (type: string, status: string, why: Verdict) => {
    conditions = withCondition(conditions, { type, status, ...why }, now);
  };
  if (next.failure !== undefined) {
    set('FailureTarget', 'True', next.failure);
    if (next.settled) set('Failed', 'True', next.failure);
    return conditions;
  }
  if (next.complete) {
    const why = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
    set('SuccessCriteriaMet', 'True', why);
    if (next.settled) set('Complete', 'True', why);
    return conditions;
  }
  const was = conditionOf(conditions, 'Suspended')?.status === 'True';
  if (next.suspended && !was) set('Suspended', 'True', { reason: 'JobSuspended', message: 'Job suspended' });
  // The condition stays, with status False: clients that only look for its type are misled, here as there.
  if (!next.suspended && was) set('Suspended', 'False', { reason: 'JobResumed', message: 'Job resumed' });
  return conditions;
}

function withCondition(conditions: readonly Condition[], next: Condition, now: Date): Condition[] {
  const at = timestamp(now);
  const before = conditionOf(conditions, next.type);
  if (before?.status === next.status) return [...conditions];
  const made: Condition = {
    type: next.type,
    status: next.status,
    lastProbeTime: at,
    lastTransitionTime: at,
    reason: next.reason,
    message: next.message,
  };
  if (before === undefined) return [...conditions, made];
  return conditions.map((one) => (one === before ? made : one));
}

function newsOf(job: Job, conditions: readonly Condition[]): JobDecision['news'] {
  const changed = conditions.find(
    ({ type, status }) =>
      conditionOf(job.status.conditions, type)?.status !== status &&
      type !== 'SuccessCriteriaMet' &&
      type !== 'FailureTarget',
  );
  if (changed === undefined) return undefined;
  if (changed.type === 'Complete') return { type: 'Normal', reason: 'Completed', message: 'Job completed' };
  if (changed.type === 'Failed')
    return { type: 'Warning', reason: changed.reason ?? '', message: changed.message ?? '' };
  const resumed = changed.status === 'False';
  return {
    type: 'Normal',
    reason: resumed ? 'Resumed' : 'Suspended',
    message: resumed ? 'Job resumed' : 'Job suspended',
  };
}

function deadlineIn(job: Job, begun: Date | undefined, now: Date): number | undefined {
  const seconds = job.spec.activeDeadlineSeconds;
  if (seconds === undefined || begun === undefined) return undefined;
  return begun.getTime() + seconds * 1000 - now.getTime();
}

function restartsOf(pod: Pod): number {
  return (pod.status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((one) => one.type === type);
}
