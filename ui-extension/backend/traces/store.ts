/**
 * Traces ready to be sent: fetched once however many ask, trimmed, serialised and compressed once, finished ones
 * kept for a while. The cache knows whose each is; the callers of `get` must ask.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { TraceSource } from '../jaeger/client.ts';
import { createLru } from '../lru.ts';
import { traceAnswer, withoutRepeats } from './answer.ts';
import { ownersOf } from './owners.ts';
import type { TraceOwners } from './owners.ts';

export interface StoredTrace {
  owners: TraceOwners;
  gzipped: Buffer;
  /** The same, as it is; absent if it is large: browsers take the compressed one, which is a tenth or less. */
  plain?: Buffer;
  etag: string;
}

export interface TraceStore {
  /** Undefined if there is no such trace. `fresh` passes by what is kept. Throws what the source throws. */
  get(traceId: string, options?: { fresh?: boolean }): Promise<StoredTrace | undefined>;
  bytes(): number;
}

export interface TraceStoreOptions {
  source: TraceSource;
  cacheBytes: number;
  /** How long a finished trace is taken from the cache; a later attempt or promotion may add to it. */
  cacheMs: number;
  maxSpans: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  observe?: (result: 'hit' | 'miss' | 'shared') => void;
}

interface Kept {
  trace: StoredTrace;
  until: number;
}

/** Of the entry's own objects and strings, roughly. */
const ENTRY_OVERHEAD_BYTES = 1024;
const MAX_PLAIN_BYTES = 256 * 1024;
const gzipAsync = promisify(gzip);

export function createTraceStore(options: TraceStoreOptions): TraceStore {
  const cache = createLru<Kept>(options.cacheBytes);
  const underWay = new Map<string, Promise<StoredTrace | undefined>>();

  async function fetchTrace(traceId: string): Promise<StoredTrace | undefined> {
    const answered = await options.source.trace(traceId);
    const spans = withoutRepeats(answered.filter((span) => span.traceId === traceId));
    if (spans.length === 0) return undefined;
    const answer = traceAnswer(traceId, spans, { now: options.now(), maxSpans: options.maxSpans });
    const body = Buffer.from(JSON.stringify(answer));
    const trace = {
      owners: ownersOf(spans),
      gzipped: await gzipAsync(body),
      ...(body.length > MAX_PLAIN_BYTES ? {} : { plain: body }),
      etag: etagOf(body),
    };
    cache.delete(traceId);
    if (answer.finished) {
      const bytes = trace.gzipped.length + (trace.plain?.length ?? 0) + ENTRY_OVERHEAD_BYTES;
      cache.set(traceId, { trace, until: options.now() + options.cacheMs }, bytes);
    }
    return trace;
  }

  async function get(
    traceId: string,
    { fresh = false }: { fresh?: boolean } = {},
  ): Promise<StoredTrace | undefined> {
    const kept = fresh ? undefined : cache.get(traceId);
    if (kept && kept.until > options.now()) {
      options.observe?.('hit');
      return kept.trace;
    }
    const running = underWay.get(traceId);
    if (running) {
      options.observe?.('shared');
      return running;
    }
    options.observe?.('miss');
    const fetching = fetchTrace(traceId).finally(() => underWay.delete(traceId));
    underWay.set(traceId, fetching);
    return fetching;
  }

  return { get, bytes: cache.bytes };
}

/** Weak: the compressed answer has the same tag. */
function etagOf(body: Buffer): string {
  return `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}
