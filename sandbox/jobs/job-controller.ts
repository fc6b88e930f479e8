/** The Job controller: Pods for Jobs, their counts and conditions, deadlines, retries and clean-up after a time. */
import { KubeApiError, keyOf, refOf, valueAt, type KubeObject, type ObjectRef } from '../kube/index.ts';
import { jobSchema, type Job, type Pod } from '../kube/schemas.ts';
import { recordEvent } from './cluster-events.ts';
import { controllerUid, createPod, isTerminal, podsOf } from './create-pod.ts';
import { jobKind, podKind, type Host } from './host.ts';
import { decideJob, finishedAs } from './job-status.ts';
import { backoff } from './timings.ts';
import { createWorkQueue } from './work-queue.ts';

/** What the controller knows beside what the store says; gone with the Job. */
interface Memory {
  /** To the millisecond; the status has only seconds. */
  startedAt: Date | undefined;
  /** Uids of Pods that failed or were deleted while they ran. */
  failures: Set<string>;
  /** Uids of Pods that this controller stopped for a suspension: they count neither as failed nor as succeeded. */
  suspended: Set<string>;
  lastFailure: number;
}

export interface Controller {
  close(): void;
}

export function startJobController(host: Host): Controller {
  const { store, timings } = host;
  const refs = new Map<string, ObjectRef>();
  const memories = new Map<string, Memory>();
  const queue = createWorkQueue(reconcile, host.onError);
  const stopWatching = store.watch(({ type, object }) => observe(object, type === 'DELETED'));
  for (const job of store.list(jobKind)) observe(job, false);

  function observe(object: KubeObject, deleted: boolean): void {
    if (object.kind === 'Job') {
      enqueue(object);
      if (deleted) memories.delete(object.metadata.uid ?? '');
    } else if (object.kind === 'Pod') {
      if (deleted) noteLostPod(object);
      const owner = object.metadata.ownerReferences?.find(
        ({ controller, kind }) => controller === true && kind === 'Job',
      );
      const { namespace } = object.metadata;
      const job =
        owner &&
        store.get({ ...jobKind, name: owner.name, ...(namespace === undefined ? {} : { namespace }) });
      if (job !== undefined) enqueue(job);
    } else if (object.kind === 'ServiceAccount' && !deleted) {
      const { namespace } = object.metadata;
      for (const job of store.list(jobKind, namespace === undefined ? {} : { namespace })) enqueue(job);
    }
  }

  function enqueue(job: KubeObject): void {
    const ref = refOf(job);
    const key = keyOf(ref);
    refs.set(key, ref);
    queue.add(key);
  }

  /** A Pod that someone deleted before it succeeded counts as failed. */
  function noteLostPod(pod: KubeObject): void {
    const memory = memories.get(controllerUid(pod) ?? '');
    const uid = pod.metadata.uid ?? '';
    if (
      memory === undefined ||
      memory.suspended.has(uid) ||
      valueAt(pod, ['status', 'phase']) === 'Succeeded'
    )
      return;
    noteFailure(memory, uid);
  }

  function reconcile(key: string): void {
    const ref = refs.get(key);
    const object = ref && store.get(ref);
    if (ref === undefined || object === undefined) {
      refs.delete(key);
      return;
    }
    const job = jobSchema.parse(object);
    if (finishedAs(job) !== undefined) {
      expire(key, ref, job);
      return;
    }
    advance(key, object, job);
  }

  function advance(key: string, object: KubeObject, job: Job): void {
    const memory = memoryOf(job);
    const pods = podsOf(store, job).filter(
      (pod) => !isTerminal(pod) || !memory.suspended.has(pod.metadata.uid ?? ''),
    );
    for (const pod of pods) if (pod.status.phase === 'Failed') noteFailure(memory, pod.metadata.uid ?? '');
    const present = new Set(pods.map(({ metadata }) => metadata.uid ?? ''));
    const lostFailures = [...memory.failures].filter((uid) => !present.has(uid)).length;
    const now = host.now();
    const decision = decideJob({ job, pods, lostFailures, startedAt: memory.startedAt, now });
    memory.startedAt = decision.startedAt;
    for (const pod of decision.stop) {
      if (job.spec.suspend === true) memory.suspended.add(pod.metadata.uid ?? '');
      deletePod(pod);
    }
    const leaving = job.metadata.deletionTimestamp !== undefined;
    const created = leaving ? 0 : createPods(key, job, memory, decision);
    const active = Number(decision.status['active'] ?? 0) + created;
    store.updateStatus({
      ...object,
      metadata: { ...object.metadata, resourceVersion: '' },
      status: { ...decision.status, ...(active === 0 ? {} : { active }) },
    });
    if (decision.news !== undefined) event(job, decision.news);
    if (decision.againMs !== undefined) queue.addAfter(key, decision.againMs);
  }

  function createPods(
    key: string,
    job: Job,
    memory: Memory,
    decision: { create: number; failures: number },
  ): number {
    if (decision.create === 0) return 0;
    const wait =
      decision.failures === 0 ? 0 : backoff(decision.failures, timings.jobBackoffMs, timings.maxJobBackoffMs);
    const left = memory.lastFailure + wait - performance.now();
    if (wait > 0 && left > 0) {
      setTimer(key, left);
      return 0;
    }
    try {
      for (let index = 0; index < decision.create; index += 1) {
        const pod = createPod(store, job, job.spec.template);
        event(job, {
          type: 'Normal',
          reason: 'SuccessfulCreate',
          message: `Created pod: ${pod.metadata.name}`,
        });
      }
      return decision.create;
    } catch (error) {
      if (!(error instanceof KubeApiError)) throw error;
      event(job, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${error.message}` });
      return 0;
    }
  }

  const retries = new Map<string, NodeJS.Timeout>();

  /** Apart from the deadline's timer, which must not be overwritten. */
  function setTimer(key: string, ms: number): void {
    clearTimeout(retries.get(key));
    retries.set(
      key,
      setTimeout(() => queue.add(key), ms),
    );
  }

  function expire(key: string, ref: ObjectRef, job: Job): void {
    const ttl = job.spec.ttlSecondsAfterFinished;
    if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return;
    const finish = job.status.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed');
    const left = Date.parse(finish?.lastTransitionTime ?? '') + ttl * 1000 - host.now().getTime();
    if (left > 0) queue.addAfter(key, left);
    else store.delete(ref, { propagationPolicy: 'Foreground' });
  }

  function memoryOf(job: Job): Memory {
    const uid = job.metadata.uid ?? '';
    const known = memories.get(uid);
    if (known !== undefined) return known;
    const startedAt = job.status.startTime === undefined ? undefined : new Date(job.status.startTime);
    const made: Memory = { startedAt, failures: new Set(), suspended: new Set(), lastFailure: 0 };
    memories.set(uid, made);
    return made;
  }

  function deletePod(pod: Pod): void {
    const { name, namespace } = pod.metadata;
    store.delete({ ...podKind, name, ...(namespace === undefined ? {} : { namespace }) });
  }

  function event(job: Job, news: { type: 'Normal' | 'Warning'; reason: string; message: string }): void {
    recordEvent(store, host.now, job, { ...news, component: 'job-controller' });
  }

  return {
    close() {
      stopWatching();
      queue.close();
      for (const timer of retries.values()) clearTimeout(timer);
    },
  };
}

function noteFailure(memory: Memory, podUid: string): void {
  if (memory.failures.has(podUid)) return;
  memory.failures.add(podUid);
  memory.lastFailure = performance.now();
}
