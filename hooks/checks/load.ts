/** Load test with autocannon. Its figures go into the ledger, where later checks evaluate them. */
import type { Options } from 'autocannon';
import { parseDuration } from '../../core/duration.ts';
import { StagelineError } from '../../core/errors.ts';
import type { CheckOutcome, Figures } from '../../core/outcome.ts';
import { meetsTarget, parseTarget } from '../../core/target.ts';
import { proxyFor, proxySettings } from '../http/proxy.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { formatValue } from './format-value.ts';
import { isTimedOut, type CheckContext, type SpecOf } from './types.ts';

const DEFAULT_DURATION = '10s';
const DEFAULT_CONNECTIONS = 10;
/** A dead address gives errors as fast as the machine can; so many in all end the test. */
const MAX_ERRORS = 1000;

interface Measurement {
  figures: Figures;
  /** Requests that got an answer, whatever its status. */
  answered: number;
  firstError: string | undefined;
  gaveUp: boolean;
}

/**
 * Passes if every threshold is met and at least one request succeeded. Without any answer it is `errored`.
 * Figures: mean, p50, p90, p95, p99, max in seconds over all answers; rate of answers a second; errors as the
 * ratio of requests without an answer from 200 to 299; requests as their number.
 */
export async function runLoad(spec: SpecOf<'load'>, context: CheckContext): Promise<CheckOutcome> {
  const measured = await measure(spec, context);
  const { figures, answered, firstError } = measured;
  if (answered === 0) {
    throw new StagelineError(`${spec.url} gave no answer under load${firstError ? `: ${firstError}` : ''}`, {
      code: 'LOAD_UNREACHABLE',
      hint: 'Check the address, the Service behind it and network policies',
      blame: 'setup',
    });
  }
  if (measured.gaveUp) {
    const message = `${spec.url} broke down under load: ${MAX_ERRORS} requests failed (${firstError ?? 'errors'})`;
    return { status: 'failed', message, figures };
  }
  const missed = missedThresholds(spec, figures);
  const summary = `${figures['requests']} requests, ${formatValue(figures['rate'] ?? 0)}/s, p95 ${formatValue(figures['p95'] ?? 0)} s, errors ${formatValue((figures['errors'] ?? 0) * 100)} %`;
  if (missed.length > 0)
    return { status: 'failed', message: `${spec.url}: ${missed.join(', ')} (${summary})`, figures };
  return { status: 'passed', message: `${spec.url}: ${summary}`, figures };
}

function missedThresholds(spec: SpecOf<'load'>, figures: Figures): string[] {
  const thresholds = Object.entries(spec.thresholds ?? {}).flatMap(([figure, text]) => {
    const target = text === undefined ? undefined : parseTarget(text);
    const value = figures[figure] ?? Number.NaN;
    if (target && meetsTarget(value, target)) return [];
    return [`${figure} is ${formatValue(value)}, outside target ${text ?? ''}`];
  });
  const allFailed = spec.thresholds?.errors === undefined && (figures['errors'] ?? 1) >= 1;
  return allFailed ? [...thresholds, 'every request failed'] : thresholds;
}

async function measure(spec: SpecOf<'load'>, context: CheckContext): Promise<Measurement> {
  const { default: autocannon } = await import('autocannon');
  const connections = spec.connections ?? DEFAULT_CONNECTIONS;
  const latencies = new LatencyHistogram();
  let firstError: string | undefined;
  let succeeded = 0;
  let sent = 0;
  /** A connection that is closed before its answer is no error to the library, so requests are counted here. */
  const unanswered = (): number => Math.max(0, sent - latencies.count - connections);
  const startedAt = performance.now();
  const instance = autocannon({
    ...destination(spec, context),
    connections,
    duration: Math.max(0.1, (parseDuration(spec.duration ?? DEFAULT_DURATION) ?? Number.NaN) / 1000),
    sampleInt: 100,
    timeout: Math.max(1, Math.ceil(context.check.timeoutMs / 1000)),
    ...(spec.rate === undefined ? {} : { overallRate: spec.rate }),
    setupClient(client) {
      client.on('request', () => {
        sent += 1;
        if (unanswered() >= MAX_ERRORS) setImmediate(() => instance.stop());
      });
    },
  });
  instance.on('response', (_client, status, _bytes, ms) => {
    latencies.record(ms);
    if (status >= 200 && status < 300) succeeded += 1;
    else firstError ??= `status ${status}`;
  });
  instance.on('reqError', (error) => {
    firstError ??= error.message;
  });
  const onAbort = (): void => instance.stop();
  if (context.signal.aborted) onAbort();
  context.signal.addEventListener('abort', onAbort, { once: true });
  const result = await instance;
  context.signal.removeEventListener('abort', onAbort);
  const seconds = (performance.now() - startedAt) / 1000;
  if (context.signal.aborted) {
    if (!isTimedOut(context.signal)) throw context.signal.reason;
    throw new StagelineError(`the load test of ${spec.url} did not end in time`, {
      code: 'CHECK_TIMEOUT',
      hint: `Make the check's timeout longer than its duration (${spec.duration ?? DEFAULT_DURATION})`,
    });
  }
  const lost = Math.max(result.errors, unanswered());
  if (lost > 0) firstError ??= 'the connection was closed without an answer';
  return {
    answered: latencies.count,
    firstError,
    gaveUp: lost >= MAX_ERRORS,
    figures:
      latencies.count === 0
        ? {}
        : figuresOf(latencies, { requests: latencies.count + lost, succeeded, seconds }),
  };
}

function figuresOf(
  latencies: LatencyHistogram,
  run: { requests: number; succeeded: number; seconds: number },
): Figures {
  const seconds = (ms: number): number => ms / 1000;
  return {
    mean: seconds(latencies.meanMs),
    p50: seconds(latencies.percentileMs(50)),
    p90: seconds(latencies.percentileMs(90)),
    p95: seconds(latencies.percentileMs(95)),
    p99: seconds(latencies.percentileMs(99)),
    max: seconds(latencies.maxMs),
    rate: latencies.count / run.seconds,
    errors: (run.requests - run.succeeded) / run.requests,
    requests: run.requests,
  };
}

type Destination = Pick<Options, 'url' | 'requests'>;

/** Through a proxy, autocannon connects to the proxy and asks for the whole address (RFC 9112, section 3.2.2). */
function destination(spec: SpecOf<'load'>, context: CheckContext): Destination {
  const url = new URL(spec.url);
  const proxy = proxyFor(url, proxySettings(context.hook.env));
  const request = {
    method: spec.method ?? 'GET',
    headers: { ...spec.headers, ...(proxy ? { Host: url.host } : {}) },
    ...(spec.body === undefined ? {} : { body: spec.body }),
  };
  if (!proxy) return { url: spec.url, requests: [{ ...request, path: url.pathname + url.search }] };
  if (url.protocol === 'https:' || proxy.protocol === 'https:') {
    throw new StagelineError(`the load test of ${spec.url} cannot go through the proxy ${proxy.origin}`, {
      code: 'LOAD_PROXY',
      hint: `Add ${url.hostname} to NO_PROXY, or use an http address`,
      blame: 'setup',
    });
  }
  url.hash = '';
  return { url: proxy.origin, requests: [{ ...request, path: url.href }] };
}
