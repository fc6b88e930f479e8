/** Cuts a span down to what the tab shows: few attributes of foreign spans, bounded texts and lists of all. */
import type { TraceSpan } from '../answers.ts';
import type { Attributes, SourceSpan } from '../jaeger/otlp.ts';
import { isStagelineSpan } from './owners.ts';

const MAX_TEXT = 2000;
const MAX_NAME = 300;
const MAX_KEY = 200;
const MAX_ATTRIBUTES = 64;
const MAX_LIST = 32;

/** What was called and what broke. Addresses with queries, headers, statements and stack traces stay away. */
const SHOWN_KEYS = new Set([
  'db.namespace',
  'db.operation.name',
  'db.system',
  'db.system.name',
  'error.type',
  'exception.message',
  'exception.type',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'messaging.destination.name',
  'messaging.system',
  'opentracing.ref_type',
  'otel.scope.name',
  'server.address',
  'server.port',
]);
const SHOWN_PREFIXES = ['cicd.', 'deployment.', 'k8s.', 'keptn.', 'rpc.', 'service.', 'stageline.', 'vcs.'];

/** `origin` is the trace's start in nanoseconds. */
export function trimSpan(span: SourceSpan, origin: bigint): TraceSpan {
  const own = isStagelineSpan(span);
  return {
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: cut(span.name, MAX_NAME),
    service: cut(String(span.resource['service.name'] ?? ''), MAX_NAME),
    kind: span.kind,
    startedAt: rfc3339(span.start),
    finishedAt: rfc3339(span.end),
    offsetMs: milliseconds(span.start - origin),
    durationMs: milliseconds(span.end - span.start),
    status: span.status,
    ...(span.statusMessage === undefined ? {} : { statusMessage: cut(span.statusMessage, MAX_TEXT) }),
    attributes: trimAttributes(span.attributes, own),
    events: span.events.slice(0, MAX_LIST).map((event) => ({
      name: cut(event.name, MAX_TEXT),
      at: rfc3339(event.at),
      attributes: trimAttributes(event.attributes, own),
    })),
    links: span.links.slice(0, MAX_LIST).map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      attributes: trimAttributes(link.attributes, own),
    })),
  };
}

/** RFC 3339 in UTC. Nanoseconds are cut to milliseconds; years that Date cannot hold become its last. */
export function rfc3339(time: bigint): string {
  return new Date(Number(time / 1_000_000n)).toISOString();
}

function milliseconds(duration: bigint): number {
  return Number(duration) / 1_000_000;
}

function trimAttributes(attributes: Attributes, own: boolean): Attributes {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([key, value]) => key.length <= MAX_KEY && (own ? isHarmless(key, value) : isShown(key)))
      .slice(0, MAX_ATTRIBUTES)
      .map(([key, value]) => [key, trimValue(value)]),
  );
}

function isShown(key: string): boolean {
  return SHOWN_KEYS.has(key) || SHOWN_PREFIXES.some((prefix) => key.startsWith(prefix));
}

/** The tab makes links of addresses. */
function isHarmless(key: string, value: Attributes[string]): boolean {
  return key !== 'url.full' || (typeof value === 'string' && /^https?:\/\//i.test(value));
}

function trimValue(value: Attributes[string]): Attributes[string] {
  if (typeof value === 'string') return cut(value, MAX_TEXT);
  if (Array.isArray(value)) return value.slice(0, MAX_LIST).map((item) => cut(item, MAX_TEXT));
  return Number.isNaN(value) ? 'NaN' : value;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
