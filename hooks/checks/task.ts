/**
 * Container task: a child Job of the hook Job. Its name is deterministic and it is looked up before it is made,
 * so that a restarted runner waits for the task that it started instead of starting another.
 */
import { formatDuration } from '../../core/duration.ts';
import { StagelineError } from '../../core/errors.ts';
import type { AttemptRecord, DeliveryRecord } from '../../core/ledger/types.ts';
import { taskJobName } from '../../core/names.ts';
import type { CheckOutcome } from '../../core/outcome.ts';
import { createJob, deleteJob, findJob, findJobPod, podLogTail } from '../../runtime/kube/jobs.ts';
import type { Job, OwnerReference, Pod } from '../../runtime/kube/types.ts';
import { containerName, taskJob } from './task-job.ts';
import { podExit, podTrouble, type PodTrouble } from './task-pod.ts';
import { isTimedOut, type CheckContext, type SpecOf } from './types.ts';

const POLL_FIRST_MS = 200;
const POLL_MAX_MS = 2000;
/** Image pulls and mounts are tried again by the kubelet; for so long they are not held against the task. */
const START_GRACE_MS = 60_000;
const LOG_LINES = 5;
const LOG_LINE_LIMIT = 400;

/** Name of the child Job of one try of a task. */
export function taskName(
  delivery: Pick<DeliveryRecord, 'id'>,
  attempt: Pick<AttemptRecord, 'operation' | 'run'>,
  task: { check: string; tryNumber: number },
): string {
  const suffix = task.tryNumber === 1 ? '' : `-t${task.tryNumber}`;
  return taskJobName(delivery.id, `${attempt.operation}-${attempt.run}`, `${task.check}${suffix}`);
}

/** A task that ran and did not exit with 0 in time is `failed`; one that could not run is `errored`. */
export async function runTask(spec: SpecOf<'task'>, context: CheckContext): Promise<CheckOutcome> {
  const name = taskName(context.delivery, context.attempt, {
    check: context.check.name,
    tryNumber: context.tryNumber,
  });
  const job = await ensureTaskJob(spec, context, name);
  const since = Date.parse(job.metadata?.creationTimestamp ?? '') || context.hook.now();
  return waitForEnd(context, { name, uid: job.metadata?.uid, since });
}

async function ensureTaskJob(spec: SpecOf<'task'>, context: CheckContext, name: string): Promise<Job> {
  const { client, namespace, sleep } = context.hook;
  const owner = await context.owner();
  for (let wait = POLL_FIRST_MS; ; wait = Math.min(POLL_MAX_MS, wait * 2)) {
    const job =
      (await findJob(client, { namespace, name }, context.signal)) ??
      (await createJob(client, namespace, taskJob(spec, context, { name, owner })));
    if (isOurs(job, owner)) return job;
    // Left by an earlier hook Job of this name, which Argo CD has replaced: it goes with its owner.
    await deleteJob(client, { namespace, name }, job.metadata?.uid);
    await sleep(wait, context.signal);
  }
}

function isOurs(job: Job, owner: OwnerReference | undefined): boolean {
  if (job.metadata?.deletionTimestamp !== undefined) return false;
  const owners = job.metadata?.ownerReferences ?? [];
  return owner === undefined || owners.some((known) => known.uid === owner.uid);
}

interface TaskPlace {
  name: string;
  uid: string | undefined;
  /** When the Job was created, in milliseconds since the epoch. */
  since: number;
}

async function waitForEnd(context: CheckContext, task: TaskPlace): Promise<CheckOutcome> {
  const { client, namespace, sleep, now } = context.hook;
  const where = { namespace, name: task.name };
  let trouble: PodTrouble | undefined;
  try {
    for (let wait = POLL_FIRST_MS; ; wait = Math.min(POLL_MAX_MS, wait * 1.5)) {
      const job = await findJob(client, where, context.signal);
      if (!job || job.metadata?.uid !== task.uid) throw gone(context, task.name);
      const end = endOf(job);
      // A pod that never ran says nothing about the version, whatever the Job's deadline makes of it.
      if (end?.reason === 'DeadlineExceeded' && trouble !== undefined) throw notStarted(context, trouble);
      if (end !== undefined) return await outcomeOf(context, task, end);
      const pod = await findJobPod(client, where, context.signal);
      trouble = pod === undefined ? noPod(task.name) : podTrouble(pod);
      if (trouble?.isStuck === true && now() - task.since > START_GRACE_MS)
        throw notStarted(context, trouble);
      await sleep(wait, context.signal);
    }
  } catch (error) {
    if (!context.signal.aborted) throw error;
    const outcome = isTimedOut(context.signal) ? await timedOut(context, task) : undefined;
    await deleteJob(client, where, task.uid);
    if (outcome === undefined) throw context.signal.reason;
    if (trouble !== undefined) throw notStarted(context, trouble);
    return outcome;
  }
}

