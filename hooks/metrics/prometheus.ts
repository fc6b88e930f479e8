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
  const skew = serverTime === undefined ? 0 : serverTime - now();
  const notBefore = (ask.notBefore ?? 0) + (Math.abs(skew) > SKEW_TOLERANCE_MS ? skew : 0);
  if (ask.notBefore !== undefined && sampled * 1000 < notBefore) {
    const [seen, since] = [sampled * 1000, notBefore].map((ms) => new Date(ms).toISOString());
    throw queryProblem(place, {
      what: `is stale: its newest sample is of ${seen}, before the deployment ended at ${since}`,
      code: 'METRIC_STALE',
      hint: 'Check that the new version is scraped, and give the check time for it',
    });
  }
  return { value: only.value, time: sampled };
}

/**
 * The time of the oldest of the newest samples behind an expression. Where no selector can be found, or a series
 * of it is not there at all, it is the query's own time: then the value does not depend on it.
 */
async function sampleTime(server: PrometheusServer, ask: MetricQuery, queried: number): Promise<number> {
  const times = await Promise.all(
    vectorSelectors(ask.query).map(async (selector) => {
      const { series } = await instantQuery(server, {
        query: `max(timestamp(${selector}))`,
        limit: 1,
        signal: ask.signal,
      });
      return series[0]?.value;
    }),
  );
  const known = times.filter((time) => time !== undefined && Number.isFinite(time)).map(Number);
  if (times.length > 0 && known.length === 0) {
    // The value comes from samples that are past the server's look-back, such as the range of a rate().
    return Number.NEGATIVE_INFINITY;
  }
  return known.length === 0 ? queried : Math.min(...known);
}
