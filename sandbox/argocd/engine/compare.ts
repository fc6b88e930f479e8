/** Compares what an application wants with what is live: sync status, health, one line a resource. */
import type { KubeObject } from '../../kube/types.ts';
import { APPLICATION_GROUP, TRACKING_ANNOTATION } from './application.ts';
import type { Application, ApplicationCondition, ResourceStatus } from './application.ts';
import type { ClusterCache } from './cluster-cache.ts';
import { compareObjects } from './diff.ts';
import { healthOf, isWorse } from './health.ts';
import type { HealthCode, HealthOptions } from './health.ts';
import { hasOption, isHook, isSkipped, waveOf } from './hooks.ts';
import { groupOf, isClusterScoped, objectKey, versionOf } from './kinds.ts';

/** One resource of an application: wanted, live, or both. Never a hook. */
export interface ManagedResource {
  key: string;
  target?: KubeObject;
  live?: KubeObject;
  modified: boolean;
  predictedLive?: KubeObject;
  normalizedLive?: KubeObject;
}

export interface Comparison {
  revision: string;
  managed: ManagedResource[];
  /** Hooks of the render, as they were rendered (perhaps without a name). */
  hooks: KubeObject[];
  resources: ResourceStatus[];
  syncStatus: 'Synced' | 'OutOfSync';
  health: HealthCode;
  conditions: ApplicationCondition[];
}

export interface CompareInput {
  application: Application;
  instance: string;
  revision: string;
  rendered: KubeObject[];
  cache: ClusterCache;
  health: HealthOptions;
}

/** Compares a render with the cluster. Pure but for reading the cache. */
export function compareApplication(input: CompareInput): Comparison {
  const { cache, instance } = input;
  const { targets, hooks, conditions } = splitRender(input);
  const managed = [...targets].map(([key, target]) => managedResource(key, target, input));
  const extra = cache.roots(instance).filter((live) => !targets.has(objectKey(live)) && belongs(live));
  const live = extra.filter((object) => !isHook(object));
  for (const object of live) managed.push({ key: objectKey(object), live: object, modified: true });

  const resources = [
    ...managed.map((resource) => resourceStatus(resource)),
    ...extra.filter(isHook).map((object) => ({ ...identity(object), hook: true })),
  ];
  const outOfSync = resources.some(
    (resource, index) => resource.status === 'OutOfSync' && counts(managed[index]),
  );
  return {
    revision: input.revision,
    managed,
    hooks,
    resources,
    syncStatus: outOfSync ? 'OutOfSync' : 'Synced',
    health: applicationHealth(managed, input.health),
    conditions,
  };
}

function splitRender(input: CompareInput): {
  targets: Map<string, KubeObject>;
  hooks: KubeObject[];
  conditions: ApplicationCondition[];
} {
  const targets = new Map<string, KubeObject>();
  const hooks: KubeObject[] = [];
  const conditions: ApplicationCondition[] = [];
  for (const rendered of input.rendered) {
    const object = placed(rendered, input.application.spec.destination.namespace ?? '');
    if (isSkipped(object)) continue;
    if (isHook(object)) {
      hooks.push(object);
      continue;
    }
    const key = objectKey(object);
    if (targets.has(key)) conditions.push({ type: 'RepeatedResourceWarning', message: repeated(object) });
    targets.set(key, object);
  }
  return { targets, hooks, conditions };
}

function repeated(object: KubeObject): string {
  const { namespace = '', name } = object.metadata;
  const group = groupOf(object.apiVersion);
  return `Resource ${group}/${object.kind}/${namespace}/${name} appeared 2 times among application resources.`;
}

/** Gives a namespaced object without a namespace the destination's; takes it from a cluster-scoped one. */
export function placed(object: KubeObject, namespace: string): KubeObject {
  const metadata = { ...object.metadata };
  if (isClusterScoped(object.kind)) delete metadata.namespace;
  else metadata.namespace ??= namespace;
  return { ...object, metadata };
}

function managedResource(key: string, target: KubeObject, input: CompareInput): ManagedResource {
  const live = input.cache.get(key);
  if (!live) return { key, target, modified: true };
  const ignored = (input.application.spec.ignoreDifferences ?? [])
    .filter((rule) => (rule.group ?? '') === groupOf(target.apiVersion) && rule.kind === target.kind)
    .filter((rule) => !rule.name || rule.name === target.metadata.name)
    .flatMap((rule) => rule.jsonPointers ?? []);
  return { key, target, live, ...compareObjects(target, live, ignored) };
}

/** A copied tracking annotation, which names another object, neither compares nor prunes its bearer. */
function belongs(live: KubeObject): boolean {
  if (isHook(live)) return true;
  const identity = live.metadata.annotations?.[TRACKING_ANNOTATION]?.split(':') ?? [];
  const [, groupKind, place] = identity;
  const name = place?.slice(place.indexOf('/') + 1);
  const namespace = place?.slice(0, place.indexOf('/'));
  const sameNamespace = isClusterScoped(live.kind) || namespace === (live.metadata.namespace ?? '');
  return (
    groupKind === `${groupOf(live.apiVersion)}/${live.kind}` && name === live.metadata.name && sameNamespace
  );
}

function counts(resource: ManagedResource | undefined): boolean {
  if (!resource || resource.target || !resource.live) return true;
  return !hasOption(resource.live, 'compare-options', 'IgnoreExtraneous');
}

function resourceStatus(resource: ManagedResource): ResourceStatus {
  const object = resource.target ?? resource.live;
  if (!object) return { kind: '', name: '' };
  const status: ResourceStatus = { ...identity(object), status: resource.modified ? 'OutOfSync' : 'Synced' };
  const wave = waveOf(object);
  if (wave !== 0) status.syncWave = wave;
  if (!resource.target) status.requiresPruning = true;
  return status;
}

function identity(object: KubeObject): ResourceStatus {
  const status: ResourceStatus = {
    version: versionOf(object.apiVersion),
    kind: object.kind,
    name: object.metadata.name,
  };
  const group = groupOf(object.apiVersion);
  if (group !== '') status.group = group;
  if (object.metadata.namespace) status.namespace = object.metadata.namespace;
  return status;
}

/** The worst health of the managed resources; hooks have no part in it. */
function applicationHealth(managed: ManagedResource[], options: HealthOptions): HealthCode {
  let worst: HealthCode = 'Healthy';
  for (const { target, live } of managed) {
    if (!target && live && hasOption(live, 'compare-options', 'IgnoreExtraneous')) continue;
    const status: HealthCode | undefined = live ? healthOf(live, options)?.status : 'Missing';
    const nested =
      (target ?? live)?.kind === 'Application' &&
      groupOf((target ?? live)?.apiVersion ?? '') === APPLICATION_GROUP;
    if (nested && (status === 'Missing' || status === 'Unknown')) continue;
    if (status && isWorse(status, worst)) worst = status;
  }
  return worst;
}
