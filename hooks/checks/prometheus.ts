/**
 * One sample from a server that speaks the Prometheus HTTP API (Prometheus, Thanos, Cortex, Mimir). Whatever is
 * missing, ambiguous, not a number or too old is an error that says so; it never becomes a value.
 */
import { messageOf, StagelineError } from '../../core/errors.ts';
import { proxySettings } from '../http/proxy.ts';
import { sendHttp, type HttpAnswer } from '../http/send.ts';
import { connectionProblem } from './http.ts';
import { isTimedOut, type CheckContext } from './types.ts';

export interface Sample {
  value: number;
  /** Unix seconds. */
  time: number;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

/** Errors: `METRIC_*`, each naming server and query. */
export async function queryPrometheus(
  spec: { prometheus: string; query: string },
  context: CheckContext,
): Promise<Sample> {
  const answer = await ask(spec, context);
  const data = readAnswer(spec, answer);
  const sample = readSample(spec, data);
  if (Number.isNaN(sample.value)) {
    throw problem(spec, 'gives NaN', 'METRIC_NAN', 'Check that there was traffic; 0 divided by 0 is NaN');
  }
  return sample;
}

async function ask(spec: { prometheus: string; query: string }, context: CheckContext): Promise<HttpAnswer> {
  const url = new URL(`${spec.prometheus.replace(/\/+$/, '')}/api/v1/query`);
  try {
    return await sendHttp({
      url: url.href,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      // More than two series are as ambiguous as two; servers that know `limit` need not send a million.
      body: new URLSearchParams({ query: spec.query, limit: '2' }).toString(),
      signal: context.signal,
      maxBytes: MAX_ANSWER_BYTES,
      proxy: proxySettings(context.hook.env),
    });
  } catch (cause) {
    if (context.signal.aborted && !isTimedOut(context.signal)) throw context.signal.reason;
    const reason = isTimedOut(context.signal) ? messageOf(context.signal.reason) : connectionProblem(cause);
    throw problem(
      spec,
      `got no answer: ${reason}`,
      'METRIC_UNREACHABLE',
      'Check the address of the metrics server',
    );
  }
}

function readAnswer(spec: { prometheus: string; query: string }, answer: HttpAnswer): PrometheusData {
  if (answer.status >= 300 && answer.status < 400) {
    throw problem(
      spec,
      `was redirected to ${answer.headers.location ?? 'nowhere'}`,
      'METRIC_REDIRECTED',
      'Give the address that it redirects to; redirects are not followed',
    );
  }
  if (answer.truncated) {
    throw problem(
      spec,
      `gives more than ${MAX_ANSWER_BYTES} bytes`,
      'METRIC_AMBIGUOUS',
      'Aggregate it to one series, for example with sum() or max()',
    );
  }
  let raw: unknown;
  try {
    raw = JSON.parse(answer.body);
  } catch {
    const start = answer.body.replace(/\s+/g, ' ').slice(0, 60);
    throw problem(
      spec,
      `was answered ${answer.status} with something that is not JSON (${start})`,
      'METRIC_ANSWER',
      'Check that the address is the base of a Prometheus HTTP API, without a login page in front',
    );
  }
  const { status, data, error } = isRecord(raw) ? raw : {};
  if (status === 'success' && isRecord(data)) return { type: data['resultType'], result: data['result'] };
  throw problem(
    spec,
    `was refused (${answer.status}): ${typeof error === 'string' ? error : 'no reason given'}`,
    'METRIC_REFUSED',
    'Mend the query, or see the metrics server’s log',
  );
}

interface PrometheusData {
  type: unknown;
  result: unknown;
}

function readSample(spec: { prometheus: string; query: string }, data: PrometheusData): Sample {
  const pair = data.type === 'scalar' ? data.result : onlySeries(spec, data);
  const [time, text] = Array.isArray(pair) ? pair : [];
  if (typeof time !== 'number' || typeof text !== 'string') {
    throw problem(
      spec,
      `gives a ${String(data.type)}, not one number`,
      'METRIC_ANSWER',
      'Use a query that gives an instant vector of one series, or a scalar',
    );
  }
  return { time, value: parseSampleValue(text) };
}

function onlySeries(spec: { prometheus: string; query: string }, data: PrometheusData): unknown {
  if (data.type !== 'vector' || !Array.isArray(data.result)) return undefined;
  if (data.result.length === 0) {
    throw problem(
      spec,
      'gives no value',
      'METRIC_MISSING',
      'Check the metric’s name and labels, and that it is scraped',
    );
  }
  if (data.result.length > 1) {
    throw problem(
      spec,
      'gives several series',
      'METRIC_AMBIGUOUS',
      'Aggregate it to one series, for example with sum() or max()',
    );
  }
  const [series]: unknown[] = data.result;
  return isRecord(series) ? series['value'] : undefined;
}

/** Prometheus writes `NaN`, `+Inf` and `-Inf`. Anything that is no number is NaN, an empty text too. */
function parseSampleValue(text: string): number {
  if (/^\+?Inf$/.test(text)) return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return text.trim() === '' ? Number.NaN : Number(text);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(
  spec: { prometheus: string; query: string },
  what: string,
  code: string,
  hint: string,
): StagelineError {
  return new StagelineError(`query ${spec.query} at ${spec.prometheus} ${what}`, {
    code,
    hint,
    blame: 'setup',
  });
}
