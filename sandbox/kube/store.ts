/**
 * The stand-in cluster's state, in memory: what etcd and the API server's registries do for Kubernetes objects,
 * garbage collection included. In-process callers share one store with the HTTP API of `server.ts`.
 */
import { randomUUID } from 'node:crypto';
import { mergeApplied, withLastApplied } from './apply.ts';
import { prepareNew, withDefaults } from './defaults.ts';
import {
  KubeApiError,
  alreadyExists,
  forbidden,
  invalid,
  modifiedConflict,
  notFound,
  preconditionConflict,
} from './errors.ts';
import { eventQueue } from './event-queue.ts';
import {
  collectGarbage,
  finishForeground,
  orphanDependants,
  releaseOwner,
  type Collection,
} from './garbage.ts';
import { sameJson } from './json.ts';
import { byNamespaceAndName, keyOf, refOf, resourceOf } from './refs.ts';
import { findType, groupOf, groupResource, type ResourceType } from './resources.ts';
import { hasLabels } from './selectors.ts';
import type { DeleteOptions, KubeObject, ObjectRef, ObjectStore, WatchEvent } from './types.ts';
import { validate } from './validation.ts';
import { checkPreconditions, gracePeriod, keepServerFields, specChanged } from './write-rules.ts';

export interface StoreOptions {
  now: () => Date;
  /** Makes a uid; random UUIDs unless told. */
  uid?: () => string;
  /** Makes the five characters that `generateName` adds; random unless told. */
  suffix?: () => string;
}

