/**
 * Garbage collection by owner references, as kube-controller-manager's collector decides it: an owner counts only
 * if an object of that name, kind and namespace lives with the very uid. Unlike there, it happens at once.
 */
import { refOf } from './refs.ts';
import { findType } from './resources.ts';
import type { KubeObject, ObjectRef, OwnerReference } from './types.ts';

/** What the collector needs of the store. Objects are live ones, not copies: they must not be changed. */
export interface Collection {
  peek(ref: ObjectRef): KubeObject | undefined;
  dependantsOf(owner: KubeObject): KubeObject[];
  deleteQuietly(object: KubeObject, propagationPolicy: 'Background' | 'Foreground'): void;
  rewrite(object: KubeObject): void;
}

/** Deletes an object all of whose owners are gone; drops references to owners that are gone otherwise. */
export function collectGarbage(collection: Collection, object: KubeObject): void {
  const owners = object.metadata.ownerReferences ?? [];
  const present = owners.filter((owner) => exists(collection, object, owner));
  if (present.length === owners.length) return;
  if (present.length === 0) collection.deleteQuietly(object, 'Background');
  else collection.rewrite({ ...object, metadata: { ...object.metadata, ownerReferences: present } });
}

/** After a removal: lets go the owners that waited for it under foreground deletion. */
export function finishForeground(collection: Collection, removed: KubeObject): void {
  for (const reference of removed.metadata.ownerReferences ?? []) {
    const owner = ownerOf(collection, removed, reference);
    if (owner !== undefined) releaseOwner(collection, refOf(owner));
  }
}

/** Ends a foreground deletion when no dependant blocks it any more. */
export function releaseOwner(collection: Collection, ref: ObjectRef): void {
  const owner = collection.peek(ref);
  if (owner?.metadata.finalizers?.includes('foregroundDeletion') !== true) return;
  if (collection.dependantsOf(owner).some((dependant) => blocks(dependant, owner))) return;
  const finalizers = owner.metadata.finalizers.filter((name) => name !== 'foregroundDeletion');
  collection.rewrite({ ...owner, metadata: { ...owner.metadata, finalizers } });
}

/** Takes the owner out of its dependants' references, so that they outlive it. */
export function orphanDependants(collection: Collection, owner: KubeObject): void {
  for (const dependant of collection.dependantsOf(owner)) {
    const ownerReferences = dependant.metadata.ownerReferences?.filter(
      ({ uid }) => uid !== owner.metadata.uid,
    );
    collection.rewrite({ ...dependant, metadata: { ...dependant.metadata, ownerReferences } });
  }
}

function exists(collection: Collection, object: KubeObject, owner: OwnerReference): boolean {
  return ownerOf(collection, object, owner) !== undefined;
}

function ownerOf(collection: Collection, object: KubeObject, owner: OwnerReference): KubeObject | undefined {
  const slash = owner.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : owner.apiVersion.slice(0, slash);
  const namespaced = findType(group, owner.kind)?.namespaced !== false;
  const place =
    namespaced && object.metadata.namespace !== undefined ? { namespace: object.metadata.namespace } : {};
  const found = collection.peek({ group, kind: owner.kind, name: owner.name, ...place });
  return found?.metadata.uid === owner.uid ? found : undefined;
}

function blocks(dependant: KubeObject, owner: KubeObject): boolean {
  return (
    dependant.metadata.ownerReferences?.some(
      (reference) => reference.uid === owner.metadata.uid && reference.blockOwnerDeletion === true,
    ) === true
  );
}
