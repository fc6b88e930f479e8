/** The ReplicaSet controller: as many Pods as asked for, and how many of them are ready. */
import { KubeApiError, keyOf, refOf, type KubeObject, type ObjectRef } from '../kube/index.ts';
import { replicaSetSchema, type Pod, type ReplicaSet } from '../kube/schemas.ts';
import { recordEvent } from './cluster-events.ts';
import { createPod, isReady, isTerminal, podsOf } from './create-pod.ts';
import { replicaSetKind, type Host } from './host.ts';
import type { Controller } from './job-controller.ts';
import { createWorkQueue } from './work-queue.ts';

export function startReplicaSetController(host: Host): Controller {
  const { store } = host;
  const refs = new Map<string, ObjectRef>();
  const queue = createWorkQueue(reconcile, host.onError);
  const stopWatching = store.watch(({ object }) => observe(object));
  for (const replicaSet of store.list(replicaSetKind)) observe(replicaSet);

  function observe(object: KubeObject): void {
    if (object.kind === 'ReplicaSet') enqueue(refOf(object));
    const { namespace } = object.metadata;
    const place = namespace === undefined ? {} : { namespace };
    if (object.kind === 'ServiceAccount') {
      for (const replicaSet of store.list(replicaSetKind, place)) enqueue(refOf(replicaSet));
    }
    if (object.kind !== 'Pod') return;
    const owner = object.metadata.ownerReferences?.find(
      ({ controller, kind }) => controller === true && kind === 'ReplicaSet',
    );
    if (owner !== undefined) enqueue({ ...replicaSetKind, ...place, name: owner.name });
  }

  function enqueue(ref: ObjectRef): void {
    refs.set(keyOf(ref), ref);
    queue.add(keyOf(ref));
  }

  function reconcile(key: string): void {
    const ref = refs.get(key);
    const object = ref && store.get(ref);
    if (object === undefined) {
      refs.delete(key);
      return;
    }
    const replicaSet = replicaSetSchema.parse(object);
    if (replicaSet.metadata.deletionTimestamp !== undefined) return;
    const active = podsOf(store, replicaSet).filter(
      (pod) => !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined,
    );
    const wanted = replicaSet.spec.replicas ?? 1;
    const created = create(replicaSet, wanted - active.length);
    const kept = remove(replicaSet, active, wanted);
    const ready = kept.filter(isReady);
    store.updateStatus({
      ...object,
      metadata: { ...object.metadata, resourceVersion: '' },
      status: {
        replicas: kept.length + created,
        fullyLabeledReplicas: kept.length + created,
        ...(ready.length === 0
          ? {}
          : { readyReplicas: ready.length, availableReplicas: available(key, replicaSet, ready) }),
        observedGeneration: replicaSet.metadata.generation,
      },
    });
  }

  function create(replicaSet: ReplicaSet, count: number): number {
    try {
      for (let made = 0; made < count; made += 1) {
        const pod = createPod(store, replicaSet, replicaSet.spec.template);
        event(replicaSet, {
          type: 'Normal',
          reason: 'SuccessfulCreate',
          message: `Created pod: ${pod.metadata.name}`,
        });
      }
      return Math.max(0, count);
    } catch (error) {
      if (!(error instanceof KubeApiError)) throw error;
      event(replicaSet, {
        type: 'Warning',
        reason: 'FailedCreate',
        message: `Error creating: ${error.message}`,
      });
      return 0;
    }
  }

  /** Deletes what is too many, Pods that are not ready first; answers those that stay. */
  function remove(replicaSet: ReplicaSet, active: readonly Pod[], wanted: number): Pod[] {
    const order = active.toSorted((a, b) => Number(isReady(b)) - Number(isReady(a)));
    for (const pod of order.slice(wanted)) {
      store.delete(refOf(pod));
      event(replicaSet, {
        type: 'Normal',
        reason: 'SuccessfulDelete',
        message: `Deleted pod: ${pod.metadata.name}`,
      });
    }
    return order.slice(0, wanted);
  }

  /** Ready for at least `minReadySeconds`; looks again when the next Pod gets there. */
  function available(key: string, replicaSet: ReplicaSet, ready: readonly Pod[]): number {
    const minimum = replicaSet.spec['minReadySeconds'];
    if (typeof minimum !== 'number' || minimum === 0) return ready.length;
    const waits = ready.map((pod) => readySince(pod) + minimum * 1000 - host.now().getTime());
    const pending = waits.filter((ms) => ms > 0);
    if (pending.length > 0) queue.addAfter(key, Math.min(...pending));
    return ready.length - pending.length;
  }

  function event(
    replicaSet: ReplicaSet,
    news: { type: 'Normal' | 'Warning'; reason: string; message: string },
  ): void {
    recordEvent(store, host.now, replicaSet, { ...news, component: 'replicaset-controller' });
  }

  return {
    close() {
      stopWatching();
      queue.close();
    },
  };
}

function readySince(pod: Pod): number {
  return Date.parse(pod.status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '');
}
