/** The `pods/log` subresource: what the API server asks of whoever runs the Pods, and the stream it makes of it. */
import type { ServerResponse } from 'node:http';
import { badRequest, notFound } from './errors.ts';
import { isTrue, numberParameter, type ResourceRequest } from './request.ts';
import { podSchema, type Pod } from './schemas.ts';
import type { ObjectStore } from './types.ts';

export interface LogLine {
  /** RFC 3339 with nanoseconds. */
  time: string;
  /** Without its line break. */
  text: string;
}

/** The output of one container, kept while its Pod exists. */
export interface ContainerLog {
  lines(): readonly LogLine[];
  /** Calls for each further line, and once when no more can come. Returns the function that stops it. */
  follow(onLine: (line: LogLine) => void, onEnd: () => void): () => void;
}

export interface PodLogSource {
  /** Undefined while the container has not been started. `previous` is the run before the last restart. */
  open(
    pod: { namespace: string; name: string },
    container: string,
    previous: boolean,
  ): ContainerLog | undefined;
}

/** Answers `GET …/pods/{name}/log`. Throws 404 for an unknown Pod and 400 for a container without output yet. */
export function servePodLog(
  request: ResourceRequest,
  response: ServerResponse,
  parts: { store: ObjectStore; source: PodLogSource | undefined; now: () => Date },
): void {
  const { namespace = '', name = '', query } = request;
  const found = parts.store.get({ group: '', kind: 'Pod', namespace, name });
  if (found === undefined) throw notFound({ group: '', resource: 'pods' }, name);
  const pod = podSchema.parse(found);
  const container = containerOf(pod, query.get('container') ?? '');
  const log = parts.source?.open({ namespace, name }, container, isTrue(query.get('previous')));
  if (log === undefined) throw notStarted(pod, container, isTrue(query.get('previous')));
  const format = isTrue(query.get('timestamps')) ? (line: LogLine) => `${line.time} ${line.text}\n` : plain;
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write(limited(wanted(log.lines(), query, parts.now()).map(format).join(''), query));
  if (!isTrue(query.get('follow'))) {
    response.end();
    return;
  }
  response.flushHeaders();
  const stop = log.follow(
    (line) => response.write(format(line)),
    () => response.end(),
  );
  response.on('close', stop);
}

function plain(line: LogLine): string {
  return `${line.text}\n`;
}

function containerOf(pod: Pod, asked: string): string {
  const names = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])].map(({ name }) => name);
  if (asked !== '' && !names.includes(asked)) {
    throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  if (asked !== '') return asked;
  const own = (pod.spec.containers ?? []).map(({ name }) => name);
  const preferred = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (preferred !== undefined && own.includes(preferred)) return preferred;
  const [only, ...others] = own;
  if (only !== undefined && others.length === 0) return only;
  throw badRequest(
    `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${own.join(' ')}]`,
  );
}

function notStarted(pod: Pod, container: string, previous: boolean): Error {
  const where = `container "${container}" in pod "${pod.metadata.name}"`;
  if (previous)
    return badRequest(`previous terminated container "${container}" in pod "${pod.metadata.name}" not found`);
  const statuses = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
  const waiting = statuses.find(({ name }) => name === container)?.state.waiting;
  return badRequest(`${where} is waiting to start: ${waiting?.reason ?? 'ContainerCreating'}`);
}

function wanted(lines: readonly LogLine[], query: URLSearchParams, now: Date): readonly LogLine[] {
  const seconds = numberParameter(query, 'sinceSeconds');
  const since =
    seconds === undefined ? query.get('sinceTime') : new Date(now.getTime() - seconds * 1000).toISOString();
  const after = since === null ? lines : lines.filter((line) => Date.parse(line.time) >= Date.parse(since));
  const tail = numberParameter(query, 'tailLines');
  if (tail === undefined) return after;
  return tail === 0 ? [] : after.slice(-tail);
}

function limited(text: string, query: URLSearchParams): string {
  const limit = numberParameter(query, 'limitBytes');
  return limit === undefined ? text : Buffer.from(text).subarray(0, limit).toString();
}
