/** Routes that read and change Applications: list, get, patch, and the stream of their changes. */
import { z } from 'zod';
import { jsonPatch } from '../../kube/json-patch.ts';
import { mergePatch } from '../../kube/merge.ts';
import { parseLabelSelector } from '../../kube/selectors.ts';
import type { KubeObject } from '../../kube/index.ts';
import { APPLICATION_GROUP, keyOf, parseApplication, REFRESH_ANNOTATION } from '../engine/application.ts';
import type { Application, ApplicationKey } from '../engine/application.ts';
import { ArgoCdError } from '../engine/index.ts';
import { editApplication } from '../engine/application-store.ts';
import { isRecord, textMapAt } from '../engine/json.ts';
import { applicationOf, findApplication, objectName, requireRight } from './context.ts';
import type { ApiCall } from './context.ts';
import { openStream } from './event-stream.ts';
import { maskListItem, maskMessage, maskOf } from './field-mask.ts';
import { parseBody } from './body.ts';
import { wireApplication } from './wire.ts';

/** `GET /api/v1/applications`: what the user may see, sorted by name; never an error for what they may not. */
export function listApplications(call: ApiCall): unknown {
  const { argo } = call.context;
  const mask = maskOf(call.query);
  const items = argo
    .applications()
    .filter(filterOf(call))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((application) => wireApplication(application, argo, false))
    .map((item) => (mask ? maskListItem(item, mask) : item));
  const wantsVersion = !mask || mask.paths.includes('metadata.resourceVersion') !== mask.exclude;
  const metadata = wantsVersion ? { resourceVersion: String(argo.store.resourceVersion()) } : {};
  return { metadata, items: items.length > 0 ? items : null };
}

/** `GET /api/v1/applications/{name}`; with `refresh` it waits until the controller has compared again. */
export async function getApplication(call: ApiCall): Promise<unknown> {
  const { argo } = call.context;
  if (call.query.getAll('project').length > 1) {
    throw new ArgoCdError(
      'InvalidArgument',
      'multiple projects specified - the get endpoint accepts either zero or one project',
    );
  }
  const { key } = applicationOf(call);
  if (call.query.has('refresh')) {
    argo.refresh(key, { hard: call.query.get('refresh') === 'hard' });
    await refreshed(call, key);
  }
  const application = argo.application(key);
  if (!application) throw new ArgoCdError('NotFound', `applications.argoproj.io "${key.name}" not found`);
  return wireApplication(application, argo, true);
}

function refreshed(call: ApiCall, key: ApplicationKey): Promise<void> {
  const { argo } = call.context;
  return new Promise((resolve) => {
    const done = (): boolean =>
      argo.application(key)?.metadata.annotations?.[REFRESH_ANNOTATION] === undefined;
    const check = (): void => {
      if (!done()) return;
      stop();
      resolve();
    };
    const stop = argo.onChange(check);
    call.response.on('close', stop);
    check();
  });
}

const patchBody = z.object({
  patch: z.string().default(''),
  patchType: z.string().default(''),
  appNamespace: z.string().optional(),
  project: z.string().optional(),
});

/** `PATCH /api/v1/applications/{name}`: only spec, labels, annotations and finalizers are kept. */
export function patchApplication(call: ApiCall): unknown {
  const { argo } = call.context;
  const body = parseBody(patchBody, call.body);
  const { key, application, object } = findApplication(call, { ...body, name: call.params['name'] ?? '' });
  requireRight(call, 'update', object);
  const patched = patchedObject({ ...application }, body);
  const parsed = parseApplication(patched);
  if (!parsed.ok) {
    throw new ArgoCdError('InvalidArgument', `application spec for ${key.name} is invalid: ${parsed.reason}`);
  }
  const { labels, annotations, finalizers } = parsed.application.metadata;
  editApplication(argo.store, key, (current) => ({
    ...current,
    spec: parsed.application.spec,
    metadata: { ...current.metadata, ...textMaps({ labels, annotations }), finalizers: finalizers ?? [] },
  }));
  const after = argo.application(key);
  return after ? wireApplication(after, argo, true) : {};
}

