/**
 * Reads what Jaeger's query API v3 answers: OTLP JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding)
 * under `result`, as cmd/jaeger/internal/extension/jaegerquery/internal/apiv3/http_gateway.go writes it. Lenient,
 * because its form has changed: ids in hexadecimal or base64, enums as numbers or names, 64-bit numbers as text or
 * not, one document or one a line, `instrumentationLibrarySpans` before 2022. A span that cannot be read is left out.
 */
import { z } from 'zod';
import type { AttributeValue } from '../../../core/spans.ts';
import { SPAN_KINDS } from '../answers.ts';

export type Attributes = Record<string, AttributeValue>;

export interface SourceSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: (typeof SPAN_KINDS)[number];
  /** Nanoseconds since the epoch. */
  start: bigint;
  end: bigint;
  status: 'ok' | 'error' | 'unset';
  statusMessage?: string;
  attributes: Attributes;
  resource: Attributes;
  events: { name: string; at: bigint; attributes: Attributes }[];
  links: { traceId: string; spanId: string; attributes: Attributes }[];
}

const LARGEST_TIME = 2n ** 63n - 1n;
const nanoseconds = z
  .union([z.string().regex(/^\d{1,19}$/), z.int().min(0)])
  .transform((value) => BigInt(value))
  .refine((value) => value <= LARGEST_TIME);
const enumerated = z.union([z.number(), z.string()]).optional();
const keyValues = z.array(z.object({ key: z.string(), value: z.unknown() })).nullish();
const listOf = (item: z.ZodType) => z.array(item).nullish();

const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().nullish(),
  name: z.string().default(''),
  kind: enumerated,
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes: keyValues,
  status: z.object({ code: enumerated, message: z.string().nullish() }).nullish(),
  events: z
    .array(z.object({ name: z.string().default(''), timeUnixNano: nanoseconds, attributes: keyValues }))
    .nullish(),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes: keyValues })).nullish(),
});

const ScopeSpans = z.object({ spans: listOf(z.unknown()) });
const ResourceSpans = z.object({
  resource: z.object({ attributes: keyValues }).nullish(),
  scopeSpans: z.array(ScopeSpans).nullish(),
  instrumentationLibrarySpans: z.array(ScopeSpans).nullish(),
});
const TracesData = z.object({ resourceSpans: z.array(ResourceSpans).nullish() });
const Wrapped = z.object({ result: TracesData });

/** The spans of an answer, or undefined if it is not one of Jaeger's query API v3. */
export function parseTraces(text: string): SourceSpan[] | undefined {
  const documents = parseDocuments(text);
  if (documents === undefined) return undefined;
  const parts = documents.map(tracesData);
  if (parts.includes(undefined)) return undefined;
  return parts.flatMap((part) => (part?.resourceSpans ?? []).flatMap(spansOf));
}

/** Whether a text is the error that Jaeger's API answers, `{"error": …}`, and not some other server's page. */
export function isJaegerError(text: string): boolean {
  const document = parseDocuments(text)?.[0];
  return typeof document === 'object' && document !== null && ('error' in document || 'code' in document);
}

