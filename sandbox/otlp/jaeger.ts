/** The JSON that Jaeger's page takes under "Upload". */
import type { ReceivedSpan, ReceivedValue } from './decode.ts';

interface JaegerTag {
  key: string;
  type: 'string' | 'bool' | 'float64';
  value: string | number | boolean;
}

/** `{ data: [trace …] }`; a span that was received twice is in it once. Times become microseconds. */
export function jaegerUpload(spans: readonly ReceivedSpan[]): { data: unknown[] } {
  const unique = new Map(spans.map((span) => [`${span.traceId}/${span.spanId}`, span]));
  const traces = new Map<string, ReceivedSpan[]>();
  for (const span of unique.values()) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  return { data: [...traces].map(([traceID, members]) => ({ traceID, ...traceOf(members) })) };
}

function traceOf(spans: ReceivedSpan[]): { spans: unknown[]; processes: Record<string, unknown> } {
  const processes = new Map<string, { id: string; resource: Record<string, ReceivedValue> }>();
  for (const { resource } of spans) {
    const key = JSON.stringify(resource);
    if (!processes.has(key)) processes.set(key, { id: `p${processes.size + 1}`, resource });
  }
  const idOf = (span: ReceivedSpan): string => processes.get(JSON.stringify(span.resource))?.id ?? 'p1';
  return {
    spans: spans.map((span) => jaegerSpan(span, idOf(span))),
    processes: Object.fromEntries(
      [...processes.values()].map(({ id, resource }) => [
        id,
        { serviceName: String(resource['service.name'] ?? 'stageline'), tags: tagsOf(resource) },
      ]),
    ),
  };
}

function jaegerSpan(span: ReceivedSpan, processID: string): unknown {
  const parent =
    span.parentSpanId === ''
      ? []
      : [{ refType: 'CHILD_OF', traceID: span.traceId, spanID: span.parentSpanId }];
  const links = span.links.map((link) => ({
    refType: 'FOLLOWS_FROM',
    traceID: link.traceId,
    spanID: link.spanId,
  }));
  const status: JaegerTag[] =
    span.statusCode === 2
      ? [
          { key: 'error', type: 'bool', value: true },
          { key: 'otel.status_code', type: 'string', value: 'ERROR' },
          { key: 'otel.status_description', type: 'string', value: span.statusMessage },
        ]
      : [];
  return {
    traceID: span.traceId,
    spanID: span.spanId,
    operationName: span.name,
    references: [...parent, ...links],
    startTime: micros(span.startTimeUnixNano),
    duration: micros(span.endTimeUnixNano) - micros(span.startTimeUnixNano),
    tags: [...tagsOf(span.attributes), ...status],
    logs: span.events.map((event) => ({
      timestamp: micros(event.timeUnixNano),
      fields: [{ key: 'event', type: 'string', value: event.name }, ...tagsOf(event.attributes)],
    })),
    processID,
    warnings: null,
  };
}

function tagsOf(attributes: Record<string, ReceivedValue>): JaegerTag[] {
  return Object.entries(attributes).map(([key, value]) => {
    if (typeof value === 'boolean') return { key, type: 'bool', value };
    if (typeof value === 'number') return { key, type: 'float64', value };
    return { key, type: 'string', value: Array.isArray(value) ? JSON.stringify(value) : value };
  });
}

function micros(nanos: string): number {
  return Number(BigInt(nanos) / 1000n);
}
