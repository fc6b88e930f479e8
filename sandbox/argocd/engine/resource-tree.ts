/**
 * The resource tree of an application: tracked live objects that nobody owns (hook Jobs too), everything that
 * descends from them by owner reference, and the wanted objects that are missing.
 */
import type { KubeObject } from '../../kube/types.ts';
import type { ClusterCache } from './cluster-cache.ts';
import type { Comparison } from './compare.ts';
import { healthOf } from './health.ts';
import type { Health, HealthOptions } from './health.ts';
import { numberAt, recordsAt, textAt, textMapAt } from './json.ts';
import { groupOf, objectKey, versionOf } from './kinds.ts';

export interface TreeRef {
  group?: string;
  version: string;
  kind: string;
  namespace?: string;
  name: string;
  uid?: string;
}
export interface TreeNode extends TreeRef {
  parentRefs?: TreeRef[];
  info?: { name: string; value: string }[];
  networkingInfo?: { labels?: Record<string, string>; targetLabels?: Record<string, string> };
  resourceVersion?: string;
  images?: string[];
  health?: Health;
  createdAt?: string;
}
export interface ResourceTree {
  nodes?: TreeNode[];
  shardsCount?: number;
}

export interface TreeInput {
  instance: string;
  cache: ClusterCache;
  comparison: Comparison | undefined;
  health: HealthOptions;
}

/** Builds the tree; without nodes it is empty, as the API sends it. */
export function buildTree(input: TreeInput): ResourceTree {
  const nodes: TreeNode[] = [];
  const seen = new Set<string>();
  const managedLive = (input.comparison?.managed ?? []).flatMap(({ live }) => live ?? []);
  const roots = [
    ...managedLive.map((live) => input.cache.get(objectKey(live)) ?? live),
    ...input.cache.roots(input.instance),
  ];
  for (const root of roots) visit(root, undefined);
  for (const { key, target } of input.comparison?.managed ?? []) {
    if (target && !input.cache.get(key)) nodes.push({ ...refOfNode(target), health: { status: 'Missing' } });
  }
  return nodes.length > 0 ? { nodes, shardsCount: 1 } : {};

  function visit(object: KubeObject, parent: KubeObject | undefined): void {
    const key = objectKey(object);
    if (seen.has(key) || !input.cache.get(key)) return;
    seen.add(key);
    nodes.push(nodeOf(object, parent, input.health));
    for (const child of input.cache.children(object)) visit(child, object);
  }
}

/** Image names of a pod, or of a workload's pod template, without repetition. */
export function imagesOf(object: KubeObject): string[] {
  const paths: string[][] = [
    ['spec', 'containers'],
    ['spec', 'initContainers'],
    ['spec', 'template', 'spec', 'containers'],
    ['spec', 'template', 'spec', 'initContainers'],
  ];
  const images = paths.flatMap((path) =>
    recordsAt(object, ...path).map((container) => textAt(container, 'image')),
  );
  return [...new Set(images.filter((image) => image !== undefined))];
}

function nodeOf(object: KubeObject, parent: KubeObject | undefined, options: HealthOptions): TreeNode {
  const node: TreeNode = refOfNode(object);
  if (parent) node.parentRefs = [refOfNode(parent)];
  const info = infoOf(object);
  if (info.length > 0) node.info = info;
  const networking = networkingOf(object);
  if (networking) node.networkingInfo = networking;
  if (object.metadata.resourceVersion) node.resourceVersion = object.metadata.resourceVersion;
  if (object.kind === 'Pod') node.images = imagesOf(object);
  const health = healthOf(object, options);
  if (health) node.health = health.message ? health : { status: health.status };
  if (object.metadata.creationTimestamp) node.createdAt = object.metadata.creationTimestamp;
  return node;
}

function refOfNode(object: KubeObject): TreeRef {
  const group = groupOf(object.apiVersion);
  return {
    ...(group !== '' && { group }),
    version: versionOf(object.apiVersion),
    kind: object.kind,
    ...(object.metadata.namespace && { namespace: object.metadata.namespace }),
    name: object.metadata.name,
    ...(object.metadata.uid && { uid: object.metadata.uid }),
  };
}

function infoOf(object: KubeObject): { name: string; value: string }[] {
  if (object.kind === 'Pod') return podInfo(object);
  const revision = object.metadata.annotations?.['deployment.kubernetes.io/revision'];
  return object.kind === 'ReplicaSet' && revision ? [{ name: 'Revision', value: `Rev:${revision}` }] : [];
}

function podInfo(pod: KubeObject): { name: string; value: string }[] {
  const info: { name: string; value: string }[] = [];
  const states = recordsAt(pod, 'status', 'containerStatuses');
  const ended = states
    .map((state) => textAt(state, 'state', 'terminated', 'reason'))
    .find((reason) => reason);
  const waiting = states.map((state) => textAt(state, 'state', 'waiting', 'reason')).find((reason) => reason);
  const reason = waiting ?? ended ?? textAt(pod, 'status', 'reason') ?? textAt(pod, 'status', 'phase');
  if (reason) info.push({ name: 'Status Reason', value: reason });
  const node = textAt(pod, 'spec', 'nodeName');
  if (node) info.push({ name: 'Node', value: node });
  const ready = states.filter((state) => state['ready'] === true).length;
  info.push({ name: 'Containers', value: `${ready}/${recordsAt(pod, 'spec', 'containers').length}` });
  const restarts = states.reduce((sum, state) => sum + (numberAt(state, 'restartCount') ?? 0), 0);
  if (restarts > 0) info.push({ name: 'Restart Count', value: String(restarts) });
  return info;
}

function networkingOf(object: KubeObject): TreeNode['networkingInfo'] {
  if (object.kind === 'Pod' && object.metadata.labels) return { labels: object.metadata.labels };
  if (object.kind !== 'Service') return undefined;
  const targetLabels = textMapAt(object, 'spec', 'selector');
  return Object.keys(targetLabels).length > 0 ? { targetLabels } : undefined;
}

/** Everything live that belongs to an instance: its tracked roots and their descendants. */
export function descendants(cache: ClusterCache, instance: string): KubeObject[] {
  const found = new Map<string, KubeObject>();
  const open = cache.roots(instance);
  for (let object = open.pop(); object; object = open.pop()) {
    if (found.has(objectKey(object))) continue;
    found.set(objectKey(object), object);
    open.push(...cache.children(object));
  }
  return [...found.values()];
}
