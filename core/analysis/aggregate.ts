/** One figure from those of several earlier deliveries. */

export type Aggregate = 'avg' | 'p50' | 'p90' | 'p95';

/** The aggregate of finite values; undefined if there are none. */
export function aggregateOf(values: readonly number[], aggregate: Aggregate): number | undefined {
  if (values.length === 0) return undefined;
  if (aggregate === 'avg') return values.reduce((sum, value) => sum + value, 0) / values.length;
  return percentile(values, PERCENTS[aggregate]);
}

const PERCENTS = { p50: 50, p90: 90, p95: 95 } as const;

/**
 * The percentile at position p × (n + 1) of the sorted values, clamped to their ends, between two of them by
 * linear interpolation: p90 of 0 to 10 is 9.8. Keptn's lighthouse-service counts so.
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (percent / 100) * (sorted.length + 1);
  const index = Math.min(sorted.length, Math.max(1, position));
  const below = sorted[Math.floor(index) - 1] ?? Number.NaN;
  const above = sorted[Math.ceil(index) - 1] ?? Number.NaN;
  return below + (above - below) * (index - Math.floor(index));
}
