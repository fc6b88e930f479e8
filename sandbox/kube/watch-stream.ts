/** The answer to a watch: one JSON event a line, from a version on, until the client or the time is through. */
import type { ServerResponse } from 'node:http';
import { KubeApiError, badRequest, statusOf } from './errors.ts';
import { selected, shown } from './handlers.ts';
import { isTrue, numberParameter, type ResourceRequest } from './request.ts';
import type { KubeObject, ObjectStore } from './types.ts';
import type { WatchHistory } from './watch-history.ts';

/** Kubernetes ends watches after 30 to 60 minutes. */
const defaultWatchSeconds = 1800;
const bookmarkMs = 60_000;

/**
 * Streams the changes of what the request selects. Without a version the present objects come first, as additions;
 * a version whose changes are no longer kept gets a 410 event, upon which clients list again.
 */
export function streamWatch(
  context: { store: ObjectStore; history: WatchHistory },
  request: ResourceRequest,
  response: ServerResponse,
): void {
  const asked = request.query.get('resourceVersion') ?? '';
  const initial = asked === '' || asked === '0';
  if (!initial && !/^\d+$/.test(asked)) throw badRequest(`invalid resource version "${asked}"`);
  const seconds = numberParameter(request.query, 'timeoutSeconds') || defaultWatchSeconds;
  response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
  response.flushHeaders();
  const send = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);
  if (initial) for (const object of selected(context.store, request)) send('ADDED', shown(request, object));
  const from = initial ? context.store.resourceVersion() : Number(asked);
  const stop = context.history.follow(from, filterOf(request), (event) =>
    send(event.type, shown(request, event.object)),
  );
  if (stop === false) {
    const expired = new KubeApiError(
      `too old resource version: ${asked} (${context.store.resourceVersion()})`,
      {
        code: 410,
        reason: 'Expired',
      },
    );
    send('ERROR', statusOf(expired));
    response.end();
    return;
  }
  const bookmarks = isTrue(request.query.get('allowWatchBookmarks'));
  const marks = setInterval(
    () => bookmarks && send('BOOKMARK', bookmark(context.store, request)),
    bookmarkMs,
  );
  const end = setTimeout(() => response.end(), Math.min(seconds, 86_400) * 1000);
  response.on('close', () => {
    stop();
    clearInterval(marks);
    clearTimeout(end);
  });
}

function filterOf(request: ResourceRequest): (object: KubeObject) => boolean {
  const { type, namespace, matches } = request;
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  return (object) =>
    object.kind === type.kind &&
    object.apiVersion === apiVersion &&
    (namespace === undefined || object.metadata.namespace === namespace) &&
    matches(object);
}

function bookmark(store: ObjectStore, request: ResourceRequest): unknown {
  const { group, version, type } = request;
  const resourceVersion = String(store.resourceVersion());
  return {
    kind: type.kind,
    apiVersion: group === '' ? version : `${group}/${version}`,
    metadata: { resourceVersion },
  };
}
