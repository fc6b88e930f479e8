/** What a writer may change of a live object, and what a deletion needs. */
import { preconditionConflict } from './errors.ts';
import { sameJson, valueAt } from './json.ts';
import { resourceOf } from './refs.ts';
import type { ResourceType } from './resources.ts';
import type { DeleteOptions, KubeObject } from './types.ts';

/** Fields that a writer cannot set: they come from the live object. */
export function keepServerFields(object: KubeObject, live: KubeObject, type: ResourceType | undefined): void {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation, generateName } =
    live.metadata;
  const kept = {
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    generateName,
  };
  for (const [field, value] of Object.entries(kept)) {
    if (value === undefined) Reflect.deleteProperty(object.metadata, field);
    else Reflect.set(object.metadata, field, value);
  }
  if (type?.namespaced === false) delete object.metadata.namespace;
  if (live['status'] === undefined) delete object['status'];
  else object['status'] = structuredClone(live['status']);
}

/** Whether the write counts in `metadata.generation`. */
export function specChanged(object: KubeObject, live: KubeObject, type: ResourceType | undefined): boolean {
  if (type?.generation === false) return false;
  return live['spec'] !== undefined && !sameJson(object['spec'], live['spec']);
}

/** Throws 409 unless the live object is the one that the caller means. */
export function checkPreconditions(live: KubeObject, options: DeleteOptions): void {
  const { uid = '', resourceVersion = '', name } = live.metadata;
  const wanted = options.preconditions ?? {};
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    throw preconditionConflict(resourceOf(live), name, { field: 'UID', expected: wanted.uid, actual: uid });
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    const mismatch = {
      field: 'ResourceVersion',
      expected: wanted.resourceVersion,
      actual: resourceVersion,
    } as const;
    throw preconditionConflict(resourceOf(live), name, mismatch);
  }
}

/** Seconds that a Pod gets to end: none for other kinds, for a Pod that no node runs, and for one that has ended. */
export function gracePeriod(object: KubeObject, options: DeleteOptions): number {
  if (object.kind !== 'Pod' || valueAt(object, ['spec', 'nodeName']) === undefined) return 0;
  const phase = valueAt(object, ['status', 'phase']);
  if (phase === 'Succeeded' || phase === 'Failed') return 0;
  if (options.gracePeriodSeconds !== undefined) return options.gracePeriodSeconds;
  const own = valueAt(object, ['spec', 'terminationGracePeriodSeconds']);
  return typeof own === 'number' ? own : 30;
}
