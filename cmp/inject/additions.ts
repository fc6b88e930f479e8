/** What one object gets, as places and values: the rules of injection, apart from how they are written into text. */
import { COMMIT_ANNOTATION, INJECT_ANNOTATION, TRACEPARENT_ANNOTATION } from '../../core/annotations.ts';
import type { GoValue } from './go-yaml.ts';
import { WORKLOAD_KINDS, type Injection } from './types.ts';

export interface Addition {
  /** From the object to what is set. Lists are stepped into by index. */
  path: (string | number)[];
  value: GoValue;
  /** The path names a list, whose first item the value becomes. */
  prepend?: true;
}

/** An object inside its document: the path of `items` that leads to it. */
export interface PlacedObject {
  path: number[];
  value: Map<string, GoValue>;
}

export type PlacedAdditions = PlacedObject & { add: Addition[] };

/** Where the pods of a workload are described; a Job's are immutable, so that they are left alone. */
const POD_TEMPLATES: Record<string, string[]> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  Rollout: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

const OTEL_ENV = 'OTEL_RESOURCE_ATTRIBUTES';

/** The additions of an object; empty if it opts out or has them all already. */
export function additionsFor(object: Map<string, GoValue>, injection: Injection): Addition[] {
  if (
    injection.scope === 'none' ||
    get(object, ['metadata', 'annotations', INJECT_ANNOTATION]) === 'disabled'
  )
    return [];
  const kind = object.get('kind');
  const isWorkload = typeof kind === 'string' && WORKLOAD_KINDS.has(kind);
  const template = typeof kind === 'string' ? POD_TEMPLATES[kind] : undefined;
  return [
    ...(injection.scope === 'all' || isWorkload ? annotations(injection, ['metadata', 'annotations']) : []),
    ...(kind === 'KeptnAppContext' ? keptn(object, injection) : []),
    ...(template && injection.podTemplates
      ? annotations(injection, [...template, 'metadata', 'annotations'])
      : []),
    ...(template && injection.otelAttributes ? otel(object, template, injection.otelAttributes) : []),
  ].filter((addition) => addition.prepend === true || get(object, addition.path) !== addition.value);
}

function annotations(injection: Injection, path: string[]): Addition[] {
  return [
    { path: [...path, COMMIT_ANNOTATION], value: injection.commitId },
    ...(injection.traceparent === undefined
      ? []
      : [{ path: [...path, TRACEPARENT_ANNOTATION], value: injection.traceparent }]),
  ];
}

/** Keptn's KeptnAppContext: metadata entries become attributes, span links are W3C traceparents. */
function keptn(object: Map<string, GoValue>, injection: Injection): Addition[] {
  const links = get(object, ['spec', 'spanLinks']);
  const linked = Array.isArray(links) && links.includes(injection.traceparent ?? '');
  // What the chart says itself stays, as in Keptn; digits that YAML takes for a number are no commit.
  const own = get(object, ['spec', 'metadata', 'commitID']);
  const isOwn = typeof own === 'string' && own !== '';
  return [
    ...(isOwn ? [] : [{ path: ['spec', 'metadata', 'commitID'], value: injection.commitId }]),
    ...(injection.traceparent === undefined || linked
      ? []
      : [{ path: ['spec', 'spanLinks'], value: injection.traceparent, prepend: true as const }]),
  ];
}

/** Attributes for the SDKs inside the containers; what the chart sets itself stays and has the last word. */
function otel(
  object: Map<string, GoValue>,
  template: string[],
  attributes: Record<string, string>,
): Addition[] {
  const path = [...template, 'spec', 'containers'];
  const containers = get(object, path);
  if (!Array.isArray(containers)) return [];
  const ours = Object.entries(attributes)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join(',');
  return containers.flatMap((container, index): Addition[] => {
    const env = get(container, ['env']);
    const at = Array.isArray(env) ? env.findIndex((entry) => get(entry, ['name']) === OTEL_ENV) : -1;
    if (at < 0) {
      const entry = new Map<string, GoValue>([
        ['name', OTEL_ENV],
        ['value', ours],
      ]);
      return [{ path: [...path, index, 'env'], value: entry, prepend: true }];
    }
    const theirs = get(env, [at, 'value']);
    if (typeof theirs !== 'string') return [];
    return [
      { path: [...path, index, 'env', at, 'value'], value: theirs === '' ? ours : `${ours},${theirs}` },
    ];
  });
}

/** The value at a path; undefined where there is none. */
export function get(value: GoValue | undefined, path: readonly (string | number)[]): GoValue | undefined {
  let inner: GoValue | undefined = value;
  for (const part of path) {
    if (inner instanceof Map) inner = inner.get(String(part));
    else if (Array.isArray(inner)) inner = inner[Number(part)];
    else return undefined;
  }
  return inner;
}
