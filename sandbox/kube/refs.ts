/** Names of objects: the store's keys, and what errors call them. */
import { findType, groupOf, groupResource } from './resources.ts';
import type { KubeObject, ObjectRef } from './types.ts';

/** What names an object. */
export function refOf(object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  return {
    group: groupOf(object),
    kind: object.kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** The store's key: cluster-scoped kinds have no namespace in it, whatever the reference says. */
export function keyOf(ref: ObjectRef): string {
  const namespaced = findType(ref.group, ref.kind)?.namespaced !== false;
  return [ref.group, ref.kind, namespaced ? (ref.namespace ?? '') : '', ref.name].join('|');
}

/** The plural resource that errors name. */
export function resourceOf(object: KubeObject): { group: string; resource: string } {
  return groupResource(groupOf(object), object.kind);
}

/** The order of the API server's lists. */
export function byNamespaceAndName(left: KubeObject, right: KubeObject): number {
  const a = `${left.metadata.namespace ?? ''}/${left.metadata.name}`;
  const b = `${right.metadata.namespace ?? ''}/${right.metadata.name}`;
  return a < b ? -1 : a > b ? 1 : 0;
}