/** A new, empty cluster with the namespaces `default` and `kube-system`. */
export function createObjectStore(options: StoreOptions): ObjectStore {
  const store = new MemoryStore(options);
  for (const name of ['default', 'kube-system']) {
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  return store;
}

class MemoryStore implements ObjectStore, Collection {
  readonly #objects = new Map<string, KubeObject>();
  readonly #events = eventQueue<WatchEvent>();
  readonly #now: () => Date;
  readonly #uid: () => string;
  readonly #suffix: () => string;
  #version = 0;

  constructor(options: StoreOptions) {
    this.#now = options.now;
    this.#uid = options.uid ?? randomUUID;
    this.#suffix = options.suffix ?? randomSuffix;
  }

  resourceVersion(): number {
    return this.#version;
  }

  get(ref: ObjectRef): KubeObject | undefined {
    const object = this.#objects.get(keyOf(ref));
    return object === undefined ? undefined : structuredClone(object);
  }

  list(
    kind: { group: string; kind: string },
    options: { namespace?: string; labels?: Record<string, string> } = {},
  ): KubeObject[] {
    return [...this.#objects.values()]
      .filter((object) => object.kind === kind.kind && groupOf(object) === kind.group)
      .filter((object) => options.namespace === undefined || object.metadata.namespace === options.namespace)
      .filter((object) => hasLabels(object, options.labels ?? {}))
      .sort(byNamespaceAndName)
      .map((object) => structuredClone(object));
  }

  all(): KubeObject[] {
    return [...this.#objects.values()].map((object) => structuredClone(object));
  }

  watch(listener: (event: WatchEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }

  create(given: KubeObject): KubeObject {
    return this.#events.transaction(() => {
      const object = this.#admit(given);
      const key = keyOf(refOf(object));
      if (this.#objects.has(key)) throw alreadyExists(resourceOf(object), object.metadata.name);
      return this.#write(key, 'ADDED', object);
    });
  }

  update(given: KubeObject): KubeObject {
    return this.#events.transaction(() => {
      const type = findType(groupOf(given), given.kind);
      const live = this.#expect(given);
      const object = withDefaults(given, type);
      keepServerFields(object, live, type);
      validate(object, type, live);
      if (specChanged(object, live, type)) object.metadata.generation = (live.metadata.generation ?? 0) + 1;
      return this.#replace(object, live);
    });
  }

  updateStatus(given: KubeObject): KubeObject {
    return this.#events.transaction(() => {
      const live = this.#expect(given);
      return this.#replace({ ...structuredClone(live), status: structuredClone(given['status']) }, live);
    });
  }

  apply(desired: KubeObject): { object: KubeObject; changed: 'created' | 'configured' | 'unchanged' } {
    return this.#events.transaction(() => {
      if ((desired.metadata.name ?? '') === '') {
        throw new KubeApiError('resource name may not be empty', { code: 400, reason: 'BadRequest' });
      }
      const live = this.#objects.get(keyOf(refOf(desired)));
      if (live === undefined)
        return { object: this.create(withLastApplied(desired)), changed: 'created' as const };
      const merged = mergeApplied(desired, live);
      const object = this.update(merged);
      const changed = object.metadata.resourceVersion !== live.metadata.resourceVersion;
      return { object, changed: changed ? ('configured' as const) : ('unchanged' as const) };
    });
  }

  delete(ref: ObjectRef, options: DeleteOptions = {}): void {
    this.#events.transaction(() => {
      const key = keyOf(ref);
      const live = this.#objects.get(key);
      if (live === undefined) throw notFound(groupResource(ref.group, ref.kind), ref.name);
      checkPreconditions(live, options);
      if (options.propagationPolicy === 'Orphan') orphanDependants(this, live);
      const finalizers = new Set(live.metadata.finalizers);
      if (options.propagationPolicy === 'Foreground' && this.dependantsOf(live).length > 0) {
        finalizers.add('foregroundDeletion');
      }
      const grace = gracePeriod(live, options);
      if (finalizers.size === 0 && grace === 0 && live.kind !== 'Namespace') {
        this.#remove(key, live);
        return;
      }
      this.#markDeleted(live, [...finalizers], grace);
      if (live.kind === 'Namespace') this.#emptyNamespace(ref.name);
      else if (finalizers.has('foregroundDeletion')) {
        for (const dependant of this.dependantsOf(live)) this.deleteQuietly(dependant, 'Foreground');
        releaseOwner(this, ref);
      }
    });
  }

  /** The live objects that name this one as an owner. For the garbage collector. */
  dependantsOf(owner: KubeObject): KubeObject[] {
    const uid = owner.metadata.uid;
    return [...this.#objects.values()].filter((object) =>
      object.metadata.ownerReferences?.some((reference) => reference.uid === uid),
    );
  }

  /** The live object, not a copy. For the garbage collector. */
  peek(ref: ObjectRef): KubeObject | undefined {
    return this.#objects.get(keyOf(ref));
  }

  /** Deletes unless it is gone or going already. For the garbage collector. */
  deleteQuietly(object: KubeObject, propagationPolicy: 'Background' | 'Foreground'): void {
    const live = this.#objects.get(keyOf(refOf(object)));
    if (live === undefined || live.metadata.uid !== object.metadata.uid) return;
    if (live.metadata.deletionTimestamp === undefined) this.delete(refOf(live), { propagationPolicy });
  }

  /** Writes other owners or finalizers, without the checks of an update. For the garbage collector. */
  rewrite(object: KubeObject): void {
    const live = this.#objects.get(keyOf(refOf(object)));
    if (live !== undefined) this.#replace(object, live);
  }

  #admit(given: KubeObject): KubeObject {
    const type = findType(groupOf(given), given.kind);
    const metadata = { ...given.metadata };
    if ((metadata.name ?? '') === '' && metadata.generateName !== undefined) {
      metadata.name = `${metadata.generateName.slice(0, 58)}${this.#suffix()}`;
    }
    const named: KubeObject = { ...given, metadata };
    if (type?.namespaced === false) delete metadata.namespace;
    this.#checkPlace(named, type);
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '') {
      throw new KubeApiError('resourceVersion should not be set on objects to be created', {
        code: 500,
        reason: '',
      });
    }
    const object = withDefaults(named, type);
    delete object.metadata.deletionTimestamp;
    delete object.metadata.deletionGracePeriodSeconds;
    object.metadata.uid = this.#uid();
    object.metadata.creationTimestamp = this.#timestamp();
    if (type?.generation !== false && object['spec'] !== undefined) object.metadata.generation = 1;
    else delete object.metadata.generation;
    prepareNew(object, type);
    validate(object, type);
    return object;
  }

  #checkPlace(object: KubeObject, type: ResourceType | undefined): void {
    const { name, namespace } = object.metadata;
    const required = (field: string, why: string) =>
      invalid({ group: groupOf(object), kind: object.kind }, name ?? '', [
        { reason: 'FieldValueRequired', field, message: `Required value${why}` },
      ]);
    if ((name ?? '') === '') throw required('metadata.name', ': name or generateName is required');
    if (namespace === undefined || namespace === '') {
      if (type?.namespaced === true) throw required('metadata.namespace', '');
      return;
    }
    const home = this.#objects.get(keyOf({ group: '', kind: 'Namespace', name: namespace }));
    if (home === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace);
    if (home.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(resourceOf(object), name, why);
  }

  /** The live object that a writer means; throws unless its uid and resourceVersion, where given, are the live ones. */
  #expect(given: KubeObject): KubeObject {
    const live = this.#objects.get(keyOf(refOf(given)));
    const { name, uid, resourceVersion } = given.metadata;
    if (live === undefined) throw notFound(resourceOf(given), name);
    const actual = live.metadata.uid ?? '';
    if (uid !== undefined && uid !== '' && uid !== actual) {
      throw preconditionConflict(resourceOf(live), name, { field: 'UID', expected: uid, actual });
    }
    if ((resourceVersion ?? '') !== '' && resourceVersion !== live.metadata.resourceVersion) {
      throw modifiedConflict(resourceOf(live), name);
    }
    return live;
  }

  #replace(object: KubeObject, live: KubeObject): KubeObject {
    if (sameJson({ ...object, metadata: { ...object.metadata, resourceVersion: '' } }, versionless(live))) {
      return structuredClone(live);
    }
    const key = keyOf(refOf(live));
    const leaving = object.metadata.deletionTimestamp !== undefined && object.kind !== 'Namespace';
    const held =
      (object.metadata.finalizers ?? []).length > 0 || (object.metadata.deletionGracePeriodSeconds ?? 0) > 0;
    if (!leaving || held) return this.#write(key, 'MODIFIED', object);
    this.#remove(key, object);
    return structuredClone(object);
  }

  #write(key: string, type: 'ADDED' | 'MODIFIED', object: KubeObject): KubeObject {
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    if (object.metadata.finalizers?.length === 0) delete object.metadata.finalizers;
    if (object.metadata.ownerReferences?.length === 0) delete object.metadata.ownerReferences;
    this.#objects.set(key, object);
    this.#events.publish(() => ({ type, object: structuredClone(object) }));
    const answer = structuredClone(object);
    collectGarbage(this, object);
    return answer;
  }

  #remove(key: string, object: KubeObject): void {
    this.#objects.delete(key);
    this.#version += 1;
    const last = structuredClone(object);
    last.metadata.resourceVersion = String(this.#version);
    this.#events.publish(() => ({ type: 'DELETED', object: structuredClone(last) }));
    for (const dependant of this.dependantsOf(object)) collectGarbage(this, dependant);
    finishForeground(this, object);
    if (object.metadata.namespace !== undefined) this.#finishNamespace(object.metadata.namespace);
  }

  #markDeleted(live: KubeObject, finalizers: string[], grace: number): void {
    const object = structuredClone(live);
    if (finalizers.length > 0) object.metadata.finalizers = finalizers;
    const earlier = live.metadata.deletionGracePeriodSeconds ?? Infinity;
    if (live.metadata.deletionTimestamp === undefined || grace < earlier) {
      object.metadata.deletionTimestamp ??= this.#timestamp(grace);
      object.metadata.deletionGracePeriodSeconds = grace;
    }
    if (object.kind === 'Namespace') object['status'] = { phase: 'Terminating' };
    this.#replace(object, live);
  }

  #emptyNamespace(namespace: string): void {
    for (const object of this.all().filter((one) => one.metadata.namespace === namespace)) {
      this.deleteQuietly(object, 'Background');
    }
    this.#finishNamespace(namespace);
  }

  #finishNamespace(namespace: string): void {
    const key = keyOf({ group: '', kind: 'Namespace', name: namespace });
    const home = this.#objects.get(key);
    if (home?.metadata.deletionTimestamp === undefined) return;
    const occupied = [...this.#objects.values()].some((object) => object.metadata.namespace === namespace);
    if (!occupied) this.#remove(key, home);
  }

  #timestamp(inSeconds = 0): string {
    const at = new Date(this.#now().getTime() + inSeconds * 1000);
    return at.toISOString().replace(/\.\d{3}Z$/, 'Z');
  }
}

function versionless(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: '' } };
}

/** Five characters of Kubernetes' own alphabet (apimachinery `util/rand`): no vowels, no look-alikes. */
function randomSuffix(): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from({ length: 5 }, () => alphabet[Math.floor(Math.random() * alphabet.length)]).join('');
}
