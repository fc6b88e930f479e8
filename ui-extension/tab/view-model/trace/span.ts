/** A trace as the tab draws it, wherever it was read from. */

/** `running`: the ledger knows that it has begun, and no end of it. */
export type SpanStatus = 'ok' | 'error' | 'unset' | 'running';

export interface Pair {
  key: string;
  value: string;
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  /** Name of the stage that the linked trace is of, where the link says so. */
  stage: string;
}

export interface Span {
  id: string;
  /** Empty for a root. */
  parentId: string;
  name: string;
  service: string;
  kind: string;
  /** Milliseconds since the epoch, with fractions; the end is undefined while it runs. */
  startedAt: number;
  finishedAt: number | undefined;
  status: SpanStatus;
  message: string;
  attributes: Pair[];
  events: { name: string; at: number; attributes: Pair[] }[];
  links: SpanLink[];
}

export interface Trace {
  traceId: string;
  spans: Span[];
  /** Of the whole trace, those included that are not here. */
  spanCount: number;
  finished: boolean;
}

export const TRACE_ID = /^[0-9a-f]{32}$/;
export const SPAN_ID = /^[0-9a-f]{16}$/;

/** What a trace store has and what the ledger knows, each span once: the store's where both have it. */
export function mergedTrace(stored: Trace | undefined, fromLedger: Trace | undefined): Trace | undefined {
  if (stored === undefined || fromLedger === undefined) return stored ?? fromLedger;
  const known = new Set(stored.spans.map(({ id }) => id));
  const more = fromLedger.spans.filter(({ id }) => !known.has(id));
  return {
    ...stored,
    spans: [...stored.spans, ...more],
    spanCount: stored.spanCount + more.length,
    finished: stored.finished && fromLedger.finished,
  };
}
