/** The verbs of the stand-in API server over the store: get, list, create, update, patch and delete. */
import { KubeApiError, badRequest, notFound } from './errors.ts';
import { toCoreEvent, toEventsV1 } from './event-versions.ts';
import { isRecord, type JsonRecord } from './json.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch, strategicMergePatch } from './merge.ts';
import { isTrue, numberParameter, type ResourceRequest } from './request.ts';
import type { DeleteOptions, KubeObject, ObjectRef, ObjectStore } from './types.ts';

/** A request's body as it was decoded, and the media type that it came with. */
export interface RequestBody {
  mediaType: string;
  value: unknown;
}

export interface Answer {
  code: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** Carries out any verb but watch. Throws `KubeApiError`. */
export function answerRequest(store: ObjectStore, request: ResourceRequest, body: RequestBody): Answer {
  switch (request.verb) {
    case 'get':
      return { code: 200, body: shown(request, expect(store, request)) };
    case 'list':
      return { code: 200, body: listed(store, request) };
    case 'create':
      return { code: 201, body: shown(request, store.create(decode(request, body.value))) };
    case 'update': {
      const object = decode(request, body.value);
      const written = request.subresource === 'status' ? store.updateStatus(object) : store.update(object);
      return { code: 200, body: shown(request, written) };
    }
    case 'patch':
      return { code: 200, body: shown(request, patched(store, request, body)) };
    case 'delete':
      return removed(store, request, body);
    case 'watch':
      throw badRequest('watch is a stream');
  }
}

/** The object as the URL's group shows it. */
export function shown(request: ResourceRequest, object: KubeObject): KubeObject {
  return request.group === 'events.k8s.io' ? toEventsV1(object) : object;
}

/** The objects that a list or a watch is about. */
export function selected(store: ObjectStore, request: ResourceRequest): KubeObject[] {
  const place = request.namespace === undefined ? {} : { namespace: request.namespace };
  return store.list(request.type, place).filter(request.matches);
}

function listed(store: ObjectStore, request: ResourceRequest): unknown {
  const all = selected(store, request);
  const from = startOf(request.query.get('continue'));
  const limit = numberParameter(request.query, 'limit') ?? 0;
  const end = limit > 0 ? from + limit : all.length;
  const left = Math.max(0, all.length - end);
  return {
    kind: `${request.type.kind}List`,
    apiVersion: apiVersionOf(request),
    metadata: {
      resourceVersion: String(store.resourceVersion()),
      ...(left > 0 ? { continue: Buffer.from(JSON.stringify({ start: end })).toString('base64url') } : {}),
      ...(left > 0 ? { remainingItemCount: left } : {}),
    },
    // Like the API server's typed lists, items do not repeat their kind.
    items: all.slice(from, end).map((object) => {
      const { kind: _kind, apiVersion: _apiVersion, ...item } = shown(request, object);
      return item;
    }),
  };
}

function startOf(token: string | null): number {
  if (token === null || token === '') return 0;
  const match = /^\{"start":(\d+)\}$/.exec(Buffer.from(token, 'base64url').toString());
  if (match === null) throw badRequest('continue key is not valid: it was not given out by this server');
  return Number(match[1]);
}

function patched(store: ObjectStore, request: ResourceRequest, body: RequestBody): KubeObject {
  const live = shown(request, expect(store, request));
  const result = applyPatch(live, body);
  if (!isRecord(result)) throw badRequest('the patch does not leave an object');
  const object = decode(request, result);
  return request.subresource === 'status' ? store.updateStatus(object) : store.update(object);
}

function applyPatch(live: KubeObject, body: RequestBody): unknown {
  switch (body.mediaType) {
    case 'application/json-patch+json':
      return jsonPatch(live, body.value);
    case 'application/merge-patch+json':
      return mergePatch(live, body.value);
    case 'application/strategic-merge-patch+json':
      return strategicMergePatch(live, body.value);
    case 'application/apply-patch+yaml':
      throw new KubeApiError(
        'the stand-in cluster does not implement server-side apply (application/apply-patch+yaml)',
        {
          code: 501,
          reason: 'NotImplemented',
        },
      );
    default:
      throw unsupportedMedia(
        'application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json',
      );
  }
}

/** 415 in the API server's words. */
export function unsupportedMedia(accepted: string): KubeApiError {
  return new KubeApiError(
    `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
    { code: 415, reason: 'UnsupportedMediaType' },
  );
}

const jobWarning =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

function removed(store: ObjectStore, request: ResourceRequest, body: RequestBody): Answer {
  const ref = refOfRequest(request);
  const before = expect(store, request);
  const { options, warning } = deleteOptions(request, isRecord(body.value) ? body.value : {});
  store.delete(ref, options);
  const headers: Record<string, string> = {};
  if (warning !== undefined) headers['warning'] = `299 - "${warning}"`;
  const after = store.get(ref);
  if (after !== undefined && after.metadata.uid === before.metadata.uid)
    return { code: 200, body: shown(request, after), headers };
  const { group, plural } = request.type;
  const details = {
    name: ref.name,
    ...(group === '' ? {} : { group }),
    kind: plural,
    uid: before.metadata.uid,
  };
  return {
    code: 200,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details },
    headers,
  };
}

/** Reads DeleteOptions of body and query. A batch/v1 Job orphans its Pods unless told otherwise, as Kubernetes has it. */
function deleteOptions(
  request: ResourceRequest,
  body: JsonRecord,
): { options: DeleteOptions; warning?: string } {
  const policy = policyOf(body['propagationPolicy'] ?? request.query.get('propagationPolicy') ?? undefined);
  const legacy =
    body['orphanDependents'] ??
    (request.query.has('orphanDependents') ? isTrue(request.query.get('orphanDependents')) : undefined);
  const grace = body['gracePeriodSeconds'] ?? numberParameter(request.query, 'gracePeriodSeconds');
  const wanted = isRecord(body['preconditions']) ? body['preconditions'] : {};
  const byDefault = request.type.kind === 'Job' && policy === undefined && legacy === undefined;
  const chosen = policy ?? (legacy === true || byDefault ? 'Orphan' : 'Background');
  return {
    options: {
      propagationPolicy: chosen,
      ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
      preconditions: {
        ...(typeof wanted['uid'] === 'string' ? { uid: wanted['uid'] } : {}),
        ...(typeof wanted['resourceVersion'] === 'string'
          ? { resourceVersion: wanted['resourceVersion'] }
          : {}),
      },
    },
    ...(byDefault ? { warning: jobWarning } : {}),
  };
}

function policyOf(value: unknown): DeleteOptions['propagationPolicy'] {
  if (value === undefined || value === '') return undefined;
  if (value === 'Background' || value === 'Foreground' || value === 'Orphan') return value;
  throw badRequest(
    `propagationPolicy: Unsupported value: "${String(value)}": supported values: "Foreground", "Background", "Orphan"`,
  );
}

function expect(store: ObjectStore, request: ResourceRequest): KubeObject {
  const ref = refOfRequest(request);
  const object = store.get(ref);
  if (object === undefined)
    throw notFound({ group: request.type.group, resource: request.type.plural }, ref.name);
  return object;
}

function refOfRequest(request: ResourceRequest): ObjectRef {
  const { type, namespace, name = '' } = request;
  return { group: type.group, kind: type.kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** The object in a body, held to what the URL says. Kind and apiVersion may be left out, as with the real one. */
function decode(request: ResourceRequest, value: unknown): KubeObject {
  if (!isRecord(value))
    throw badRequest(`unable to decode the body as ${request.type.kind}: it is not an object`);
  const apiVersion = String(value['apiVersion'] ?? apiVersionOf(request));
  const kind = String(value['kind'] ?? request.type.kind);
  if (apiVersion !== apiVersionOf(request)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(request)})`,
    );
  }
  if (kind !== request.type.kind) {
    throw badRequest(`${kind} in version "${request.version}" cannot be handled as a ${request.type.kind}`);
  }
  const object: KubeObject = { ...value, apiVersion, kind, metadata: metadataOf(request, value['metadata']) };
  return request.group === 'events.k8s.io' ? toCoreEvent(object) : object;
}

function metadataOf(request: ResourceRequest, given: unknown): KubeObject['metadata'] {
  const metadata: JsonRecord = isRecord(given) ? given : {};
  const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
  const namespace = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : '';
  if (request.name !== undefined && request.verb !== 'create' && name !== '' && name !== request.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${request.name})`);
  }
  if (namespace !== '' && request.namespace !== undefined && namespace !== request.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const place = request.namespace === undefined ? {} : { namespace: request.namespace };
  return { ...metadata, ...place, name: request.verb === 'create' ? name : (request.name ?? name) };
}

function apiVersionOf(request: ResourceRequest): string {
  return request.group === '' ? request.version : `${request.group}/${request.version}`;
}
