/** `kubectl apply` on the client's side: the last-applied annotation and the merge that it makes possible. */
import { isRecord, sortedJson, valueAt } from './json.ts';
import { threeWayMerge } from './merge.ts';
import { findType, groupOf } from './resources.ts';
import type { KubeObject } from './types.ts';

/** Where `kubectl apply` keeps what it applied the last time. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object that `kubectl apply` would send: `desired` merged over `live`, its own annotation included. */
export function mergeApplied(desired: KubeObject, live: KubeObject): KubeObject {
  const annotated = withLastApplied(desired);
  const known = findType(groupOf(desired), desired.kind) !== undefined;
  const merged = threeWayMerge({ original: lastApplied(live), modified: annotated, current: live }, known);
  return {
    ...live,
    ...asRecord(merged),
    metadata: { ...live.metadata, ...asRecord(valueAt(merged, ['metadata'])) },
  };
}

/** The object with the annotation that records it, as the first apply creates it. */
export function withLastApplied(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = structuredClone(object);
  const { [lastAppliedAnnotation]: _old, ...annotations } = rest.metadata.annotations ?? {};
  const bare = { ...rest, metadata: { ...rest.metadata, annotations } };
  const configuration = `${sortedJson(bare)}\n`;
  return {
    ...rest,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { ...rest.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: configuration } },
  };
}

function lastApplied(live: KubeObject): unknown {
  const text = live.metadata.annotations?.[lastAppliedAnnotation];
  if (text === undefined) return {};
  const parsed: unknown = JSON.parse(text);
  return parsed;
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
