/** Asks Jaeger's query API v3, bounded in time, bytes and number of requests at once. Follows no redirect. */
import { messageOf, StagelineError } from '../../../core/errors.ts';
import { createGate } from '../gate.ts';
import { problem } from '../problems.ts';
import { isJaegerError, parseTraces } from './otlp.ts';
import type { SourceSpan } from './otlp.ts';

export interface TraceSearch {
  service: string;
  /** Old versions of Jaeger leave attributes out of account: what comes back must be filtered again. */
  attributes: Record<string, string>;
  name?: string;
  from: Date;
  to: Date;
  limit: number;
}

/** Where traces come from; both methods throw StagelineError with a code of problems.ts. */
export interface TraceSource {
  /** Spans of a trace; none if there is no such trace. */
  trace(traceId: string): Promise<SourceSpan[]>;
  /** Spans of the traces that were found, mixed. */
  search(search: TraceSearch): Promise<SourceSpan[]>;
}

export interface JaegerOptions {
  /** Base address, without a slash at its end. */
  address: string;
  /** From the moment that a request may be sent to the last byte of its answer. */
  timeoutMs: number;
  maxBytes: number;
  concurrency: number;
  /** Told of each request that was sent. */
  observe?: (outcome: string, seconds: number) => void;
}

const WAITING_PER_PLACE = 8;

export function createJaegerClient(options: JaegerOptions): TraceSource {
  const gate = createGate({
    running: options.concurrency,
    waiting: options.concurrency * WAITING_PER_PLACE,
  });

  async function get(path: string): Promise<SourceSpan[]> {
    return gate.run(async () => {
      const started = performance.now();
      const tell = (outcome: string): void =>
        options.observe?.(outcome, (performance.now() - started) / 1000);
      try {
        const spans = await request(options, path);
        tell('ok');
        return spans;
      } catch (error) {
        tell(error instanceof StagelineError ? error.code : 'INTERNAL');
        throw error;
      }
    });
  }

  return {
    trace: (traceId) => get(`/api/v3/traces/${traceId}`),
    search: (search) => get(`/api/v3/traces?${searchParameters(search)}`),
  };
}

/**
 * Every name that a parameter has had: newer versions want the first form, older ones know only the second.
 * (jaegerquery/internal/apiv3/query_parser.go)
 */
function searchParameters(search: TraceSearch): URLSearchParams {
  const from = search.from.toISOString();
  const to = search.to.toISOString();
  return new URLSearchParams({
    'query.serviceName': search.service,
    'query.service_name': search.service,
    'query.startTimeMin': from,
    'query.start_time_min': from,
    'query.startTimeMax': to,
    'query.start_time_max': to,
    'query.searchDepth': String(search.limit),
    'query.search_depth': String(search.limit),
    'query.num_traces': String(search.limit),
    'query.attributes': JSON.stringify(search.attributes),
    ...(search.name === undefined
      ? {}
      : { 'query.operationName': search.name, 'query.operation_name': search.name }),
  });
}

async function request(options: JaegerOptions, path: string): Promise<SourceSpan[]> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  try {
    const response = await fetch(options.address + path, {
      signal,
      redirect: 'manual',
      headers: { accept: 'application/json' },
    });
    return spansOf(response.status, await boundedText(response, options.maxBytes));
  } catch (error) {
    if (error instanceof StagelineError) throw error;
    if (signal.aborted) {
      throw problem(
        'JAEGER_TIMEOUT',
        `the trace store did not answer within ${options.timeoutMs / 1000} s`,
        'Try again; the ledger shows the delivery meanwhile',
        error,
      );
    }
    throw problem(
      'JAEGER_UNREACHABLE',
      'the trace store cannot be reached',
      'Check STAGELINE_BACKEND_JAEGER_URL and that the backend may connect to it',
      causeOf(error),
    );
  }
}

function spansOf(status: number, text: string): SourceSpan[] {
  if (status === 404 && isJaegerError(text)) return [];
  const spans = status === 200 ? parseTraces(text) : undefined;
  if (spans !== undefined) return spans;
  throw problem(
    'JAEGER_ANSWER',
    `the trace store answered ${status} with something that is not Jaeger's query API v3`,
    "Let STAGELINE_BACKEND_JAEGER_URL name Jaeger's query service (port 16686) and its base path",
  );
}

async function boundedText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = Number(response.headers.get('content-length') ?? 0);
  // Said before anything is read; a compressed answer is counted as it unfolds.
  if (bytes > maxBytes) {
    await response.body?.cancel();
    throw tooLarge(maxBytes);
  }
  bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(maxBytes: number): Error {
  return problem(
    'TRACE_TOO_LARGE',
    `the trace store's answer is larger than ${maxBytes} bytes`,
    'Open the trace in the trace UI, ask for fewer traces, or raise STAGELINE_BACKEND_MAX_TRACE_BYTES',
  );
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function causeOf(error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause : new Error(messageOf(cause));
}
