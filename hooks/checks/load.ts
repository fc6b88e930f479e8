/** Load test. Its figures go into the ledger, where later checks evaluate them. */
import { parseDuration } from '../../core/duration.ts';
import { StagelineError } from '../../core/errors.ts';
import type { CheckOutcome, Figures } from '../../core/outcome.ts';
import { meetsTarget, parseTarget } from '../../core/target.ts';
import { proxySettings } from '../http/proxy.ts';
import { tlsOptions } from '../http/tls.ts';
import { formatValue } from './format-value.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
import { MAX_LOST, sendLoad } from './send-load.ts';
import { isTimedOut, type CheckContext, type SpecOf } from './types.ts';

const DEFAULT_DURATION = '10s';
const DEFAULT_CONNECTIONS = 10;

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
    const message = `${spec.url} broke down under load: ${MAX_LOST} requests failed (${firstError ?? 'errors'})`;
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
  const { hook, signal } = context;
  const measured = await sendLoad({
    url: spec.url,
    method: spec.method ?? 'GET',
    headers: spec.headers ?? {},
    ...(spec.body === undefined ? {} : { body: spec.body }),
    proxy: proxySettings(hook.env),
    ...(spec.tls === undefined ? {} : { tls: tlsOptions(spec.tls) }),
    connections: spec.connections ?? DEFAULT_CONNECTIONS,
    ...(spec.rate === undefined ? {} : { rate: spec.rate }),
    durationMs: parseDuration(spec.duration ?? DEFAULT_DURATION) ?? Number.NaN,
    signal,
  });
  if (signal.aborted) {
    if (!isTimedOut(signal)) throw signal.reason;
    throw new StagelineError(`the load test of ${spec.url} did not end in time`, {
      code: 'CHECK_TIMEOUT',
      hint: `Make the check's timeout longer than its duration (${spec.duration ?? DEFAULT_DURATION})`,
    });
  }
  const { latencies, lost, succeeded, seconds, firstError, gaveUp } = measured;
  const requests = latencies.count + lost;
  return {
    answered: latencies.count,
    firstError,
    gaveUp,
    figures: latencies.count === 0 ? {} : figuresOf(latencies, { requests, succeeded, seconds }),
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
