/**
 * KeptnMetric's `range` in PromQL. Keptn asks a range query and aggregates the samples itself; a subquery does the same
 * in the server. Exact for max, min, avg and median over the same samples. Percentiles differ: Keptn takes the sample
 * at a rank without sorting the samples first, Prometheus sorts and interpolates.
 */
import { parseGoDuration } from './go-values.ts';
import {
  describe,
  fieldError,
  recordAt,
  textAt,
  valueAt,
  type JsonObject,
  type NamedObject,
} from './objects.ts';

const DEFAULT_INTERVAL = '5m';

const AGGREGATIONS: Record<string, (samples: string) => string> = {
  max: (samples) => `max_over_time(${samples})`,
  min: (samples) => `min_over_time(${samples})`,
  avg: (samples) => `avg_over_time(${samples})`,
  median: (samples) => `quantile_over_time(0.5, ${samples})`,
  p90: (samples) => `quantile_over_time(0.9, ${samples})`,
  p95: (samples) => `quantile_over_time(0.95, ${samples})`,
  p99: (samples) => `quantile_over_time(0.99, ${samples})`,
};

/**
 * The query with its range. Without `step` Keptn takes the sample at the beginning of the range and ignores
 * `aggregation`; here the query is asked as it is, now. Errors: `KEPTN_FIELD`.
 */
export function rangeQuery(metric: NamedObject, query: string, note: (text: string) => void): string {
  const range = recordAt(metric.object, ['spec', 'range']);
  const step = textAt(range, ['step']);
  if (Number(valueAt(range, ['storedResults']) ?? 0) > 0)
    note(
      `${describe(metric)}: spec.range.storedResults keeps no value that an evaluation reads in Keptn; here it has one`,
    );
  if (step === undefined) return query;
  const aggregation = textAt(range, ['aggregation']);
  const aggregate = aggregation === undefined ? undefined : AGGREGATIONS[aggregation];
  if (aggregate === undefined) {
    throw fieldError(metric, 'spec.range.aggregation', {
      code: 'KEPTN_FIELD',
      what: aggregation === undefined ? 'is missing beside step' : `"${aggregation}" is not known`,
      hint: `Write one of ${Object.keys(AGGREGATIONS).join(', ')}`,
    });
  }
  return aggregate(`(${query})[${duration(metric, range, 'interval')}:${duration(metric, range, 'step')}]`);
}

/** PromQL writes no fractions: the largest unit that gives a whole number. */
function duration(metric: NamedObject, range: JsonObject, field: 'interval' | 'step'): string {
  const text = textAt(range, [field]) ?? DEFAULT_INTERVAL;
  const ms = parseGoDuration(text);
  if (ms === undefined || ms < 1) {
    throw fieldError(metric, `spec.range.${field}`, {
      code: 'KEPTN_FIELD',
      what: `"${text}" is no duration`,
      hint: 'Write it as 30s, 5m or 1h',
    });
  }
  const units: [string, number][] = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ];
  const whole = Math.round(ms);
  const [unit, size] = units.find(([, unitMs]) => whole % unitMs === 0) ?? ['ms', 1];
  return `${whole / size}${unit}`;
}
