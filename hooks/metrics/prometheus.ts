/**
 * Figures from a server that speaks the Prometheus HTTP API. Whatever is missing, ambiguous, not a number or too
 * old is an error that says so; it never becomes a value.
 */
import { StagelineError } from '../../core/errors.ts';
import { instantQuery, queryProblem, type PrometheusServer } from './prometheus-api.ts';
import { reachSeconds, selectorsOf, type Selector } from './promql-selectors.ts';
import type { MetricQuery, MetricSource, Sample } from './types.ts';

/** Clocks that differ by less are taken for equal: `Date` headers have whole seconds. */
const SKEW_TOLERANCE_MS = 2000;

/** Asked for their sample times at once. */
const PARALLEL = 8;
/** No query that people write has so many; a larger one is not shown to be fresh. */
const MAX_SELECTORS = 64;

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
  const notBefore = byServerClock(ask.notBefore, serverTime, now());
  if (sampled !== undefined && sampled * 1000 >= notBefore) return { value: only.value, time: sampled };
  const newest =
    sampled === undefined
      ? 'not all that is behind it can be shown to be newer'
      : `its newest sample is of ${isoTime(sampled)}`;
  throw queryProblem(place, {
    what: `gives ${only.value}, which is stale: ${newest}, and the deployment ended at ${isoTime(notBefore / 1000)}`,
    code: 'METRIC_STALE',
    hint: 'Check that the new version is scraped, give the check time for it, and use metrics that are always there',
  });
}

/** One of our times by the server's clock, as far as the two differ. Milliseconds since the epoch. */
export function byServerClock(time: number, serverTime: number | undefined, now: number): number {
  const skew = serverTime === undefined ? 0 : serverTime - now;
  return time + (Math.abs(skew) > SKEW_TOLERANCE_MS ? skew : 0);
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/**
 * The time of the oldest of the newest samples behind an expression's selectors. Without selectors it is the
 * query's own time. One that compares with the past, such as `a - a offset 1d`, is dated by what it asks for now. A
 * selector without any sample in reach says nothing, unless all are so: then the value comes from a fallback such
 * as `or vector(0)`. Undefined where the time cannot be shown.
 */
async function sampleTime(
  server: PrometheusServer,
  ask: MetricQuery,
  queried: number,
): Promise<number | undefined> {
  const { all, chooses } = selectorsOf(ask.query);
  if (all.length === 0) return queried;
  const current = all.filter(({ shift }) => shift === '');
  const counted = chooses || current.length === 0 ? all : current;
  if (counted.length > MAX_SELECTORS) return undefined;
  const times: (number | 'none' | undefined)[] = [];
  for (let start = 0; start < counted.length; start += PARALLEL) {
    const some = counted.slice(start, start + PARALLEL);
    times.push(...(await Promise.all(some.map((selector) => newestSample(server, ask, selector)))));
  }
  const known = times.filter((time) => typeof time === 'number');
  return times.includes(undefined) || known.length === 0 ? undefined : Math.min(...known);
}

/** Unix seconds; `none` if it has no sample in its whole reach; undefined if it has some, of unknown age. */
async function newestSample(
  server: PrometheusServer,
  ask: MetricQuery,
  selector: Selector,
): Promise<number | 'none' | undefined> {
  const { text, shift, ranges } = selector;
  // PromQL takes each modifier once; those of a subquery around cannot be said of the selector alone.
  if ((shift.match(/offset/g)?.length ?? 0) > 1 || (shift.match(/@/g)?.length ?? 0) > 1) return undefined;
  const single = async (query: string): Promise<number | undefined> => {
    const { series } = await instantQuery(server, { query, limit: 1, signal: ask.signal });
    const value = series[0]?.value;
    return value !== undefined && Number.isFinite(value) ? value : undefined;
  };
  const time = await single(`max(timestamp(${`${text} ${shift}`.trim()}))`);
  if (time !== undefined || ranges.length === 0) return time ?? 'none';
  // Past the look-back of a moment, a range still finds samples: the value may be made of those.
  const reach = reachSeconds(ranges);
  if (reach === undefined) return undefined;
  const old = await single(`count(count_over_time(${text}[${reach}s] ${shift}))`);
  return old === undefined ? 'none' : undefined;
}
