/** Reads plain JSON whose shape nobody promises: Kubernetes objects of any kind. */

import { isRecord } from '../../kube/index.ts';
import type { JsonRecord } from '../../kube/index.ts';

export { isRecord };
export type { JsonRecord };

/** The value at a path of keys, or undefined where any step is missing. */
export function at(value: unknown, ...path: string[]): unknown {
  let current = value;
  for (const key of path) {
    if (!isRecord(current)) return undefined;
    current = current[key];
  }
  return current;
}

export function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

/** The objects in the list at a path; anything else in it is left out. */
export function recordsAt(value: unknown, ...path: string[]): JsonRecord[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isRecord) : [];
}

/** The string values of the map at a path. */
export function textMapAt(value: unknown, ...path: string[]): Record<string, string> {
  const found = at(value, ...path);
  if (!isRecord(found)) return {};
  const texts: Record<string, string> = {};
  for (const [key, entry] of Object.entries(found)) {
    if (typeof entry === 'string') texts[key] = entry;
  }
  return texts;
}

/** Deep equality of JSON values; keys that hold undefined count as absent. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => equalJson(item, right[index]));
  }
  if (!isRecord(left) || !isRecord(right)) return false;
  const keys = new Set([...definedKeys(left), ...definedKeys(right)]);
  for (const key of keys) {
    if (!equalJson(left[key], right[key])) return false;
  }
  return true;
}

function definedKeys(record: JsonRecord): string[] {
  return Object.keys(record).filter((key) => record[key] !== undefined);
}

/** JSON with its keys in order, so that equal values have equal texts. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => {
    if (!isRecord(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