function noPod(job: string): PodTrouble {
  const text = `Kubernetes made no pod for Job ${job}, whose events say why (quota, ServiceAccount, admission)`;
  return { text, isStuck: false };
}

function endOf(job: Job): { succeeded: boolean; reason: string } | undefined {
  for (const condition of job.status?.conditions ?? []) {
    if (condition.status !== 'True') continue;
    if (condition.type === 'Complete') return { succeeded: true, reason: '' };
    if (condition.type === 'Failed') return { succeeded: false, reason: condition.reason ?? '' };
  }
  return undefined;
}

async function outcomeOf(
  context: CheckContext,
  task: TaskPlace,
  end: { succeeded: boolean; reason: string },
): Promise<CheckOutcome> {
  const { namespace } = context.hook;
  if (end.succeeded) return { status: 'passed', message: `task ${task.name} succeeded` };
  if (end.reason === 'DeadlineExceeded') return timedOut(context, task);
  const pod = await findJobPod(context.hook.client, { namespace, name: task.name }, context.signal);
  const exit = pod === undefined ? undefined : podExit(pod);
  if (exit === undefined || exit.isSystem) {
    const why = exit?.text ?? (end.reason || 'its pod is gone');
    throw new StagelineError(`task "${context.check.name}" was ended from outside: ${why}`, {
      code: 'TASK_INTERRUPTED',
      hint: 'Argo CD’s retry runs it again; see the events of its Job',
      blame: 'system',
    });
  }
  await repeatLastWords(context, pod);
  return { status: 'failed', message: `task "${context.check.name}" ${exit.text}` };
}

/**
 * Repeats the end of the task's log in the hook's own, which Argo CD guards with the same right. It is in no message:
 * those go into the ledger, the trace and events, which more people may read.
 */
async function repeatLastWords(context: CheckContext, pod: Pod | undefined): Promise<void> {
  const name = pod?.metadata?.name;
  if (name === undefined) return;
  const { client, namespace, log } = context.hook;
  const { spec } = context.check;
  const container = spec.kind === 'task' ? containerName(spec) : '';
  try {
    const lines = await podLogTail(client, { namespace, pod: name, container, lines: LOG_LINES });
    const end = lines.map((line) => line.slice(0, LOG_LINE_LIMIT));
    if (end.length > 0) log.info('the task’s log ends with', { check: context.check.name, pod: name, end });
  } catch (error) {
    log.warn('the log of a task cannot be read', { check: context.check.name, pod: name, error });
  }
}

/** A Job that tries again by itself mostly ends at its deadline; why its last try failed is what people look for. */
async function timedOut(context: CheckContext, task: TaskPlace): Promise<CheckOutcome> {
  const { client, namespace } = context.hook;
  const limit = formatDuration(context.check.timeoutMs);
  const pod = await findJobPod(client, { namespace, name: task.name });
  const exit = pod === undefined ? undefined : podExit(pod);
  const last = exit === undefined ? '' : `; its last try ${exit.text}`;
  if (exit !== undefined) await repeatLastWords(context, pod);
  return { status: 'failed', message: `task "${context.check.name}" did not end within ${limit}${last}` };
}

function notStarted(context: CheckContext, trouble: PodTrouble): StagelineError {
  return new StagelineError(`the pod of task "${context.check.name}" does not start: ${trouble.text}`, {
    code: 'TASK_NOT_STARTED',
    hint: 'Check the image, its pull secret, the ServiceAccount, and the quota and nodes of the namespace',
    blame: 'setup',
  });
}

function gone(context: CheckContext, name: string): StagelineError {
  return new StagelineError(`the Job ${name} of task "${context.check.name}" was deleted while it ran`, {
    code: 'TASK_DELETED',
    hint: 'Leave Jobs labelled stageline.dev/part=task to Stageline; Argo CD’s retry runs it again',
    blame: 'system',
  });
}
