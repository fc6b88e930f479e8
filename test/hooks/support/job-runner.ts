/** Runs task Jobs of the stand-in cluster at once, as a test says how they end. */
import type { KubeObject, ObjectStore } from '../../../sandbox/kube/index.ts';

export interface TaskEnd {
  /** Undefined: the pod never starts. */
  exitCode?: number;
  /** What its container wrote into its termination log. */
  message?: string;
  /** Of a waiting container. */
  waiting?: { reason: string; message?: string };
  podReason?: string;
}

export interface JobRunner {
  /** Names of the task Jobs that were run, in order. */
  ran: string[];
  stop(): void;
}

/** Ends every Job labelled as a task. `decide` may be asynchronous: until it resolves the pod runs. */
export function runTaskJobs(
  store: ObjectStore,
  decide: (job: KubeObject) => TaskEnd | Promise<TaskEnd>,
): JobRunner {
  const ran: string[] = [];
  const stop = store.watch((event) => {
    if (event.type !== 'ADDED' || event.object.kind !== 'Job') return;
    if (event.object.metadata.labels?.['stageline.dev/part'] !== 'task') return;
    ran.push(event.object.metadata.name);
    void runJob(store, event.object, decide);
  });
  return { ran, stop };
}

async function runJob(
  store: ObjectStore,
  job: KubeObject,
  decide: (job: KubeObject) => TaskEnd | Promise<TaskEnd>,
): Promise<void> {
  const namespace = job.metadata.namespace ?? '';
  const { name } = job.metadata;
  // A watch calls back while the change is being made.
  await Promise.resolve();
  const pod = store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-pod`.slice(-60).replace(/^[^a-z0-9]+/, ''),
      namespace,
      labels: { 'batch.kubernetes.io/job-name': name },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: job.metadata.uid ?? '' }],
    },
    spec: { restartPolicy: 'Never', containers: [{ name: 'task', image: 'task' }] },
  });
  const end = await decide(job);
  const live = store.get({ group: 'batch', kind: 'Job', namespace, name });
  if (live === undefined || live.metadata.uid !== job.metadata.uid) return;
  if (end.exitCode === undefined && end.podReason === undefined) {
    store.updateStatus({
      ...pod,
      status: {
        phase: 'Pending',
        containerStatuses: [containerStatus({ waiting: end.waiting ?? {} })],
      },
    });
    return;
  }
  const succeeded = end.exitCode === 0;
  store.updateStatus({
    ...pod,
    status: {
      phase: succeeded ? 'Succeeded' : 'Failed',
      ...(end.podReason === undefined ? {} : { reason: end.podReason }),
      containerStatuses:
        end.exitCode === undefined
          ? []
          : [containerStatus({ terminated: { exitCode: end.exitCode, message: end.message } })],
    },
  });
  store.updateStatus({
    ...live,
    status: {
      conditions: [
        succeeded
          ? { type: 'Complete', status: 'True' }
          : { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' },
      ],
    },
  });
}

function containerStatus(state: Record<string, unknown>): Record<string, unknown> {
  return { name: 'task', image: 'task', imageID: '', ready: false, restartCount: 0, lastState: {}, state };
}
