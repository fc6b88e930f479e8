/** The routes. Everything but health and description is answered only to a caller that readCaller accepts. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import express from 'express';
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { SearchQuery, TraceIdParameter } from './answers.ts';
import type { LinksAnswer, SearchAnswer, TraceAnswer } from './answers.ts';
import { APPLICATION_HEADER, PROJECT_HEADER, readCaller } from './caller.ts';
import type { Caller, Trust } from './caller.ts';
import type { TraceSource } from './jaeger/client.ts';
import type { Metrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { problem, problemAnswer } from './problems.ts';
import { belongsTo } from './traces/owners.ts';
import { searchTraces } from './traces/search.ts';
import type { StoredTrace, TraceStore } from './traces/store.ts';

export interface AppOptions {
  trust: Trust;
  /** Without it the answers say `source: none`. */
  traces?: { store: TraceStore; source: TraceSource; service: string };
  traceLink?: string;
  metrics: Metrics;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  draining: () => boolean;
}

const ROUTES = {
  '/healthz': '/healthz',
  '/readyz': '/readyz',
  '/openapi.json': '/openapi.json',
  '/v1/links': '/v1/links',
  '/v1/traces': '/v1/traces',
  '/v1/traces/:traceId': '/v1/traces/{traceId}',
} as const;
type Route = keyof typeof ROUTES;

const RETRY_AFTER_SECONDS = '1';

export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.use(measured(options));

  const description = openApiDocument();
  const get = (route: Route, handler: RequestHandler): void => {
    app.get(route, (request, response, next) => {
      response.locals['route'] = ROUTES[route];
      return handler(request, response, next);
    });
  };
  const guarded = (
    route: Route,
    handler: (caller: Caller, request: Request, response: Response) => void | Promise<void>,
  ): void => get(route, (request, response) => handler(callerOf(options, request), request, response));

  get('/healthz', (_, response) => void sendJson(response, { status: 'ok' }));
  get('/readyz', (_, response) => {
    const draining = options.draining();
    sendJson(response.status(draining ? 503 : 200), { status: draining ? 'draining' : 'ok' });
  });
  get('/openapi.json', (_, response) => void sendJson(response, description));
  guarded('/v1/links', (_, __, response) => void sendJson(response, links(options)));
  guarded('/v1/traces', async (caller, request, response) =>
    sendJson(response, await search(options, caller, request)),
  );
  guarded('/v1/traces/:traceId', (caller, request, response) =>
    sendTrace(options, caller, request, response),
  );
  app.use((request, response) => {
    // Whoever has no business here does not learn what is here.
    callerOf(options, request);
    if (request.method === 'GET' || request.method === 'HEAD') {
      throw problem('ROUTE_UNKNOWN', 'there is no such route', 'See /openapi.json');
    }
    response.set('Allow', 'GET, HEAD');
    throw problem('METHOD_NOT_ALLOWED', 'the backend only answers GET and HEAD', 'See /openapi.json');
  });
  app.use((error: unknown, _: Request, response: Response, next: NextFunction) =>
    sendProblem(error, { log: options.log, response, next }),
  );
  return app;
}

function callerOf(options: AppOptions, request: Request): Caller {
  return readCaller(request.rawHeaders, options.trust);
}

function links({ traces, traceLink }: AppOptions): LinksAnswer {
  return {
    source: traces ? 'jaeger' : 'none',
    ...(traceLink === undefined ? {} : { trace: traceLink }),
  };
}

async function search(options: AppOptions, caller: Caller, request: Request): Promise<SearchAnswer> {
  const query = SearchQuery.safeParse(request.query);
  if (!query.success) {
    const issue = query.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    throw problem(
      'QUERY_INVALID',
      `the query is wrong${where === '' ? '' : ` at ${where}`}: ${issue?.message ?? 'invalid'}`,
      'Use limit, hours and name as /openapi.json describes',
    );
  }
  if (!options.traces) return { source: 'none', traces: [] };
  const { source, service } = options.traces;
  return searchTraces(caller, query.data, { source, service, now: options.now() });
}

async function sendTrace(
  options: AppOptions,
  caller: Caller,
  request: Request,
  response: Response,
): Promise<void> {
  const traceId = TraceIdParameter.safeParse(request.params['traceId']);
  if (!traceId.success) {
    throw problem('TRACE_ID_INVALID', 'that is no trace id', 'It has 32 lower-case hexadecimal digits');
  }
  if (!options.traces) return sendJson(response, noTrace(traceId.data));
  // `fetch(…, { cache: 'reload' })` and a forced reload say so.
  const fresh = /\bno-cache\b/.test(request.headers['cache-control'] ?? '');
  const trace = await options.traces.store.get(traceId.data, { fresh });
  // The same answer whether there is none or it is somebody else's.
  if (!trace || !belongsTo(trace.owners, caller)) {
    throw problem(
      'TRACE_NOT_FOUND',
      'there is no such trace',
      'It may not have arrived yet, or be gone already',
    );
  }
  await sendStored(trace, request, response);
}

function noTrace(traceId: string): TraceAnswer {
  return { source: 'none', traceId, finished: false, truncated: false, spanCount: 0, spans: [] };
}

async function sendStored(trace: StoredTrace, request: Request, response: Response): Promise<void> {
  response.setHeader('ETag', trace.etag);
  privately(response);
  if (hasTag(request.headers['if-none-match'], trace.etag)) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  const zipped = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(request.headers['accept-encoding'] ?? '');
  if (zipped) response.setHeader('Content-Encoding', 'gzip');
  const body = zipped ? trace.gzipped : trace.plain;
  if (body) {
    response.setHeader('Content-Length', body.length);
    response.end(body);
    return;
  }
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  // Unfolded as it is sent: the whole of it is never in memory.
  await pipeline(Readable.from([trace.gzipped]), createGunzip(), response);
}

function hasTag(header: string | undefined, etag: string): boolean {
  return header?.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*') ?? false;
}

function sendJson(response: Response, body: object): void {
  privately(response);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  const text = JSON.stringify(body);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}

/** The address alone does not say what is answered: the headers do. */
function privately(response: Response): void {
  response.setHeader('Cache-Control', 'private, no-cache');
  response.setHeader('Vary', `Accept-Encoding, ${APPLICATION_HEADER}, ${PROJECT_HEADER}`);
  response.setHeader('X-Content-Type-Options', 'nosniff');
}

function sendProblem(
  error: unknown,
  { log, response, next }: { log: Logger; response: Response; next: NextFunction },
): void {
  const { status, body } = problemAnswer(error);
  if (status >= 500) log.warn({ code: body.error.code, err: error }, 'request failed');
  if (response.headersSent) {
    next(error);
    return;
  }
  response.locals['code'] = body.error.code;
  if (status === 503) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
  sendJson(response.status(status), body);
}

/** Counts and logs each request, without its headers and its query. */
function measured({ metrics, log }: AppOptions): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    response.once('close', () => {
      const seconds = (performance.now() - started) / 1000;
      const route = String(response.locals['route'] ?? 'other');
      // 499, as proxies count it: the client left before the answer was whole.
      const status = response.writableFinished ? response.statusCode : 499;
      metrics.request({ route, status }, seconds);
      const level = status >= 400 ? 'info' : 'debug';
      log[level](
        {
          method: request.method,
          route,
          status,
          code: response.locals['code'],
          ms: Math.round(seconds * 1000),
        },
        'request',
      );
    });
    next();
  };
}
