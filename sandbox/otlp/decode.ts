/** From an OTLP/HTTP protobuf body to plain spans. */
import protobuf from 'protobufjs';
import { OTLP_DESCRIPTOR } from './schema.ts';

export type ReceivedValue = string | number | boolean | ReceivedValue[];

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty for a root span. */
  parentSpanId: string;
  name: string;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  /** Nanoseconds since 1970, as decimal text: they do not fit a double. */
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  /** 0 unset, 1 ok, 2 error. */
  statusCode: number;
  statusMessage: string;
  attributes: Record<string, ReceivedValue>;
  events: { name: string; timeUnixNano: string; attributes: Record<string, ReceivedValue> }[];
  links: { traceId: string; spanId: string; attributes: Record<string, ReceivedValue> }[];
  resource: Record<string, ReceivedValue>;
}

const types = protobuf.Root.fromJSON(OTLP_DESCRIPTOR as unknown as protobuf.INamespace);
const TracesRequest = types.lookupType('TracesRequest');

interface RawValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string;
  doubleValue?: number;
  arrayValue?: { values?: RawValue[] };
}
type RawAttributes = { key?: string; value?: RawValue }[];
interface RawSpan {
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  name?: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: RawAttributes;
  events?: { timeUnixNano?: string; name?: string; attributes?: RawAttributes }[];
  links?: { traceId?: string; spanId?: string; attributes?: RawAttributes }[];
  status?: { code?: number; message?: string };
}
interface RawRequest {
  resourceSpans?: { resource?: { attributes?: RawAttributes }; scopeSpans?: { spans?: RawSpan[] }[] }[];
}

/** All spans of one export request, in order. Throws on bytes that are no such message. */
export function decodeTraces(body: Uint8Array): ReceivedSpan[] {
  const request = TracesRequest.toObject(TracesRequest.decode(body), {
    longs: String,
    bytes: String,
  }) as RawRequest;
  return (request.resourceSpans ?? []).flatMap((group) => {
    const resource = attributesOf(group.resource?.attributes);
    return (group.scopeSpans ?? []).flatMap((scope) =>
      (scope.spans ?? []).map((span) => spanOf(span, resource)),
    );
  });
}

function spanOf(span: RawSpan, resource: Record<string, ReceivedValue>): ReceivedSpan {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    name: span.name ?? '',
    kind: span.kind ?? 0,
    startTimeUnixNano: span.startTimeUnixNano ?? '0',
    endTimeUnixNano: span.endTimeUnixNano ?? '0',
    statusCode: span.status?.code ?? 0,
    statusMessage: span.status?.message ?? '',
    attributes: attributesOf(span.attributes),
    events: (span.events ?? []).map((event) => ({
      name: event.name ?? '',
      timeUnixNano: event.timeUnixNano ?? '0',
      attributes: attributesOf(event.attributes),
    })),
    links: (span.links ?? []).map((link) => ({
      traceId: hex(link.traceId),
      spanId: hex(link.spanId),
      attributes: attributesOf(link.attributes),
    })),
    resource,
  };
}

function attributesOf(attributes: RawAttributes | undefined): Record<string, ReceivedValue> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key ?? '', valueOf(value ?? {})]));
}

function valueOf(value: RawValue): ReceivedValue {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(valueOf);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? '';
}

function hex(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('hex');
}
