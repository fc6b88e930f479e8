/**
 * Figures from a server that speaks the Prometheus HTTP API. Whatever is missing, ambiguous, not a number or too
 * old is an error that says so; it never becomes a value.
 */
import { StagelineError } from '../../core/errors.ts';
import { instantQuery, queryProblem, type PrometheusServer } from './prometheus-api.ts';
import { vectorSelectors } from './promql-selectors.ts';
import type { MetricQuery, MetricSource, Sample } from './types.ts';

/** Clocks that differ by less are taken for equal: `Date` headers have whole seconds. */
const SKEW_TOLERANCE_MS = 2000;

/**
 * Errors: `METRIC_MISSING`, `METRIC_STALE` (both may pass by waiting), `METRIC_AMBIGUOUS`, `METRIC_NAN`, and those
 * of `instantQuery`.
 */
export function prometheusSource(server: PrometheusServer, now: () => number): MetricSource {
  return { query: (query) => querySample(server, query, now) };
}

/** Whether waiting for the next scrape may help. */
export function mayComeLater(error: unknown): boolean {
  return (
    error instanceof StagelineError && (error.code === 'METRIC_MISSING' || error.code === 'METRIC_STALE')
  );
}

async function querySample(server: PrometheusServer, ask: MetricQuery, now: () => number): Promise<Sample> {
  const place = { server, query: ask.query };
  const { series, serverTime } = await instantQuery(server, { ...ask, limit: 2 });
  const [only] = series;
  if (!only) {
    throw queryProblem(place, {
      what: 'gives no value',
      code: 'METRIC_MISSING',
      hint: 'Check the metric’s name and labels, and that its target is scraped',
    });
  }
  if (series.length > 1) {
    throw queryProblem(place, {
      what: 'gives several series',
      code: 'METRIC_AMBIGUOUS',
      hint: 'Aggregate it to one series, for example with sum() or max()',
    });
  }
  if (Number.isNaN(only.value)) {
    throw queryProblem(place, {
      what: 'gives NaN, which is no number',
      code: 'METRIC_NAN',
      hint: 'Check that there was traffic; 0 divided by 0 is NaN',
    });
  }
  const sampled = await sampleTime(server, ask, only.time);
  if (ask.notBefore === undefined) return { value: only.value, time: sampled };
  const skew = serverTime === undefined ? 0 : serverTime - now();
  const notBefore = ask.notBefore + (Math.abs(skew) > SKEW_TOLERANCE_MS ? skew : 0);
  if (sampled !== undefined && sampled * 1000 >= notBefore) return { value: only.value, time: sampled };
  const newest =
    sampled === undefined
      ? 'there is no recent sample behind it'
      : `its newest sample is of ${isoTime(sampled)}`;
  throw queryProblem(place, {
    what: `gives ${only.value}, which is stale: ${newest}, and the deployment ended at ${isoTime(notBefore / 1000)}`,
    code: 'METRIC_STALE',
    hint: 'Check that the new version is scraped, give the check time for it, and use metrics that are always there',
  });
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/**
 * The time of the oldest of the newest samples behind an expression's selectors. Without selectors it is the
 * query's own time. A selector without any sample says nothing, unless all are so: then the value comes from
 * samples past the look-back, as a `rate()` may, or from a fallback such as `or vector(0)`.
 */
async function sampleTime(
  server: PrometheusServer,
  ask: MetricQuery,
  queried: number,
): Promise<number | undefined> {
  const selectors = vectorSelectors(ask.query);
  if (selectors.length === 0) return queried;
  const times = await Promise.all(
    selectors.map(async (selector) => {
      const { series } = await instantQuery(server, {
        query: `max(timestamp(${selector}))`,
        limit: 1,
        signal: ask.signal,
      });
      return series[0]?.value;
    }),
  );
  const known = times.flatMap((time) => (time !== undefined && Number.isFinite(time) ? [time] : []));
  return known.length === 0 ? undefined : Math.min(...known);
}
