/**
 * Workloads as Keptn's webhook finds them: by annotations and labels of the pod template, or of its owner where the
 * template names no workload (lifecycle-operator, webhooks/pod_mutator/handlers).
 */
import { byBytes, fnv32a } from './go-values.ts';
import {
  describe,
  isObject,
  listAt,
  recordAt,
  textAt,
  textsAt,
  type JsonObject,
  type NamedObject,
} from './objects.ts';
import { OWNER_KINDS } from './resources.ts';

/** What a pod's metadata says to Keptn. */
export interface Workload {
  /** As Keptn names its object: `<app>-<workload>`. */
  fullName: string;
  /** The value of `keptn.sh/workload` or `app.kubernetes.io/name`. */
  name: string;
  app: string;
  /** The application was made up because the workload names none. */
  isSingleService: boolean;
  version: string;
  namespace: string;
  preDeploymentTasks: string[];
  postDeploymentTasks: string[];
  preDeploymentEvaluations: string[];
  postDeploymentEvaluations: string[];
  metadata: Record<string, string>;
  /** Images of its containers, by container name. */
  images: Record<string, string>;
  /** Where a list of checks stands, for messages. */
  owner: NamedObject;
}

interface Meta {
  annotations: Record<string, string>;
  labels: Record<string, string>;
}

const WORKLOAD = ['keptn.sh/workload', 'app.kubernetes.io/name'] as const;
const APP = ['keptn.sh/app', 'app.kubernetes.io/part-of'] as const;
const VERSION = ['keptn.sh/version', 'app.kubernetes.io/version'] as const;
const PRE_TASKS = 'keptn.sh/pre-deployment-tasks';
const POST_TASKS = 'keptn.sh/post-deployment-tasks';
const PRE_EVALUATIONS = 'keptn.sh/pre-deployment-evaluations';
const POST_EVALUATIONS = 'keptn.sh/post-deployment-evaluations';
const METADATA = 'keptn.sh/metadata';
const CONTAINER = 'keptn.sh/container';

/** Reads the workload of an object; undefined if Keptn would not touch its pods. `note` takes what is odd about it. */
export function readWorkload(owner: NamedObject, note: (text: string) => void): Workload | undefined {
  if (!OWNER_KINDS.has(owner.kind)) return undefined;
  const template = recordAt(owner.object, ['spec', 'template']);
  const containers = containersOf(recordAt(template, ['spec']));
  const meta = effectiveMeta(metaOf(template), metaOf(owner.object), { owner, containers, note });
  const name = meta && lookUp(meta, WORKLOAD);
  if (!meta || name === undefined) return undefined;
  const named = lookUp(meta, APP);
  const app = resourceName(named ?? name);
  return {
    fullName: resourceName(app, name),
    name,
    app,
    isSingleService: named === undefined,
    version: (lookUp(meta, VERSION) ?? '').toLowerCase(),
    namespace: owner.namespace,
    preDeploymentTasks: names(meta, PRE_TASKS),
    postDeploymentTasks: names(meta, POST_TASKS),
    preDeploymentEvaluations: names(meta, PRE_EVALUATIONS),
    postDeploymentEvaluations: names(meta, POST_EVALUATIONS),
    metadata: keyValues(lookUp(meta, [METADATA]) ?? ''),
    images: Object.fromEntries(
      containers.map((container) => [textAt(container, ['name']) ?? '', textAt(container, ['image']) ?? '']),
    ),
    owner,
  };
}

/**
 * The first that is there and not empty: annotation and then label of Keptn's own key, annotation and then label of
 * Kubernetes' recommended one.
 */
export function lookUp(meta: Meta, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const found = meta.annotations[key] || meta.labels[key];
    if (found) return found;
  }
  return undefined;
}

interface Surroundings {
  owner: NamedObject;
  containers: JsonObject[];
  note: (text: string) => void;
}

