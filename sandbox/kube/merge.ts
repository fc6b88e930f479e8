/**
 * The ways in which Kubernetes changes an object: JSON merge patch (RFC 7386), strategic merge patch (lists merged
 * by key) and the three-way merge of `kubectl apply`. Pure; arguments are never changed.
 */
import { isRecord, sameJson, type JsonRecord } from './json.ts';

/** The list fields that built-in kinds merge by a key, from the `patchMergeKey` tags of k8s.io/api. */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  secrets: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  ports: ['containerPort', 'port'],
  hostAliases: ['ip'],
  ownerReferences: ['uid'],
  conditions: ['type'],
};

/** Lists of plain values that merge as sets. */
const setLists: ReadonlySet<string> = new Set(['finalizers']);

export interface ThreeWay {
  /** What was applied the last time; fields that it has and `modified` lacks are removed. */
  original: unknown;
  modified: unknown;
  current: unknown;
}

/**
 * What `kubectl apply` makes of the live object: fields of `modified` win, fields dropped since `original` go,
 * everything else of `current` (defaults, status, others' fields) stays. Custom kinds have no list keys: their
 * lists are replaced whole (`strategic` false).
 */
export function threeWayMerge(input: ThreeWay, strategic: boolean): unknown {
  const { original, modified, current } = input;
  if (!isRecord(modified) || !isRecord(current)) return modified;
  const merged: JsonRecord = { ...current };
  const before = isRecord(original) ? original : {};
  for (const key of Object.keys(before)) {
    if (!(key in modified)) delete merged[key];
  }
  for (const [key, value] of Object.entries(modified)) {
    if (value === null) delete merged[key];
    else
      merged[key] = mergeField(
        key,
        { original: before[key], modified: value, current: current[key] },
        strategic,
      );
  }
  return merged;
}

function mergeField(key: string, input: ThreeWay, strategic: boolean): unknown {
  const { original, modified, current } = input;
  if (!strategic || !Array.isArray(modified) || !Array.isArray(current))
    return threeWayMerge(input, strategic);
  const before = Array.isArray(original) ? original : [];
  if (setLists.has(key)) {
    return [...modified, ...current.filter((item) => !modified.includes(item) && !before.includes(item))];
  }
  const by = listKeyOf(key, [...modified, ...current]);
  if (by === undefined) return modified;
  const merged = modified.map((item) =>
    threeWayMerge(
      { original: findBy(before, by, item), modified: item, current: findBy(current, by, item) },
      true,
    ),
  );
  const others = current.filter((item) => !findBy(modified, by, item) && !findBy(before, by, item));
  return [...merged, ...others];
}

/** RFC 7386: maps merge, null removes, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: JsonRecord = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/**
 * A strategic merge patch: as a merge patch, but keyed lists merge by their key. Knows the directives that kubectl
 * sends: `$patch: delete|replace`, `$deleteFromPrimitiveList/…`; `$setElementOrder/…` and `$retainKeys` change no value.
 */
export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  const merged: JsonRecord = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) applyDirective(merged, key, value);
    else if (value === null) delete merged[key];
    else merged[key] = strategicField(key, merged[key], value);
  }
  return merged;
}

function strategicField(key: string, target: unknown, value: unknown): unknown {
  if (!Array.isArray(value)) return strategicMergePatch(target, value);
  const live: unknown[] = Array.isArray(target) ? target : [];
  if (setLists.has(key)) return [...live, ...value.filter((item) => !live.includes(item))];
  const by = listKeyOf(key, [...value, ...live]);
  if (by === undefined) return value;
  if (value.some((item) => isRecord(item) && item['$patch'] === 'replace' && item[by] === undefined)) {
    return value.filter((item) => !(isRecord(item) && '$patch' in item));
  }
  const kept = live
    .filter((item) => !value.some((patch) => isDelete(patch) && sameKey(patch, by, item)))
    .map((item) => {
      const patch = findBy(value, by, item);
      return patch === undefined ? item : strategicMergePatch(item, patch);
    });
  const added = value.filter((patch) => !isDelete(patch) && !findBy(live, by, patch));
  return [...kept, ...added.map(withoutDirectives)];
}

function applyDirective(merged: JsonRecord, directive: string, value: unknown): void {
  const prefix = '$deleteFromPrimitiveList/';
  if (!directive.startsWith(prefix) || !Array.isArray(value)) return;
  const field = directive.slice(prefix.length);
  const list = merged[field];
  if (Array.isArray(list)) merged[field] = list.filter((item) => !value.includes(item));
}

function listKeyOf(field: string, items: readonly unknown[]): string | undefined {
  const candidates = listKeys[field] ?? [];
  return candidates.find((key) => items.every((item) => isRecord(item) && (key in item || '$patch' in item)));
}

function findBy(list: readonly unknown[], key: string, like: unknown): JsonRecord | undefined {
  return list.filter(isRecord).find((item) => sameKey(item, key, like));
}

function sameKey(left: unknown, key: string, right: unknown): boolean {
  return isRecord(left) && isRecord(right) && sameJson(left[key], right[key]);
}

function isDelete(item: unknown): boolean {
  return isRecord(item) && item['$patch'] === 'delete';
}

function withoutDirectives(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('$')));
}
