/** What the controller knows of the cluster: every object, indexed by key, owner and application instance. */
import type { KubeObject, ObjectStore, WatchEvent } from '../../kube/types.ts';
import { TRACKING_ANNOTATION } from './application.ts';
import { objectKey } from './kinds.ts';

export interface ClusterChange {
  event: WatchEvent;
  /** Instance name of the application that the object belongs to, by tracking or through its owners. */
  instance?: string;
}

export class ClusterCache {
  readonly #objects = new Map<string, KubeObject>();
  readonly #keyByUid = new Map<string, string>();
  readonly #childrenByOwner = new Map<string, Set<string>>();
  readonly #rootsByInstance = new Map<string, Set<string>>();
  /** Outlives the objects, so that the end of a child still finds its application. */
  readonly #instanceByUid = new Map<string, string>();

  /** Loads the store and follows it; returns the function that stops. */
  follow(store: ObjectStore, listener: (change: ClusterChange) => void): () => void {
    const stop = store.watch((event) => {
      this.#take(event);
      const instance = this.instanceOf(event.object);
      if (event.type === 'DELETED') this.#forgetUid(event.object);
      listener(instance === undefined ? { event } : { event, instance });
    });
    for (const object of store.all()) this.#take({ type: 'ADDED', object });
    return stop;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  all(): Iterable<KubeObject> {
    return this.#objects.values();
  }

  /** Tracked live objects of an instance that nobody owns. */
  roots(instance: string): KubeObject[] {
    return this.#existing(this.#rootsByInstance.get(instance));
  }

  /** Live objects with an owner reference to this one. */
  children(object: KubeObject): KubeObject[] {
    return this.#existing(this.#childrenByOwner.get(object.metadata.uid ?? ''));
  }

  instanceOf(object: KubeObject): string | undefined {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return trackedInstance(object);
    for (const owner of owners) {
      const known = this.#instanceByUid.get(owner.uid);
      if (known !== undefined) return known;
      const live = this.#objects.get(this.#keyByUid.get(owner.uid) ?? '');
      const found = live && this.instanceOf(live);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #take({ type, object }: WatchEvent): void {
    const key = objectKey(object);
    const before = this.#objects.get(key);
    if (before) this.#unlink(key, before);
    if (type === 'DELETED') {
      this.#objects.delete(key);
      return;
    }
    this.#objects.set(key, object);
    if (object.metadata.uid) this.#keyByUid.set(object.metadata.uid, key);
    for (const owner of object.metadata.ownerReferences ?? []) addTo(this.#childrenByOwner, owner.uid, key);
    const instance = this.instanceOf(object);
    if (instance === undefined) return;
    if (object.metadata.uid) this.#instanceByUid.set(object.metadata.uid, instance);
    if (!object.metadata.ownerReferences?.length) addTo(this.#rootsByInstance, instance, key);
  }

  #unlink(key: string, object: KubeObject): void {
    for (const owner of object.metadata.ownerReferences ?? []) {
      removeFrom(this.#childrenByOwner, owner.uid, key);
    }
    const instance = trackedInstance(object);
    if (instance !== undefined) removeFrom(this.#rootsByInstance, instance, key);
  }

  #forgetUid(object: KubeObject): void {
    const uid = object.metadata.uid ?? '';
    this.#keyByUid.delete(uid);
    // Dependants are collected after their owner: keep what they need until they are gone too.
    if (!this.#childrenByOwner.get(uid)?.size) this.#instanceByUid.delete(uid);
  }

  #existing(keys: Set<string> | undefined): KubeObject[] {
    return [...(keys ?? [])].flatMap((key) => this.#objects.get(key) ?? []);
  }
}

/** The instance in an object's tracking annotation, whatever object the annotation was written for. */
function trackedInstance(object: KubeObject): string | undefined {
  const id = object.metadata.annotations?.[TRACKING_ANNOTATION];
  const colon = id?.indexOf(':') ?? -1;
  return id !== undefined && colon > 0 ? id.slice(0, colon) : undefined;
}

function addTo(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name) ?? new Set();
  keys.add(key);
  index.set(name, keys);
}

function removeFrom(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name);
  keys?.delete(key);
  if (keys?.size === 0) index.delete(name);
}
