/** For tests only: traces as the backend answers them. */
import type { Span, Trace } from '../view-model/trace/span.ts';

const START = Date.UTC(2030, 0, 1);

/** One span of an answer, `index` milliseconds after the start of the trace. */
export function makeSpan(index: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    spanId: spanId(index),
    name: `span ${index}`,
    service: 'shop',
    kind: 'internal',
    startedAt: new Date(START + index).toISOString(),
    finishedAt: new Date(START + index + 10).toISOString(),
    offsetMs: index,
    durationMs: 10,
    status: 'unset',
    attributes: {},
    events: [],
    links: [],
    ...more,
  };
}

function spanId(index: number): string {
  return (index + 1).toString(16).padStart(16, '0');
}

/** Numbers between 0 and 1 that look random and are the same each time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const SERVICES = ['frontend', 'backend', 'warehouse', 'prices', 'mail'];
const ROUTES = ['GET /cart', 'POST /orders', 'SELECT items', 'GET /prices/{id}', 'publish order'];

/** A tree of many spans, each inside its parent's time. */
export function serviceTrace(count: number): Trace {
  const random = sequence(7);
  const spans: Span[] = [];
  for (let index = 0; index < count; index += 1) {
    const parent =
      index === 0 ? undefined : spans[Math.floor(random() * Math.min(index, 40) + Math.max(0, index - 400))];
    const from = parent?.startedAt ?? START;
    const length = (parent?.finishedAt ?? START + 30_000) - from;
    const startedAt = index === 0 ? from : from + random() * length * 0.7;
    spans.push({
      id: spanId(index),
      parentId: parent?.id ?? '',
      name: index === 0 ? 'send load' : (ROUTES[index % ROUTES.length] ?? ''),
      service: index === 0 ? 'frontend' : (SERVICES[Math.floor(random() * SERVICES.length)] ?? ''),
      kind: index % 2 === 0 ? 'server' : 'client',
      startedAt,
      finishedAt: index === 0 ? from + length : startedAt + (from + length - startedAt) * random(),
      status: index % 431 === 430 ? 'error' : 'unset',
      message: index % 431 === 430 ? 'deadline exceeded' : '',
      attributes: [
        { key: 'http.route', value: ROUTES[index % ROUTES.length] ?? '' },
        { key: 'http.response.status_code', value: index % 431 === 430 ? '504' : '200' },
        { key: 'server.address', value: `pod-${index % 97}.shop.svc` },
      ],
      events: [],
      links: [],
    });
  }
  return { traceId: 'a'.repeat(32), spans, spanCount: count, finished: true };
}

/** The text that the backend answers for a trace, moved to begin at `start`, for the trace id that is asked for. */
export function traceAnswerText(trace: Trace, options: { traceId: string; start: number }): string {
  const { traceId, start } = options;
  const shift = start - (trace.spans[0]?.startedAt ?? start);
  const iso = (at: number): string => new Date(Math.floor(at + shift)).toISOString();
  return JSON.stringify({
    source: 'jaeger',
    traceId,
    finished: trace.finished,
    truncated: false,
    spanCount: trace.spanCount,
    startedAt: iso(trace.spans[0]?.startedAt ?? start),
    spans: trace.spans.map((span) => ({
      spanId: span.id,
      ...(span.parentId === '' ? {} : { parentSpanId: span.parentId }),
      name: span.name,
      service: span.service,
      kind: span.kind,
      startedAt: iso(span.startedAt),
      finishedAt: iso(span.finishedAt ?? span.startedAt),
      offsetMs: span.startedAt + shift - start,
      durationMs: (span.finishedAt ?? span.startedAt) - span.startedAt,
      status: span.status,
      ...(span.message === '' ? {} : { statusMessage: span.message }),
      attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, value])),
      events: [],
      links: [],
    })),
  });
}
