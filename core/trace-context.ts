/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context/): reading and writing `traceparent`, and the span
 * ids of a delivery, which are derived from its trace id so that any process can name any span.
 */
import { createHash } from 'node:crypto';

export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all zero. */
  traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  spanId: string;
  sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Section 3.2: undefined for anything malformed. Later versions may carry more fields, version 00 may not. */
export function parseTraceparent(text: string): TraceParent | undefined {
  const match = TRACEPARENT.exec(text.trim());
  if (!match) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Always version 00. */
export function formatTraceparent(parent: TraceParent): string {
  return `00-${parent.traceId}-${parent.spanId}-${parent.sampled ? '01' : '00'}`;
}

/** A trace parent as it is passed on: of version 00, without what a later version may carry. Undefined for anything malformed. */
export function normalTraceparent(text: string): string | undefined {
  const parent = parseTraceparent(text);
  return parent && formatTraceparent(parent);
}

/**
 * The span id of one part of a delivery: the first 8 bytes of SHA-256 over trace id and key. Keys are made by
 * `spanKey` in core/span-keys.ts. An all-zero id, which W3C forbids, would take a 64-bit coincidence.
 */
export function spanIdOf(traceId: string, key: string): string {
  return createHash('sha256').update(`${traceId}/${key}`).digest('hex').slice(0, 16);
}
