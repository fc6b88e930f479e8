import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

describe('LatencyHistogram', () => {
  it('gives percentiles within 0.1 % of the exact ones, whatever is noted', () => {
    const latencies = fc.array(fc.double({ min: 0.001, max: 3_600_000, noNaN: true }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(latencies, fc.constantFrom(50, 90, 95, 99, 100), (values, percent) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? Number.NaN;
        expect(Math.abs(histogram.percentileMs(percent) / exact - 1)).toBeLessThanOrEqual(0.001);
        expect(histogram.maxMs).toBe(sorted.at(-1));
      }),
    );
  });

  it('gives NaN of nothing', () => {
    const histogram = new LatencyHistogram();
    expect([histogram.meanMs, histogram.maxMs, histogram.percentileMs(95)]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });
});
