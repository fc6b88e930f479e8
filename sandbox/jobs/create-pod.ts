/** Makes the Pods of Jobs and ReplicaSets. */
import { KubeApiError, valueAt, type KubeObject, type ObjectStore } from '../kube/index.ts';
import type { Pod, PodTemplate } from '../kube/schemas.ts';
import { podKind } from './host.ts';
import { podSchema } from '../kube/schemas.ts';

export interface PodOwner {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string | undefined; uid?: string | undefined };
}

/**
 * Creates a Pod from a template, owned by the controller. Throws what the API server would answer; like there, a Pod
 * needs its service account to exist (the ServiceAccount admission plugin).
 */
export function createPod(store: ObjectStore, owner: PodOwner, template: PodTemplate): KubeObject {
  const { namespace = '', name, uid = '' } = owner.metadata;
  const account = template.spec?.serviceAccountName ?? 'default';
  if (store.get({ group: '', kind: 'ServiceAccount', namespace, name: account }) === undefined) {
    const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
    throw new KubeApiError(`pods "${name}-" is forbidden: ${why}`, { code: 403, reason: 'Forbidden' });
  }
  const { labels, annotations } = template.metadata ?? {};
  return store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${name}-`,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [
        {
          apiVersion: owner.apiVersion,
          kind: owner.kind,
          name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { ...template.spec },
  });
}

/** The Pods that this controller owns, by name. */
export function podsOf(store: ObjectStore, owner: PodOwner): Pod[] {
  const { namespace, uid } = owner.metadata;
  return store
    .list(podKind, namespace === undefined ? {} : { namespace })
    .filter((pod) => controllerUid(pod) === uid)
    .map((pod) => podSchema.parse(pod));
}

/** The uid of the object's controller, undefined for one that has none. */
export function controllerUid(object: KubeObject): string | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

export function isReady(pod: Pod): boolean {
  const ready = pod.status.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && pod.metadata.deletionTimestamp === undefined;
}

export function isTerminal(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

/** Whether the Pod failed because nothing here can run it: another one would fare no better. */
export function refusalOf(pod: Pod, reason: string): string | undefined {
  return valueAt(pod, ['status', 'reason']) === reason ? (pod.status.message ?? reason) : undefined;
}
