/** Keptn's custom resources in a render: which they are, when they make a delivery, and which are left out. */
import { recordAt, textAt, type JsonObject, type NamedObject } from './objects.ts';

export const LIFECYCLE_GROUP = 'lifecycle.keptn.sh';
export const METRICS_GROUP = 'metrics.keptn.sh';
const OPTIONS_GROUP = 'options.keptn.sh';
const GROUPS: readonly string[] = [LIFECYCLE_GROUP, METRICS_GROUP, OPTIONS_GROUP];

/** What every mention of Keptn in a render has in it: groups, annotations, labels. */
export const KEPTN_MARK = 'keptn.sh';

/** Kinds whose pods Keptn takes for workloads. */
export const OWNER_KINDS: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Rollout',
]);

/** Annotations and labels of a pod that make Keptn act; others such as `keptn.sh/container` only tell it how. */
const ACTING_KEYS: readonly string[] = [
  'workload',
  'app',
  'pre-deployment-tasks',
  'post-deployment-tasks',
  'pre-deployment-evaluations',
  'post-deployment-evaluations',
].map((key) => `keptn.sh/${key}`);

export function isKeptnResource(object: Pick<NamedObject, 'group'>): boolean {
  return GROUPS.includes(object.group);
}

/**
 * Whether a render is delivered by Keptn's rules: it has a KeptnApp or KeptnAppContext, or a workload with an
 * annotation of Keptn's own. `app.kubernetes.io/name` alone does not do, every chart has it.
 */
export function isKeptnRender(objects: readonly NamedObject[]): boolean {
  return objects.some((object) => {
    if (object.group === LIFECYCLE_GROUP)
      return object.kind === 'KeptnApp' || object.kind === 'KeptnAppContext';
    if (!OWNER_KINDS.has(object.kind)) return false;
    return [['metadata'], ['spec', 'template', 'metadata']].some((path) =>
      mentionsKeptn(recordAt(object.object, path)),
    );
  });
}

function mentionsKeptn(metadata: JsonObject): boolean {
  const keys = ['annotations', 'labels'].flatMap((field) => Object.keys(recordAt(metadata, [field])));
  return ACTING_KEYS.some((key) => keys.includes(key));
}

export interface StrippingOptions {
  /** KUBE_API_VERSIONS, as Argo CD gives it: comma-separated groups, versions and kinds that the cluster serves. */
  apiVersions: string;
  /** The user runs Keptn's operators beside Stageline and wants its objects in the cluster. */
  coexist: boolean;
}

/**
 * The API groups whose objects are left out of the output. A group that the cluster does not serve would fail the
 * sync, unless the render brings its definition. Lifecycle objects that Stageline carries out stay out even where they
 * are served, since Keptn's operator would run every task a second time, unless the user asks for coexistence; metrics
 * objects do no such harm, and horizontal pod autoscalers read them.
 */
export function groupsLeftOut(objects: readonly NamedObject[], options: StrippingOptions): string[] {
  const used = new Set(objects.filter(isKeptnResource).map(({ group }) => group));
  const served = servedGroups(objects, options.apiVersions);
  const carriedOut = isKeptnRender(objects) && !options.coexist;
  return GROUPS.filter((group) => {
    if (!used.has(group)) return false;
    if (carriedOut && group === LIFECYCLE_GROUP) return true;
    // Where Argo CD says nothing about the cluster, as when it hydrates, the user's word stands.
    if (served === undefined) return !options.coexist;
    return !served.has(group);
  });
}

function servedGroups(objects: readonly NamedObject[], apiVersions: string): Set<string> | undefined {
  const groups = apiVersions.split(',').flatMap((api) => {
    const [group, version] = api.trim().split('/');
    return group === undefined || version === undefined ? [] : [group];
  });
  if (groups.length === 0) return undefined;
  const brought = objects
    .filter(({ kind }) => kind === 'CustomResourceDefinition')
    .flatMap(({ object }) => textAt(object, ['spec', 'group']) ?? []);
  return new Set([...groups, ...brought]);
}

/** Whether an object stays out of the output: one of a group that is left out. */
export function isLeftOut(object: JsonObject, groups: readonly string[]): boolean {
  const { apiVersion } = object;
  return typeof apiVersion === 'string' && groups.some((group) => apiVersion.startsWith(`${group}/`));
}

/** Keptn's custom resources by kind, for the plan: nothing that was left out goes unmentioned. */
export function resourceNames(objects: readonly NamedObject[]): Record<string, string[]> {
  const names: Record<string, string[]> = {};
  for (const object of objects.filter(isKeptnResource)) {
    (names[object.kind] ??= []).push(`${object.namespace}/${object.name}`);
  }
  return names;
}
