/**
 * A stand-in for Jaeger's query API v3, for tests and benchmarks: it answers the traces that it is given in the
 * form that Jaeger's HTTP gateway has, or whatever a test wants it to answer. It is not Jaeger.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OtlpSpan } from './spans.ts';
import { tracesData } from './spans.ts';

export interface JaegerStandIn {
  address: string;
  /** Paths with queries, as they came. */
  requests: string[];
  traces: Map<string, OtlpSpan[]>;
  /** Takes the place of the usual answer while it is set. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  stop(): Promise<void>;
}

export async function startJaegerStandIn(): Promise<JaegerStandIn> {
  const server = createServer((request, response) => {
    standIn.requests.push(request.url ?? '');
    if (standIn.answer) standIn.answer(request, response);
    else usual(standIn.traces, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const standIn: JaegerStandIn = {
    address: `http://127.0.0.1:${port}`,
    requests: [],
    traces: new Map(),
    answer: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return standIn;
}

function usual(
  traces: ReadonlyMap<string, OtlpSpan[]>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? '/', 'http://jaeger');
  const id = /^\/api\/v3\/traces\/([0-9a-f]{32})$/.exec(url.pathname)?.[1];
  const isSearch = url.pathname === '/api/v3/traces';
  if (isSearch && !url.searchParams.get('query.start_time_min')) {
    jaegerError(response, 400, 'query.start_time_min and query.start_time_max are required');
    return;
  }
  const spans = isSearch ? [...traces.values()].flat() : (traces.get(id ?? '') ?? []);
  if (spans.length === 0) {
    jaegerError(response, 404, 'No traces found');
    return;
  }
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ result: tracesData(spans) }));
}

/** Go's http.Error sends the JSON as text/plain. */
function jaegerError(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${JSON.stringify({ error: { httpCode: status, message } })}\n`);
}
