/**
 * The kinds that the stand-in cluster knows: their API group, plural name, scope and subresources. `served` kinds
 * have HTTP routes; the others can be stored (a chart may hold them) but nothing serves or runs them.
 */
import type { KubeObject } from './types.ts';

export interface ResourceType {
  group: string;
  version: string;
  kind: string;
  /** The resource's name in URLs and rules. */
  plural: string;
  shortNames: readonly string[];
  namespaced: boolean;
  served: boolean;
  /** Has a status that only the status subresource writes. */
  status: boolean;
  /** Counts changes of its spec in `metadata.generation`. */
  generation: boolean;
}

type Flags = Partial<Pick<ResourceType, 'namespaced' | 'served' | 'status' | 'generation' | 'shortNames'>>;

const served: Flags = { served: true };
const workload: Flags = { served: true, status: true, generation: true };
const stored: Flags = { status: true, generation: true };
const cluster: Flags = { namespaced: false };

const types: readonly ResourceType[] = [
  define('/v1', 'ConfigMap', 'configmaps', { ...served, shortNames: ['cm'] }),
  define('/v1', 'Secret', 'secrets', served),
  define('/v1', 'Event', 'events', { ...served, shortNames: ['ev'] }),
  define('/v1', 'Pod', 'pods', { ...workload, shortNames: ['po'] }),
  define('/v1', 'Service', 'services', { ...served, status: true, shortNames: ['svc'] }),
  define('/v1', 'ServiceAccount', 'serviceaccounts', { ...served, shortNames: ['sa'] }),
  define('/v1', 'Namespace', 'namespaces', { ...served, ...cluster, status: true, shortNames: ['ns'] }),
  define('/v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', { status: true }),
  define('/v1', 'PersistentVolume', 'persistentvolumes', { ...cluster, status: true }),
  define('/v1', 'Node', 'nodes', { ...cluster, status: true }),
  define('/v1', 'ResourceQuota', 'resourcequotas', { status: true }),
  define('/v1', 'LimitRange', 'limitranges', {}),
  define('apps/v1', 'Deployment', 'deployments', { ...workload, shortNames: ['deploy'] }),
  define('apps/v1', 'ReplicaSet', 'replicasets', { ...workload, shortNames: ['rs'] }),
  define('apps/v1', 'StatefulSet', 'statefulsets', stored),
  define('apps/v1', 'DaemonSet', 'daemonsets', stored),
  define('batch/v1', 'Job', 'jobs', workload),
  define('batch/v1', 'CronJob', 'cronjobs', { ...workload, shortNames: ['cj'] }),
  define('rbac.authorization.k8s.io/v1', 'Role', 'roles', served),
  define('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', served),
  define('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', { ...served, ...cluster }),
  define('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', {
    ...served,
    ...cluster,
  }),
  define('networking.k8s.io/v1', 'Ingress', 'ingresses', { status: true, generation: true }),
  define('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', cluster),
  define('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', { generation: true }),
  define('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', { status: true }),
  define('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', stored),
  define('storage.k8s.io/v1', 'StorageClass', 'storageclasses', cluster),
  define('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', cluster),
  define('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
    ...cluster,
    status: true,
  }),
];

const byKind = new Map(types.map((type) => [`${type.group}/${type.kind}`, type]));

/** Every known kind, in the order in which discovery lists them. */
export function resourceTypes(): readonly ResourceType[] {
  return types;
}

/** The known kind, or undefined: then nothing is known of its scope but what its objects say. */
export function findType(group: string, kind: string): ResourceType | undefined {
  return byKind.get(`${group}/${kind}`);
}

/** The kind that a URL names, or undefined. `events` of events.k8s.io are the core group's events. */
export function findServed(group: string, version: string, plural: string): ResourceType | undefined {
  return types.find(
    (type) => type.served && type.group === group && type.version === version && type.plural === plural,
  );
}

/** The plural resource name for messages; guessed as kubectl guesses it for kinds that are not known. */
export function groupResource(group: string, kind: string): { group: string; resource: string } {
  return { group, resource: findType(group, kind)?.plural ?? guessPlural(kind.toLowerCase()) };
}

/** '' for `v1`, `batch` for `batch/v1`. */
export function groupOf(object: Pick<KubeObject, 'apiVersion'>): string {
  const slash = object.apiVersion.indexOf('/');
  return slash < 0 ? '' : object.apiVersion.slice(0, slash);
}

function guessPlural(singular: string): string {
  if (singular.endsWith('s') || singular.endsWith('x')) return `${singular}es`;
  return singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}

function define(apiVersion: string, kind: string, plural: string, flags: Flags): ResourceType {
  const [group = '', version = 'v1'] = apiVersion.split('/');
  return {
    group,
    version,
    kind,
    plural,
    shortNames: [],
    namespaced: true,
    served: false,
    status: false,
    generation: false,
    ...flags,
  };
}
