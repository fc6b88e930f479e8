/** Routes that read one application's resources: tree, live manifests, managed resources, events, manifests. */
import type { KubeObject, ObjectRef } from '../../kube/index.ts';
import { ArgoCdError } from '../engine/index.ts';
import type { TreeNode } from '../engine/index.ts';
import { isRecord, textAt } from '../engine/json.ts';
import type { JsonRecord } from '../engine/json.ts';
import { groupOf } from '../engine/kinds.ts';
import { applicationOf } from './context.ts';
import type { ApiCall, FoundApplication } from './context.ts';
import { openStream } from './event-stream.ts';
import { maskMessage, maskOf } from './field-mask.ts';

const HIDDEN = '++++++++';
const COMMIT = /^[0-9a-f]{5,40}$/;

export function getResourceTree(call: ApiCall): unknown {
  const { key, application } = applicationOf(call);
  const tree = call.context.argo.tree(key);
  const failed = application.status?.conditions?.find(({ type }) => type === 'ComparisonError');
  if (!tree.nodes && failed) throw new Error(failed.message);
  return tree;
}

/** The tree on every change, never at the start: the client gets it first. */
export function watchResourceTree(call: ApiCall): undefined {
  const { argo, keepaliveMs } = call.context;
  const { key } = applicationOf(call);
  const stream = openStream(call.request, call.response, keepaliveMs);
  const mask = maskOf(call.query);
  let last = JSON.stringify(argo.tree(key));
  const stop = argo.onChange((changed) => {
    if (changed.name !== key.name || changed.namespace !== key.namespace) return;
    const tree = argo.tree(key);
    const text = JSON.stringify(tree);
    if (text === last) return;
    last = text;
    const message = { result: tree };
    stream.send(mask ? maskMessage(message, mask) : message);
  });
  stream.onClose(stop);
  return undefined;
}

export function getResource(call: ApiCall): unknown {
  const found = applicationOf(call);
  const ref = refOfQuery(call.query);
  const live = liveInTree(call, found, ref);
  return { manifest: JSON.stringify(masked(live)) };
}

export function getManagedResources(call: ApiCall): unknown {
  const { key } = applicationOf(call);
  const mask = maskOf(call.query);
  const wanted = (name: string, value: string): boolean => (call.query.get(name) ?? value) === value;
  const items = call.context.argo.managedResources(key).flatMap((resource) => {
    const object = resource.target ?? resource.live;
    if (!object) return [];
    const group = groupOf(object.apiVersion);
    const { namespace = '', name } = object.metadata;
    const asked = wanted('group', group) && wanted('kind', object.kind) && wanted('namespace', namespace);
    if (!asked || !wanted('name', name)) return [];
    const item: JsonRecord = {
      ...(group !== '' && { group }),
      kind: object.kind,
      ...(namespace !== '' && { namespace }),
      name,
      targetState: state(resource.target),
      liveState: state(resource.live),
      normalizedLiveState: state(resource.normalizedLive ?? resource.live),
      predictedLiveState: state(resource.predictedLive ?? resource.target),
      ...(resource.live?.metadata.resourceVersion && {
        resourceVersion: resource.live.metadata.resourceVersion,
      }),
      ...(resource.modified && { modified: true }),
    };
    return [item];
  });
  const message: JsonRecord = items.length > 0 ? { items } : {};
  return mask ? maskMessage(message, mask) : message;
}

export function getEvents(call: ApiCall): unknown {
  const found = applicationOf(call);
  const { store } = call.context.argo;
  const uid = call.query.get('resourceUID') ?? '';
  const name = call.query.get('resourceName') ?? '';
  const namespace = call.query.get('resourceNamespace') ?? '';
  const ofApplication = name === '' && uid === '' && namespace === '';
  const { metadata } = found.application;
  const about = ofApplication ? { name: metadata.name, uid: metadata.uid ?? '' } : { name, uid };
  if (
    !ofApplication &&
    !nodes(call, found).some((node) => node.name === name && (uid === '' || node.uid === uid))
  ) {
    throw new ArgoCdError(
      'InvalidArgument',
      `${name} not found as part of application ${metadata.name} resources`,
    );
  }
  const items = store.list({ group: '', kind: 'Event' }).filter((event) => {
    const sameUid = about.uid === '' || textAt(event, 'involvedObject', 'uid') === about.uid;
    return sameUid && textAt(event, 'involvedObject', 'name') === about.name;
  });
  return { metadata: {}, items: items.length > 0 ? items.map(wireEvent) : null };
}

export async function getManifests(call: ApiCall): Promise<unknown> {
  const { key } = applicationOf(call);
  const objects = await call.context.argo.manifests(key, call.query.get('revision') || undefined);
  return { manifests: objects.map((object) => JSON.stringify(masked(object))) };
}

export async function getRevisionMetadata(call: ApiCall): Promise<unknown> {
  const { key } = applicationOf(call);
  const revision = call.params['revision'] ?? '';
  if (!COMMIT.test(revision)) throw new Error(`revision ${revision} must be resolved`);
  return call.context.argo.commitMetadata(key, revision);
}

/** The sandbox has no sync windows. */
export function getSyncWindows(call: ApiCall): unknown {
  applicationOf(call);
  return { canSync: true };
}

/** The live object that a call names; 400 unless it is in the application's tree, 404 when it has gone. */
export function liveInTree(call: ApiCall, found: FoundApplication, ref: ObjectRef): KubeObject {
  const { store } = call.context.argo;
  const node = nodes(call, found).find(
    (candidate) =>
      (candidate.group ?? '') === ref.group &&
      candidate.kind === ref.kind &&
      (candidate.namespace ?? '') === (ref.namespace ?? '') &&
      candidate.name === ref.name,
  );
  if (!node?.uid) {
    const what = [ref.kind, ref.group, ref.name].join(' ');
    const message = `${what} not found as part of application ${found.application.metadata.name}`;
    throw new ArgoCdError('InvalidArgument', message);
  }
  const live = store.get(ref);
  if (!live) throw new ArgoCdError('NotFound', `${ref.kind.toLowerCase()} "${ref.name}" not found`);
  return live;
}

export function refOfQuery(query: URLSearchParams): ObjectRef {
  const namespace = query.get('namespace') ?? '';
  return {
    group: query.get('group') ?? '',
    kind: query.get('kind') ?? '',
    name: query.get('resourceName') ?? '',
    ...(namespace !== '' && { namespace }),
  };
}

function nodes(call: ApiCall, found: FoundApplication): TreeNode[] {
  return call.context.argo.tree(found.key).nodes ?? [];
}

function state(object: KubeObject | undefined): string {
  return JSON.stringify(object ? masked(object) : null);
}

/** Secrets keep their keys and lose their values. */
function masked(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret' || groupOf(object.apiVersion) !== '') return object;
  const copy = structuredClone(object);
  for (const field of ['data', 'stringData']) {
    const values = copy[field];
    if (isRecord(values)) copy[field] = Object.fromEntries(Object.keys(values).map((key) => [key, HIDDEN]));
  }
  const annotations = copy.metadata.annotations;
  if (annotations?.['kubectl.kubernetes.io/last-applied-configuration']) {
    annotations['kubectl.kubernetes.io/last-applied-configuration'] = HIDDEN;
  }
  return copy;
}

function wireEvent(event: KubeObject): JsonRecord {
  const { apiVersion: _version, kind: _kind, ...rest } = event;
  return { ...rest, eventTime: event['eventTime'] ?? null };
}
