/** Small helpers for plain JSON values that the stand-in cluster's modules share. */
import { isDeepStrictEqual } from 'node:util';

export type JsonRecord = Record<string, unknown>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of map keys, or undefined. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (!isRecord(at)) return undefined;
    at = at[key];
  }
  return at;
}

/** Equality that takes an absent and an undefined entry for the same, as JSON does. */
export function sameJson(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(withoutUndefined(left), withoutUndefined(right));
}

/** JSON with sorted keys, as Go's encoder writes maps: equal values give equal bytes. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

/** Without map entries that are null: the API server's decoder drops them from typed objects. */
export function withoutNulls(value: unknown): unknown {
  return withoutEntries(value, (entry) => entry === null || entry === undefined);
}

function withoutUndefined(value: unknown): unknown {
  return withoutEntries(value, (entry) => entry === undefined);
}

function withoutEntries(value: unknown, unwanted: (entry: unknown) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutEntries(item, unwanted));
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([, entry]) => !unwanted(entry));
  return Object.fromEntries(kept.map(([key, entry]) => [key, withoutEntries(entry, unwanted)]));
}
