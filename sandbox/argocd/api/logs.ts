/** `GET …/{name}/logs`: the output of an application's pods, line by line, as argocd-server streams it. */
import type { ContainerLog, KubeObject, LogLine } from '../../kube/index.ts';
import { ArgoCdError } from '../engine/index.ts';
import type { TreeNode } from '../engine/index.ts';
import { recordsAt, textAt } from '../engine/json.ts';
import { applicationOf, requireRight } from './context.ts';
import type { ApiCall } from './context.ts';
import { openStream } from './event-stream.ts';

const MAX_PODS = 10;

interface PodLine extends LogLine {
  podName: string;
}
interface LogQuery {
  container: string;
  follow: boolean;
  previous: boolean;
  tailLines: number | undefined;
  since: number;
  until: number;
  accepts: (text: string) => boolean;
}

/** Streams lines, then an empty one with `last: true`; `download=true` sends plain text. */
export function getLogs(call: ApiCall): undefined {
  const found = applicationOf(call);
  requireRight(call, 'get', found.object, 'logs');
  const pods = podsOf(call.context.argo.tree(found.key).nodes ?? [], call.query);
  if (pods.length > MAX_PODS) {
    const message = 'max pods to view logs are reached. Please provide more granular query';
    throw new ArgoCdError('InvalidArgument', message);
  }
  const query = logQuery(call);
  const logs = pods.map((pod) => ({ pod, log: openLog(call, pod, query) }));
  const past = logs.flatMap(({ pod, log }) =>
    pastLines(log, query).map((line) => ({ ...line, podName: pod.name })),
  );
  past.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)));
  if (call.query.get('download') === 'true') return download(call, past);
  if (pods.length === 0) {
    call.response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    call.response.end();
    return undefined;
  }
  const stream = openStream(call.request, call.response, call.context.keepaliveMs);
  for (const line of past) stream.send(message(line, false));
  const finish = (): void => {
    stream.send(message({ time: nanoseconds(call.context.now()), text: '', podName: '' }, true));
    stream.end();
  };
  const live = logs.filter(({ log }) => query.follow && typeof log !== 'string');
  let open = live.length;
  if (open === 0) {
    finish();
    return undefined;
  }
  for (const { pod, log } of live) {
    if (typeof log === 'string') continue;
    const onEnd = (): void => {
      open -= 1;
      if (open === 0) finish();
    };
    const stop = log.follow((line) => {
      if (query.accepts(line.text)) stream.send(message({ ...line, podName: pod.name }, false));
    }, onEnd);
    stream.onClose(stop);
  }
  return undefined;
}

function download(call: ApiCall, lines: PodLine[]): undefined {
  call.response.writeHead(200, {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${call.params['name'] ?? 'app'}.log"`,
  });
  call.response.end(lines.map((line) => `${line.text}\n`).join(''));
  return undefined;
}

/** The named pod, or every pod below the named resource; without either, all pods of the tree. */
function podsOf(nodes: TreeNode[], query: URLSearchParams): TreeNode[] {
  const pods = nodes.filter((node) => node.kind === 'Pod' && !node.group);
  const asked = (name: string): string => query.get(name) ?? '';
  const podName = asked('podName');
  if (podName !== '') return pods.filter((pod) => pod.name === podName);
  const kind = asked('kind');
  const wanted = nodes.filter(
    (node) =>
      (kind === '' || node.kind === kind) &&
      (asked('group') === '' || (node.group ?? '') === asked('group')) &&
      (asked('resourceName') === '' || node.name === asked('resourceName')) &&
      (asked('namespace') === '' || node.namespace === asked('namespace')),
  );
  const below = new Set(wanted.map((node) => node.uid));
  let size = 0;
  while (size !== below.size) {
    size = below.size;
    for (const node of nodes)
      if (node.parentRefs?.some((parent) => below.has(parent.uid))) below.add(node.uid);
  }
  return pods.filter((pod) => below.has(pod.uid));
}

function logQuery(call: ApiCall): LogQuery {
  const { query } = call;
  const filter = query.get('filter') ?? '';
  const inverted = filter.startsWith('!');
  const fold = (text: string): string => (query.get('matchCase') === 'true' ? text : text.toLowerCase());
  const needle = fold(inverted ? filter.slice(1) : filter);
  const tail = query.get('tailLines');
  const seconds = Number(query.get('sinceSeconds') ?? '0');
  return {
    container: query.get('container') ?? '',
    follow: query.get('follow') === 'true',
    previous: query.get('previous') === 'true',
    tailLines: tail === null || tail === '0' ? undefined : Number(tail),
    since: seconds > 0 ? call.context.now().getTime() - seconds * 1000 : 0,
    until: Date.parse(query.get('untilTime') ?? '') || Number.POSITIVE_INFINITY,
    accepts: (text) => needle === '' || fold(text).includes(needle) !== inverted,
  };
}

/** The container's log, or what Kubernetes says instead: Argo CD sends that as content. */
function openLog(call: ApiCall, pod: TreeNode, query: LogQuery): ContainerLog | string {
  const ref = { group: '', kind: 'Pod', namespace: pod.namespace ?? '', name: pod.name };
  const live = call.context.argo.store.get(ref);
  if (!live) return `pods "${pod.name}" not found`;
  const container = query.container === '' ? defaultContainer(live) : query.container;
  const log = call.context.logs?.open(
    { namespace: ref.namespace, name: pod.name },
    container,
    query.previous,
  );
  return log ?? `container "${container}" in pod "${pod.name}" is waiting to start: ContainerCreating`;
}

function defaultContainer(pod: KubeObject): string {
  const named = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const [first] = recordsAt(pod, 'spec', 'containers');
  return named ?? textAt(first, 'name') ?? '';
}

function pastLines(log: ContainerLog | string, query: LogQuery): LogLine[] {
  if (typeof log === 'string') return [{ time: '', text: log }];
  const lines = log.lines().filter((line) => {
    const at = Date.parse(line.time);
    return at >= query.since && at <= query.until && query.accepts(line.text);
  });
  return query.tailLines === undefined ? lines : lines.slice(-query.tailLines);
}

function message(line: PodLine, last: boolean): unknown {
  const timeStamp = line.time.replace(/\.\d+Z$/, 'Z');
  return { result: { content: line.text, timeStamp, last, timeStampStr: line.time, podName: line.podName } };
}

function nanoseconds(date: Date): string {
  return date.toISOString().replace('Z', '000000Z');
}
