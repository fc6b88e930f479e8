/**
 * What Jaeger's query API v3 answers over HTTP, for the spans that were received: a stand-in for Jaeger, as far as
 * the backend asks it. One trace and the search, in OTLP JSON under `result`; errors as Go's http.Error sends them
 * (cmd/jaeger/internal/extension/jaegerquery/internal/apiv3/http_gateway.go).
 */
import type { ReceivedSpan, ReceivedValue } from './decode.ts';

export interface QueryAnswer {
  status: number;
  type: string;
  body: string;
}

const ONE_TRACE = /^\/api\/v3\/traces\/([0-9a-f]{1,32})$/;
const SEARCH = '/api/v3/traces';
const DEFAULT_DEPTH = 100;

/** A span that was received twice is answered once, as a store that writes by id has it. */
export function answerQuery(url: URL, spans: readonly ReceivedSpan[]): QueryAnswer {
  const id = ONE_TRACE.exec(url.pathname)?.[1]?.padStart(32, '0');
  if (id !== undefined) return found(spans.filter((span) => span.traceId === id));
  if (url.pathname !== SEARCH) return { status: 404, type: 'text/plain', body: '404 page not found\n' };
  const from = nanoseconds(url.searchParams.get('query.start_time_min'));
  const to = nanoseconds(url.searchParams.get('query.start_time_max'));
  if (from === undefined || to === undefined) {
    return failure(400, 'malformed parameter query.start_time_min or query.start_time_max: it is required');
  }
  const attributes = attributesWanted(url.searchParams.get('query.attributes'));
  if (attributes === undefined) return failure(400, 'malformed parameter query.attributes');
  return found(searched(spans, { from, to, attributes, query: url.searchParams }));
}

interface Search {
  from: bigint;
  to: bigint;
  attributes: [string, string][];
  query: URLSearchParams;
}

/** All spans of the newest traces that have a span like the one that is looked for. */
function searched(spans: readonly ReceivedSpan[], { from, to, attributes, query }: Search): ReceivedSpan[] {
  const service = query.get('query.service_name');
  const name = query.get('query.operation_name');
  const starts = new Map<string, bigint>();
  for (const span of spans) {
    const start = BigInt(span.startTimeUnixNano);
    const matches =
      (service === null || span.resource['service.name'] === service) &&
      (name === null || span.name === name) &&
      start >= from &&
      start <= to &&
      attributes.every(([key, value]) => String(span.attributes[key] ?? span.resource[key]) === value);
    if (matches) starts.set(span.traceId, start);
  }
  const depth = Number(query.get('query.search_depth') ?? DEFAULT_DEPTH);
  const newest = [...starts].toSorted(([, one], [, other]) => (one < other ? 1 : -1)).slice(0, depth);
  const ids = new Set(newest.map(([traceId]) => traceId));
  return spans.filter(({ traceId }) => ids.has(traceId));
}

function attributesWanted(text: string | null): [string, string][] | undefined {
  try {
    const parsed: unknown = JSON.parse(text ?? '{}');
    return Object.entries(parsed ?? {}).map(([key, value]) => [key, String(value)]);
  } catch {
    return undefined;
  }
}

function nanoseconds(text: string | null): bigint | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : BigInt(at) * 1_000_000n;
}

function found(spans: readonly ReceivedSpan[]): QueryAnswer {
  const unique = new Map(spans.map((span) => [`${span.traceId}/${span.spanId}`, span]));
  if (unique.size === 0) return failure(404, 'No traces found');
  const groups = new Map<string, ReceivedSpan[]>();
  for (const span of unique.values()) {
    const key = JSON.stringify(span.resource);
    groups.set(key, [...(groups.get(key) ?? []), span]);
  }
  const resourceSpans = [...groups.values()].map((members) => ({
    resource: { attributes: keyValues(members[0]?.resource ?? {}) },
    scopeSpans: [{ scope: {}, spans: members.map(spanJson) }],
  }));
  return {
    status: 200,
    type: 'application/json',
    body: JSON.stringify({ result: { resourceSpans } }),
  };
}

function spanJson(span: ReceivedSpan): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === '' ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
    attributes: keyValues(span.attributes),
    events: span.events.map((event) => ({ ...event, attributes: keyValues(event.attributes) })),
    links: span.links.map((link) => ({ ...link, attributes: keyValues(link.attributes) })),
    status: { code: span.statusCode, message: span.statusMessage },
  };
}

function keyValues(attributes: Record<string, ReceivedValue>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** 64-bit integers are text in protobuf's JSON. */
function anyValue(value: ReceivedValue): object {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function failure(status: number, message: string): QueryAnswer {
  const body = `${JSON.stringify({ error: { httpCode: status, message } })}\n`;
  return { status, type: 'text/plain; charset=utf-8', body };
}