function parseDocuments(text: string): unknown[] | undefined {
  const whole = parseJson(text);
  if (whole !== undefined) return [whole];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const documents = lines.map(parseJson);
  return lines.length < 2 || documents.includes(undefined) ? undefined : documents;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tracesData(document: unknown): z.infer<typeof TracesData> | undefined {
  const wrapped = Wrapped.safeParse(document);
  if (wrapped.success) return wrapped.data.result;
  const bare = TracesData.safeParse(document);
  const isBare = typeof document === 'object' && document !== null && 'resourceSpans' in document;
  return isBare && bare.success ? bare.data : undefined;
}

function spansOf(group: z.infer<typeof ResourceSpans>): SourceSpan[] {
  const resource = attributesOf(group.resource?.attributes);
  const scopes = [...(group.scopeSpans ?? []), ...(group.instrumentationLibrarySpans ?? [])];
  return scopes.flatMap((scope) => {
    const raw = scope.spans ?? [];
    // What was read is let go of at once: of a large trace both forms would not fit side by side.
    return raw.flatMap((span, index) => {
      raw[index] = undefined;
      return spanOf(span, resource);
    });
  });
}

function spanOf(raw: unknown, resource: Attributes): SourceSpan[] {
  const parsed = Span.safeParse(raw);
  if (!parsed.success) return [];
  const span = parsed.data;
  const traceId = idOf(span.traceId, 16);
  const spanId = idOf(span.spanId, 8);
  const parentSpanId = idOf(span.parentSpanId ?? '', 8);
  if (traceId === undefined || spanId === undefined) return [];
  const start = span.startTimeUnixNano;
  return [
    {
      traceId,
      spanId,
      ...(parentSpanId === undefined ? {} : { parentSpanId }),
      name: span.name,
      kind: kindOf(span.kind),
      start,
      // A clock that was set back must not make a bar of negative length.
      end: span.endTimeUnixNano < start ? start : span.endTimeUnixNano,
      status: statusOf(span.status?.code),
      ...(span.status?.message ? { statusMessage: span.status.message } : {}),
      attributes: attributesOf(span.attributes),
      resource,
      events: (span.events ?? []).map((event) => ({
        name: event.name,
        at: event.timeUnixNano,
        attributes: attributesOf(event.attributes),
      })),
      links: (span.links ?? []).flatMap((link) => {
        const target = { traceId: idOf(link.traceId, 16), spanId: idOf(link.spanId, 8) };
        if (target.traceId === undefined || target.spanId === undefined) return [];
        return [
          {
            ...target,
            traceId: target.traceId,
            spanId: target.spanId,
            attributes: attributesOf(link.attributes),
          },
        ];
      }),
    },
  ];
}

/** Hexadecimal as OTLP wants it, or base64 as protobuf's own JSON mapping has bytes; all zero is no id. */
function idOf(text: string, bytes: number): string | undefined {
  const hex = new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`).test(text)
    ? text.toLowerCase()
    : Buffer.from(text, 'base64').toString('hex');
  return hex.length === bytes * 2 && !/^0+$/.test(hex) ? hex : undefined;
}

function kindOf(kind: string | number | undefined): SourceSpan['kind'] {
  const name = typeof kind === 'number' ? SPAN_KINDS[kind] : kind?.replace(/^SPAN_KIND_/, '').toLowerCase();
  return SPAN_KINDS.find((known) => known === name) ?? 'unspecified';
}

function statusOf(code: string | number | undefined): SourceSpan['status'] {
  if (code === 1 || code === 'STATUS_CODE_OK') return 'ok';
  return code === 2 || code === 'STATUS_CODE_ERROR' ? 'error' : 'unset';
}

function attributesOf(list: z.infer<typeof keyValues>): Attributes {
  // fromEntries defines own properties, so that a key `__proto__` is one like any other.
  return Object.fromEntries(
    (list ?? []).flatMap(({ key, value }) => {
      const decoded = valueOf(value);
      return decoded === undefined ? [] : [[key, decoded]];
    }),
  );
}

function valueOf(value: unknown): AttributeValue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('stringValue' in value && typeof value.stringValue === 'string') return value.stringValue;
  if ('boolValue' in value && typeof value.boolValue === 'boolean') return value.boolValue;
  if ('intValue' in value) return numberOf(value.intValue);
  if ('doubleValue' in value) return numberOf(value.doubleValue);
  if ('arrayValue' in value) return listValueOf(value.arrayValue);
  return undefined;
}

/** Numbers that JavaScript cannot hold exactly, and NaN and the infinities, stay text. */
function numberOf(value: unknown): number | string | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const number = Number(value);
  const exact = Number.isFinite(number) && (!/^-?\d+$/.test(value) || Number.isSafeInteger(number));
  return exact && value !== '' ? number : value;
}

function listValueOf(array: unknown): string[] {
  const values = typeof array === 'object' && array !== null && 'values' in array ? array.values : undefined;
  if (!Array.isArray(values)) return [];
  return values
    .map(valueOf)
    .filter((item) => item !== undefined)
    .map(String);
}
