/** The `fields` parameter: a fixed set of paths for the list, any path prefix for the streams. */
import { at, isRecord } from '../engine/json.ts';
import type { JsonRecord } from '../engine/json.ts';

/** What the list can be reduced to; the last one answers with the sync *result*, as Argo CD does. */
const LIST_PATHS: Record<string, string[]> = Object.fromEntries(
  [
    'metadata.name',
    'metadata.namespace',
    'metadata.annotations',
    'metadata.labels',
    'metadata.creationTimestamp',
    'metadata.deletionTimestamp',
    'spec',
    'spec.project',
    'spec.source',
    'spec.sources',
    'spec.destination',
    'spec.syncPolicy',
    'operation.sync',
    'status.sourceType',
    'status.sourceHydrator',
    'status.sync.status',
    'status.sync.revision',
    'status.health',
    'status.summary',
    'status.resources',
    'status.operationState.phase',
    'status.operationState.startedAt',
    'status.operationState.finishedAt',
  ].map((path) => [path, path.split('.')]),
);
const SYNC_RESULT = 'status.operationState.operation.sync';

/** The paths that `fields` asks for; undefined asks for everything. A leading `-` excludes instead. */
export function maskOf(query: URLSearchParams): { paths: string[]; exclude: boolean } | undefined {
  const text = query.getAll('fields').join(',');
  if (text === '') return undefined;
  const exclude = text.startsWith('-');
  const paths = (exclude ? text.slice(1) : text).split(',').map((path) => path.trim());
  return { paths: paths.filter((path) => path !== ''), exclude };
}

/** One item of the list, reduced to the paths that are asked for with the prefix `items.`. */
export function maskListItem(item: JsonRecord, mask: { paths: string[]; exclude: boolean }): JsonRecord {
  const asked = new Set(mask.paths.map((path) => path.replace(/^items\./, '')));
  const reduced: JsonRecord = {};
  for (const [path, keys] of Object.entries({ ...LIST_PATHS, [SYNC_RESULT]: SYNC_RESULT.split('.') })) {
    if (asked.has(path) === mask.exclude) continue;
    const value =
      path === SYNC_RESULT ? at(item, 'status', 'operationState', 'syncResult') : at(item, ...keys);
    if (value !== undefined) put(reduced, keys, value);
  }
  return reduced;
}

/** A message reduced to the parts below the asked prefixes (`result.application.status`, …). */
export function maskMessage(message: JsonRecord, mask: { paths: string[]; exclude: boolean }): JsonRecord {
  if (mask.exclude) {
    const copy = structuredClone(message);
    for (const path of mask.paths) remove(copy, path.split('.'));
    return copy;
  }
  const reduced: JsonRecord = {};
  for (const path of mask.paths) {
    const value = at(message, ...path.split('.'));
    if (value !== undefined) put(reduced, path.split('.'), value);
  }
  return reduced;
}

function put(target: JsonRecord, [key = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const child = isRecord(target[key]) ? { ...target[key] } : {};
  target[key] = child;
  put(child, rest, value);
}

function remove(target: unknown, [key = '', ...rest]: string[]): void {
  if (!isRecord(target)) return;
  if (rest.length === 0) delete target[key];
  else remove(target[key], rest);
}
