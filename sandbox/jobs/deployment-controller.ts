/** The Deployment controller: one ReplicaSet a template, scaled so that a new version replaces the old one step by step. */
import { createHash } from 'node:crypto';
import { keyOf, refOf, sortedJson, type KubeObject, type ObjectRef } from '../kube/index.ts';
import { deploymentSchema, replicaSetSchema, type Deployment, type ReplicaSet } from '../kube/schemas.ts';
import { recordEvent } from './cluster-events.ts';
import { controllerUid } from './create-pod.ts';
import { deploymentKind, replicaSetKind, type Host } from './host.ts';
import type { Controller } from './job-controller.ts';
import { deadlineIn, deploymentStatus, isComplete, nextScales, type RolloutInput } from './rollout.ts';
import { createWorkQueue } from './work-queue.ts';

const hashLabel = 'pod-template-hash';
const revisionAnnotation = 'deployment.kubernetes.io/revision';

export function startDeploymentController(host: Host): Controller {
  const { store } = host;
  const refs = new Map<string, ObjectRef>();
  /** Uid to how far the rollout was, and when it got there. */
  const progress = new Map<string, { state: string; at: Date }>();
  const queue = createWorkQueue(reconcile, host.onError);
  const stopWatching = store.watch(({ object }) => observe(object));
  for (const deployment of store.list(deploymentKind)) observe(deployment);

  function observe(object: KubeObject): void {
    if (object.kind === 'Deployment') enqueue(refOf(object));
    if (object.kind !== 'ReplicaSet') return;
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner !== undefined) enqueue({ ...refOf(object), kind: 'Deployment', name: owner.name });
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
    const deployment = deploymentSchema.parse(object);
    if (deployment.metadata.deletionTimestamp !== undefined) return;
    const owned = replicaSetsOf(deployment);
    const current = ensureCurrent(deployment, owned);
    const old = owned.filter(({ metadata }) => metadata.uid !== current.metadata.uid);
    for (const { replicaSet, replicas } of nextScales(deployment, current, old))
      scale(deployment, replicaSet, replicas);
    const input = {
      deployment,
      current,
      old,
      progressedAt: progressOf(deployment, current, old),
      now: host.now(),
    };
    writeStatus(deployment, input);
    const left = deadlineIn(input);
    if (left !== undefined && left > 0) queue.addAfter(key, left);
    if (isComplete(input)) forgetOld(deployment, old);
  }

  function writeStatus(deployment: Deployment, input: RolloutInput): void {
    const live = store.get(refOf(deployment));
    const revision = input.current.metadata.annotations?.[revisionAnnotation] ?? '1';
    if (live === undefined) return;
    const annotations = { ...live.metadata.annotations, [revisionAnnotation]: revision };
    const revised = store.update({ ...live, metadata: { ...live.metadata, annotations } });
    store.updateStatus({ ...revised, status: deploymentStatus(input) });
  }

  function replicaSetsOf(deployment: Deployment): ReplicaSet[] {
    const { namespace, uid } = deployment.metadata;
    return store
      .list(replicaSetKind, namespace === undefined ? {} : { namespace })
      .filter((one) => controllerUid(one) === uid)
      .map((one) => replicaSetSchema.parse(one));
  }

  /** The ReplicaSet of the current template: made, or an earlier one taken up again with a new revision. */
  function ensureCurrent(deployment: Deployment, owned: readonly ReplicaSet[]): ReplicaSet {
    const hash = templateHash(deployment);
    const newest = Math.max(0, ...owned.map(revisionOf));
    const known = owned.find(({ metadata }) => metadata.labels?.[hashLabel] === hash);
    if (known === undefined) return makeReplicaSet(deployment, hash, newest + 1);
    if (revisionOf(known) === newest) return known;
    const annotations = { ...known.metadata.annotations, [revisionAnnotation]: String(newest + 1) };
    return replicaSetSchema.parse(store.update({ ...known, metadata: { ...known.metadata, annotations } }));
  }

  function makeReplicaSet(deployment: Deployment, hash: string, revision: number): ReplicaSet {
    const { name, namespace, uid = '' } = deployment.metadata;
    const { template } = deployment.spec;
    const labels = { ...template.metadata?.labels, [hashLabel]: hash };
    const matchLabels = { ...deployment.spec.selector?.matchLabels, [hashLabel]: hash };
    const made = store.create({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        ...(namespace === undefined ? {} : { namespace }),
        labels,
        annotations: { [revisionAnnotation]: String(revision) },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            name,
            uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        replicas: 0,
        selector: { matchLabels },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    });
    return replicaSetSchema.parse(made);
  }

  function scale(deployment: Deployment, replicaSet: ReplicaSet, replicas: number): void {
    const live = store.get(refOf(replicaSet));
    if (live === undefined) return;
    const before = replicaSet.spec.replicas ?? 0;
    store.update({ ...live, spec: { ...replicaSet.spec, replicas } });
    replicaSet.spec.replicas = replicas;
    const message = `Scaled ${replicas > before ? 'up' : 'down'} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`;
    recordEvent(store, host.now, deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message,
      component: 'deployment-controller',
    });
  }

  /** When the rollout last changed in any way that counts: another template or scale, more Pods, fewer old ones. */
  function progressOf(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Date {
    const uid = deployment.metadata.uid ?? '';
    const { replicas, readyReplicas, availableReplicas } = current.status;
    const oldReplicas = old.map(({ status }) => status.replicas ?? 0);
    const state = JSON.stringify([
      current.metadata.name,
      deployment.metadata.generation,
      replicas,
      readyReplicas,
      availableReplicas,
      oldReplicas,
    ]);
    const known = progress.get(uid);
    if (known?.state === state) return known.at;
    const at = host.now();
    progress.set(uid, { state, at });
    return at;
  }

  function forgetOld(deployment: Deployment, old: readonly ReplicaSet[]): void {
    const limit = deployment.spec.revisionHistoryLimit ?? 10;
    const surplus = old.toSorted((a, b) => revisionOf(b) - revisionOf(a)).slice(limit);
    for (const replicaSet of surplus) store.delete(refOf(replicaSet));
  }

  return {
    close() {
      stopWatching();
      queue.close();
    },
  };
}

function revisionOf(replicaSet: ReplicaSet): number {
  return Number(replicaSet.metadata.annotations?.[revisionAnnotation] ?? 0);
}

/** A name for the template; Kubernetes' own hash differs, and nobody may depend on either. */
function templateHash(deployment: Deployment): string {
  const digest = createHash('sha256').update(sortedJson(deployment.spec.template)).digest();
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return [...digest.subarray(0, 10)].map((byte) => alphabet[byte % alphabet.length]).join('');
}
