/**
 * The stand-in cluster's object model. Everything in `sandbox/` that needs cluster state uses this
 * interface in process; programs under test use the HTTP API that `sandbox/kube` serves over the same store.
 */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  /** Seconds that a Pod has to end by itself, from `deletionTimestamp` minus these seconds on. */
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
}

/** Any Kubernetes object as plain JSON. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** Names one object. `group` is '' for the core group; cluster-scoped objects have no namespace. */
export interface ObjectRef {
  group: string;
  kind: string;
  namespace?: string;
  name: string;
}

export type WatchEvent = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: KubeObject };

export interface DeleteOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Pods only: 0 removes the Pod at once, whether or not its processes have ended. */
  gracePeriodSeconds?: number;
  /** 409 Conflict unless the live object has these. */
  preconditions?: { uid?: string; resourceVersion?: string };
}

/**
 * What the store can do. Returned objects are deep copies. Mutators throw `KubeApiError` (status code and
 * Kubernetes `reason`): 404 NotFound, 409 AlreadyExists, 409 Conflict, 422 Invalid.
 */
export interface ObjectStore {
  get(ref: ObjectRef): KubeObject | undefined;
  list(
    kind: { group: string; kind: string },
    options?: { namespace?: string; labels?: Record<string, string> },
  ): KubeObject[];
  /** Every object, of all kinds. */
  all(): KubeObject[];
  create(object: KubeObject): KubeObject;
  /** Replaces spec, data and metadata; a `resourceVersion` that is set must match. Status is left as it is. */
  update(object: KubeObject): KubeObject;
  /** Replaces only `.status`. */
  updateStatus(object: KubeObject): KubeObject;
  /** Create, or three-way merge as `kubectl apply` does with its last-applied annotation. */
  apply(object: KubeObject): { object: KubeObject; changed: 'created' | 'configured' | 'unchanged' };
  /** Marks for deletion while finalizers remain, else removes it; dependants follow by owner reference. */
  delete(ref: ObjectRef, options?: DeleteOptions): void;
  /** Calls back for every change from now on; returns the function that stops it. */
  watch(listener: (event: WatchEvent) => void): () => void;
  /** The version of the newest change, 0 for an empty store. What a list answers in its own metadata. */
  resourceVersion(): number;
}
