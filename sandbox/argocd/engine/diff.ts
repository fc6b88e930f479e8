/**
 * Compares a desired object with the live one by what `kubectl apply` would make of it: fields that only the
 * live object has are kept, unless the last applied configuration had them.
 */
import { withDefaults } from '../../kube/defaults.ts';
import { findType } from '../../kube/resources.ts';
import { lastAppliedAnnotation, mergeApplied } from '../../kube/index.ts';
import type { KubeObject } from '../../kube/types.ts';
import { equalJson, isRecord } from './json.ts';
import type { JsonRecord } from './json.ts';
import { groupOf } from './kinds.ts';

const SERVER_FIELDS = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];

export interface Difference {
  modified: boolean;
  /** What applying the desired object would make of the live one. */
  predictedLive: KubeObject;
  normalizedLive: KubeObject;
}

/** Compares desired and live; `ignored` holds JSON pointers that are removed from both sides. */
export function compareObjects(desired: KubeObject, live: KubeObject, ignored: string[] = []): Difference {
  const type = findType(groupOf(desired.apiVersion), desired.kind);
  const { status: _rendered, ...wanted } = desired;
  const merged = mergeApplied(normalized(withDefaults(wanted, type)), live);
  const predictedLive = normalized(withDefaults(merged, type));
  const normalizedLive = normalized(live);
  const modified = !equalJson(without(predictedLive, ignored), without(normalizedLive, ignored));
  return { modified, predictedLive, normalizedLive };
}

function normalized(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object;
  const metadata = { ...object.metadata };
  for (const field of SERVER_FIELDS) Reflect.deleteProperty(metadata, field);
  const annotations = { ...object.metadata.annotations };
  delete annotations[lastAppliedAnnotation];
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
  else delete metadata.annotations;
  return { ...rest, apiVersion: object.apiVersion, kind: object.kind, metadata };
}

function without(object: KubeObject, pointers: string[]): KubeObject {
  if (pointers.length === 0) return object;
  const copy = structuredClone(object);
  for (const pointer of pointers) {
    const keys = pointer
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    removeAt(copy, keys);
  }
  return copy;
}

function removeAt(value: unknown, [key, ...rest]: string[]): void {
  if (key === undefined) return;
  if (Array.isArray(value)) removeFromList(value, Number(key), rest);
  else if (isRecord(value)) removeFromRecord(value, key, rest);
}

function removeFromList(list: unknown[], index: number, rest: string[]): void {
  if (rest.length > 0) removeAt(list[index], rest);
  else list.splice(index, 1);
}

function removeFromRecord(record: JsonRecord, key: string, rest: string[]): void {
  if (rest.length > 0) removeAt(record[key], rest);
  else delete record[key];
}
