import { describe, expect, it } from 'vitest';
import { vectorSelectors } from './promql-selectors.ts';

describe('vectorSelectors', () => {
  it.each([
    ['up', ['up']],
    [
      'sum(rate(http_requests_total{job="shop",code=~"5.."}[5m]))',
      ['http_requests_total{job="shop",code=~"5.."}'],
    ],
    ['sum by (job) (up) / on (job) group_left (x) count without(y)(node:cpu:sum)', ['up', 'node:cpu:sum']],
    ['histogram_quantile(0.95, sum(rate(h_bucket[1m])) by (le))', ['h_bucket']],
    ['{__name__="up", job!="x"}', ['{__name__="up",job!="x"}']],
    ['up{job="a{b}"} and up{job="a{b}"}', ['up{job="a{b}"}']],
    ['max_over_time(rate(a[5m])[30m:1m])', ['a']],
    ['a offset 1h > b[5m] offset 1d', []],
    ['rate(a[5m] @ 1609746000) + b', ['b']],
    ['1 + 2 * time()', []],
    ['scalar(up) > bool 0.5e3 and NaN', ['up']],
    ['# up\nx', ['x']],
    ['label_replace(up, "a", "$1", "b", "(.*)")', ['up']],
    ['count_values("v", build_info)', ['build_info']],
    ['topk(3, avg by(pod)(container_memory))', ['container_memory']],
  ])('finds in %s', (expression, selectors) => {
    expect(vectorSelectors(expression)).toEqual(selectors);
  });

  it('does not run away on nonsense', () => {
    expect(vectorSelectors('sum(rate({{{"[')).toEqual(expect.any(Array));
  });
});
