/** What the backend, or whatever stands where it should be, answered to the question for a trace. */
import { errorText } from '../answers.ts';
import { isRecord, message, parsedJson, text } from '../text.ts';
import { parseTime } from '../time.ts';
import { SPAN_ID, TRACE_ID, type Pair, type Span, type SpanLink, type Trace } from './span.ts';

export type BackendAnswer =
  | { kind: 'trace'; trace: Trace }
  /** No backend is installed, or Argo CD's proxy for it is off. */
  | { kind: 'absent' }
  /** There is one, without a trace store behind it. */
  | { kind: 'no-store' }
  /** The store has no such trace of this application: not yet, or not any more. */
  | { kind: 'unknown' }
  | { kind: 'denied' }
  | { kind: 'failed'; reason: string };

const SPANS_SHOWN = 10_000;
const PAIRS_SHOWN = 80;
const EVENTS_SHOWN = 100;
const LINKS_SHOWN = 50;
const VALUE_LIMIT = 2000;

/** Reads an answer of `/v1/traces/{id}`. Argo CD's own refusals are text, the backend's are JSON. */
export function backendAnswer(httpStatus: number, body: string): BackendAnswer {
  const value = parsedJson(body);
  const problem = isRecord(value) && isRecord(value['error']) ? value['error'] : undefined;
  if (problem !== undefined) {
    if (problem['code'] === 'TRACE_NOT_FOUND') return { kind: 'unknown' };
    return { kind: 'failed', reason: text(problem['message']) || `it answered ${httpStatus}` };
  }
  if (httpStatus === 200) return traceOf(value);
  if (httpStatus === 404 || (httpStatus === 400 && /invalid extension/i.test(body)))
    return { kind: 'absent' };
  if (httpStatus === 401 && /unauthorized/i.test(body)) return { kind: 'denied' };
  return { kind: 'failed', reason: errorText(body) || `Argo CD answered ${httpStatus}` };
}

/** A page in place of JSON is what Argo CD serves where its proxy is off. */
function traceOf(value: unknown): BackendAnswer {
  if (!isRecord(value) || !Array.isArray(value['spans'])) return { kind: 'absent' };
  if (value['source'] === 'none') return { kind: 'no-store' };
  const traceId = text(value['traceId']);
  const base = parseTime(value['startedAt']);
  const spans = value['spans'].slice(0, SPANS_SHOWN).flatMap((raw: unknown) => spanOf(raw, base));
  if (!TRACE_ID.test(traceId)) return { kind: 'failed', reason: 'its answer is of another release' };
  const { spanCount } = value;
  return {
    kind: 'trace',
    trace: {
      traceId,
      spans,
      spanCount: typeof spanCount === 'number' ? Math.max(spanCount, spans.length) : spans.length,
      finished: value['finished'] === true,
    },
  };
}

const STATUSES = { ok: 'ok', error: 'error' } as const;

/** `base`: the trace's start. Exact are only the offset and the duration; times are cut to milliseconds. */
function spanOf(raw: unknown, base: number | undefined): Span[] {
  if (!isRecord(raw)) return [];
  const id = text(raw['spanId']);
  const { durationMs, offsetMs, status } = raw;
  const startedAt =
    base !== undefined && typeof offsetMs === 'number' ? base + offsetMs : parseTime(raw['startedAt']);
  if (!SPAN_ID.test(id) || startedAt === undefined) return [];
  const took = typeof durationMs === 'number' && durationMs >= 0 ? durationMs : 0;
  return [
    {
      id,
      parentId: text(raw['parentSpanId']),
      name: text(raw['name'], 300),
      service: text(raw['service']),
      kind: text(raw['kind'], 20),
      startedAt,
      finishedAt: startedAt + took,
      status: status === 'ok' || status === 'error' ? STATUSES[status] : 'unset',
      message: message(raw['statusMessage']),
      attributes: pairsOf(raw['attributes']),
      events: listOf(raw['events'])
        .slice(0, EVENTS_SHOWN)
        .flatMap((event) => {
          const at = isRecord(event) ? parseTime(event['at']) : undefined;
          if (!isRecord(event) || at === undefined) return [];
          return [{ name: text(event['name'], VALUE_LIMIT), at, attributes: pairsOf(event['attributes']) }];
        }),
      links: listOf(raw['links']).slice(0, LINKS_SHOWN).flatMap(linkOf),
    },
  ];
}

function linkOf(raw: unknown): SpanLink[] {
  if (!isRecord(raw)) return [];
  const [traceId, spanId] = [text(raw['traceId']), text(raw['spanId'])];
  if (!TRACE_ID.test(traceId)) return [];
  const attributes = isRecord(raw['attributes']) ? raw['attributes'] : {};
  return [{ traceId, spanId, stage: text(attributes['stageline.stage']) }];
}

function pairsOf(raw: unknown): Pair[] {
  if (!isRecord(raw)) return [];
  return Object.entries(raw)
    .slice(0, PAIRS_SHOWN)
    .map(([key, value]) => ({ key: text(key), value: valueText(value) }));
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return text(value.map((part) => text(part, VALUE_LIMIT)).join(', '), VALUE_LIMIT);
  return typeof value === 'boolean' ? String(value) : text(value, VALUE_LIMIT);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The template for addresses of traces out of an answer of `/v1/links`; undefined if there is none. */
export function linkTemplate(httpStatus: number, body: string): string | undefined {
  const value = httpStatus === 200 ? parsedJson(body) : undefined;
  return isRecord(value) && typeof value['trace'] === 'string' ? value['trace'] : undefined;
}