/** Metadata of a pod as Keptn sees it; undefined if neither the pod nor its owner names a workload. */
function effectiveMeta(pod: Meta, owner: Meta, around: Surroundings): Meta | undefined {
  if (lookUp(pod, WORKLOAD) !== undefined) {
    if (lookUp(pod, VERSION) !== undefined) return pod;
    return withAnnotations(pod, { [VERSION[0]]: versionOf(around, lookUp(pod, [CONTAINER])) });
  }
  const workload = lookUp(owner, WORKLOAD);
  if (workload === undefined) return undefined;
  return withAnnotations(pod, {
    [WORKLOAD[0]]: workload,
    [VERSION[0]]: lookUp(owner, VERSION) ?? versionOf(around, lookUp(owner, [CONTAINER])),
    [APP[0]]: lookUp(owner, APP),
    ...Object.fromEntries(
      [PRE_TASKS, POST_TASKS, PRE_EVALUATIONS, POST_EVALUATIONS, METADATA].map((key) => [
        key,
        lookUp(owner, [key]),
      ]),
    ),
  });
}

function withAnnotations(meta: Meta, added: Record<string, string | undefined>): Meta {
  const given = Object.entries(added).flatMap(([key, value]) => (value ? [[key, value] as const] : []));
  return { ...meta, annotations: { ...meta.annotations, ...Object.fromEntries(given) } };
}

/**
 * The version of a workload that names none: the tag of the container that `keptn.sh/container` names, unless it is
 * `latest`; else a hash of names, images and variables. (Keptn's page also promises the tag of a single container; its
 * code does not do that.)
 */
function versionOf(around: Surroundings, named: string | undefined): string | undefined {
  const { containers, owner, note } = around;
  let text = '';
  let found = false;
  for (const container of containers) {
    const image = textAt(container, ['image']) ?? '';
    if (named !== undefined && textAt(container, ['name']) === named) {
      found = true;
      const tag = image.split(':').at(-1);
      if (image.includes(':') && tag && tag !== 'latest') return tag;
    }
    text += `${textAt(container, ['name']) ?? ''}${image}`;
    for (const variable of listAt(container, ['env'])) {
      text += `${textAt(variable, ['name']) ?? ''}${textAt(variable, ['value']) ?? ''}`;
    }
  }
  if (named !== undefined && !found) {
    note(
      `${describe(owner)}: ${CONTAINER} names "${named}", which is no container of its pods; it has no version`,
    );
    return undefined;
  }
  return fnv32a(text);
}

function metaOf(object: JsonObject): Meta {
  return {
    annotations: textsAt(object, ['metadata', 'annotations']),
    labels: textsAt(object, ['metadata', 'labels']),
  };
}

/** A comma-separated list. Keptn does not trim, so that `a, b` never worked there; here it does. */
function names(meta: Meta, key: string): string[] {
  const list = (lookUp(meta, [key]) ?? '').split(',').map((name) => name.trim());
  return [...new Set(list.filter((name) => name !== ''))];
}

/** `k=v,k=v`; what has not exactly one equals sign is dropped, as Keptn does. */
function keyValues(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').flatMap((entry) => {
      const [key, value, more] = entry.split('=');
      return key === undefined || value === undefined || more !== undefined ? [] : [[key, value]];
    }),
  );
}

/** Keptn's names for its objects: joined by dashes, lower case, `_` as `-` (lifecycle-operator, common/common.go). */
export function resourceName(...parts: string[]): string {
  return parts.join('-').toLowerCase().replaceAll('_', '-');
}

function containersOf(podSpec: JsonObject): JsonObject[] {
  return listAt(podSpec, ['containers']).filter(isObject);
}

/** Workloads in the order of their names, which Keptn computes an application's version in. */
export function inOrder(workloads: readonly Workload[]): Workload[] {
  return [...workloads].sort((a, b) => byBytes(a.fullName, b.fullName));
}
