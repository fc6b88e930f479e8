/** One instant query by the Prometheus HTTP API (Prometheus, Thanos, Cortex, Mimir), and what may come back. */
import { messageOf, StagelineError } from '../../core/errors.ts';
import { connectionProblem } from '../http/connection-problem.ts';
import type { ProxySettings } from '../http/proxy.ts';
import { sendHttp, type HttpAnswer } from '../http/send.ts';

export interface PrometheusServer {
  /** Base address. */
  url: string;
  proxy: ProxySettings;
  /** Sent with each query. */
  headers?: Record<string, string>;
  basicAuth?: { user: string; password: string };
  /** Takes any certificate. */
  insecureSkipVerify?: boolean;
}

export interface Series {
  labels: Record<string, string>;
  /** Unix seconds of the query, not of the sample behind it. */
  time: number;
  value: number;
}

export interface QueryAnswer {
  /** `scalar` is one series without labels. */
  series: Series[];
  /** The server's clock, in milliseconds since the epoch, where it says so. */
  serverTime: number | undefined;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Errors, each naming server and query: `METRIC_UNREACHABLE`, `METRIC_REDIRECTED`, `METRIC_ANSWER`,
 * `METRIC_REFUSED`, `METRIC_TOO_LARGE`.
 */
export async function instantQuery(
  server: PrometheusServer,
  ask: { query: string; limit: number; signal: AbortSignal },
): Promise<QueryAnswer> {
  const fail = (what: string, code: string, hint: string): StagelineError =>
    queryProblem({ server, query: ask.query }, { what, code, hint });
  const answer = await send(server, ask).catch((cause: unknown) => {
    if (ask.signal.aborted) throw ask.signal.reason;
    throw fail(
      `got no answer: ${connectionProblem(cause)}`,
      'METRIC_UNREACHABLE',
      'Check the address of the metrics server',
    );
  });
  if (answer.status >= 300 && answer.status < 400) {
    throw fail(
      `was redirected to ${answer.headers.location ?? 'nowhere'}`,
      'METRIC_REDIRECTED',
      'Give the address that it redirects to; redirects are not followed',
    );
  }
  if (answer.truncated) {
    throw fail(
      `gives more than ${MAX_ANSWER_BYTES} bytes`,
      'METRIC_TOO_LARGE',
      'Aggregate it to one series, for example with sum() or max()',
    );
  }
  const raw = parse(answer, fail);
  const { status, data, error } = isRecord(raw) ? raw : {};
  if (status !== 'success' || !isRecord(data)) {
    throw fail(
      `was refused (${answer.status}): ${typeof error === 'string' ? error : 'no reason given'}`,
      'METRIC_REFUSED',
      'Mend the query, or see the metrics server’s log',
    );
  }
  const series = readSeries(data);
  if (series) return { series, serverTime: Date.parse(answer.headers.date ?? '') || undefined };
  throw fail(
    `gives a ${String(data['resultType'])}, not numbers`,
    'METRIC_ANSWER',
    'Use a query that gives an instant vector or a scalar',
  );
}

/** An error about a query, which names it and its server. */
export function queryProblem(
  place: { server: Pick<PrometheusServer, 'url'>; query: string },
  problem: { what: string; code: string; hint: string },
): StagelineError {
  const { what, code, hint } = problem;
  return new StagelineError(`query ${place.query} at ${place.server.url} ${what}`, {
    code,
    hint,
    blame: 'setup',
  });
}

function send(
  server: PrometheusServer,
  ask: { query: string; limit: number; signal: AbortSignal },
): Promise<HttpAnswer> {
  return sendHttp({
    url: `${server.url.replace(/\/+$/, '')}/api/v1/query`,
    method: 'POST',
    headers: {
      ...server.headers,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...(server.basicAuth === undefined ? {} : { authorization: basic(server.basicAuth) }),
    },
    // Servers that know `limit` need not send a million series; the others meet the bound of bytes.
    body: new URLSearchParams({ query: ask.query, limit: String(ask.limit) }).toString(),
    signal: ask.signal,
    maxBytes: MAX_ANSWER_BYTES,
    proxy: server.proxy,
    ...(server.insecureSkipVerify === true ? { tls: { rejectUnauthorized: false } } : {}),
  });
}

function basic(auth: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${auth.user}:${auth.password}`, 'utf8').toString('base64')}`;
}

function parse(
  answer: HttpAnswer,
  fail: (what: string, code: string, hint: string) => StagelineError,
): unknown {
  try {
    return JSON.parse(answer.body);
  } catch (cause) {
    const start = answer.body.replace(/\s+/g, ' ').slice(0, 60);
    const error = fail(
      `was answered ${answer.status} with something that is not JSON (${start}): ${messageOf(cause)}`,
      'METRIC_ANSWER',
      'Check that the address is the base of a Prometheus HTTP API, without a login page in front',
    );
    throw error;
  }
}

function readSeries(data: Record<string, unknown>): Series[] | undefined {
  const { resultType, result } = data;
  if (resultType === 'scalar') {
    const series = readPair(result, {});
    return series && [series];
  }
  if (resultType !== 'vector' || !Array.isArray(result)) return undefined;
  const series = result.map((item: unknown) =>
    isRecord(item) ? readPair(item['value'], isRecord(item['metric']) ? item['metric'] : {}) : undefined,
  );
  const whole = series.filter((one) => one !== undefined);
  return whole.length === series.length ? whole : undefined;
}

function readPair(pair: unknown, metric: Record<string, unknown>): Series | undefined {
  if (!Array.isArray(pair)) return undefined;
  const [time, text]: unknown[] = pair;
  if (typeof time !== 'number' || typeof text !== 'string') return undefined;
  const labels = Object.fromEntries(Object.entries(metric).map(([name, value]) => [name, String(value)]));
  return { labels, time, value: parseSampleValue(text) };
}

/** Prometheus writes `NaN`, `+Inf` and `-Inf`. Anything that is no number is NaN, an empty text too. */
function parseSampleValue(text: string): number {
  if (/^\+?Inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-Inf$/i.test(text)) return Number.NEGATIVE_INFINITY;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