function patchedObject(application: Application, body: z.infer<typeof patchBody>): KubeObject {
  const type = body.patchType || 'json';
  if (type !== 'json' && type !== 'merge') {
    throw new ArgoCdError('InvalidArgument', `Patch type '${type}' is not supported`);
  }
  // A malformed patch is a plain error in Argo CD, and so 500.
  const patch: unknown = JSON.parse(body.patch);
  const patched = type === 'json' ? jsonPatch(application, patch) : mergePatch(application, patch);
  const record = isRecord(patched) ? patched : {};
  return {
    ...record,
    apiVersion: application.apiVersion,
    kind: application.kind,
    metadata: metadataOf(record, application),
  };
}

function metadataOf(record: Record<string, unknown>, application: Application): KubeObject['metadata'] {
  const metadata = isRecord(record['metadata']) ? record['metadata'] : {};
  const finalizers = Array.isArray(metadata['finalizers']) ? metadata['finalizers'].map(String) : undefined;
  return {
    name: application.metadata.name,
    labels: textMapAt(metadata, 'labels'),
    annotations: textMapAt(metadata, 'annotations'),
    ...(finalizers && { finalizers }),
  };
}

/** Labels and annotations to write; an empty map goes away. */
function textMaps(maps: Pick<KubeObject['metadata'], 'labels' | 'annotations'>): typeof maps {
  return {
    labels: maps.labels && Object.keys(maps.labels).length > 0 ? maps.labels : undefined,
    annotations: maps.annotations && Object.keys(maps.annotations).length > 0 ? maps.annotations : undefined,
  };
}

/** `GET /api/v1/stream/applications`: each match as ADDED first, then every change. */
export function watchApplications(call: ApiCall): undefined {
  const { argo, keepaliveMs } = call.context;
  const stream = openStream(call.request, call.response, keepaliveMs);
  const mask = maskOf(call.query);
  const matches = filterOf(call);
  const since = Number(call.query.get('resourceVersion') ?? '0') || 0;
  const last = new Map<string, string>();

  function emit(type: string, application: Application): void {
    if (!matches(application)) return;
    if (Number(application.metadata.resourceVersion ?? '0') < since) return;
    const message = { result: { type, application: wireApplication(application, argo, true) } };
    const id = `${application.metadata.namespace ?? ''}/${application.metadata.name}`;
    const text = JSON.stringify(message);
    if (last.get(id) === text) return;
    last.set(id, text);
    stream.send(mask ? maskMessage(message, mask) : message);
  }

  const named = call.query.get('name') !== null && call.query.get('name') !== '';
  if (since === 0 || named) {
    for (const application of argo.applications()) emit('ADDED', application);
  }
  const stop = argo.store.watch(({ type, object }) => {
    if (object.kind !== 'Application' || !object.apiVersion.startsWith(`${APPLICATION_GROUP}/`)) return;
    const parsed = parseApplication(object);
    if (parsed.ok) emit(type, parsed.application);
  });
  stream.onClose(stop);
  return undefined;
}

/** What a list or stream shows of all applications: the caller's filters, and what the user may get. */
function filterOf(call: ApiCall): (application: Application) => boolean {
  const { context, query, session } = call;
  const projects = [...query.getAll('projects'), ...query.getAll('project')].filter((name) => name !== '');
  const selector = parseLabelSelector(query.get('selector') ?? '');
  const name = query.get('name') ?? '';
  const repo = query.get('repo') ?? '';
  const streaming = call.request.url?.includes('/stream/') ?? false;
  const appNamespace = streaming && name === '' ? '' : (query.get('appNamespace') ?? '');
  return (application) => {
    const object = objectName(context, keyOf(application), application.spec.project);
    return (
      (projects.length === 0 || projects.includes(application.spec.project)) &&
      (name === '' || application.metadata.name === name) &&
      (repo === '' || application.spec.source.repoURL === repo) &&
      (appNamespace === '' || application.metadata.namespace === appNamespace) &&
      selector({ apiVersion: '', kind: '', metadata: application.metadata }) &&
      context.policy.allows(session, { resource: 'applications', action: 'get', object })
    );
  };
}
