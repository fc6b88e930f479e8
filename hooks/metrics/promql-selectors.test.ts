import { describe, expect, it } from 'vitest';
import { reachSeconds, selectorsOf } from './promql-selectors.ts';

/** As one text each: selector, ranges in brackets, modifiers. */
function shown(expression: string): string[] {
  return selectorsOf(expression).all.map(({ text, ranges, shift }) =>
    [text, ranges.length === 0 ? '' : `[${ranges.join('+')}]`, shift].filter(Boolean).join(' '),
  );
}

describe('selectorsOf', () => {
  it.each([
    ['up', ['up']],
    [
      'sum(rate(http_requests_total{job="shop",code=~"5.."}[5m]))',
      ['http_requests_total{job="shop",code=~"5.."} [5m]'],
    ],
    ['sum by (job) (up) / on (job) group_left (x) count without(y)(node:cpu:sum)', ['up', 'node:cpu:sum']],
    ['histogram_quantile(0.95, sum(rate(h_bucket[1m])) by (le))', ['h_bucket [1m]']],
    ['{__name__="up", job!="x"}', ['{__name__="up",job!="x"}']],
    ['up{job="a{b}"} and up{job="a{b}"}', ['up{job="a{b}"}']],
    ['max_over_time(rate(a[5m])[30m:1m]) + b', ['a [5m+30m]', 'b']],
    ['max_over_time((a)[30m:] offset 1h)', ['a [30m] offset 1h']],
    ['a offset 1h > b[5m] offset 1d', ['a offset 1h', 'b [5m] offset 1d']],
    ['a offset -5m + up', ['a offset -5m', 'up']],
    ['rate(a[5m] @ 1609746000 offset 1w) + b', ['a [5m] @ 1609746000 offset 1w', 'b']],
    ['a @ end() - a', ['a @ end()', 'a']],
    ['1 + 2 * time()', []],
    ['scalar(up) > bool 0.5e3 and NaN', ['up']],
    ['start + end', ['start', 'end']],
    ['# up\nx', ['x']],
    ['label_replace(up, "a", "$1", "b", "(.*)")', ['up']],
    ['count_values("v", build_info)', ['build_info']],
    ['topk(3, avg by(pod)(container_memory))', ['container_memory']],
  ])('finds in %s', (expression, selectors) => {
    expect(shown(expression)).toEqual(selectors);
  });

  it.each([
    ['a or b', true],
    ['a unless on (job) b', true],
    ['a offset 1h < a', true],
    ['a < bool b', false],
    ['a{x!="y"} - a offset 1h', false],
  ])('says of %s whether its value is that of one side: %s', (expression, chooses) => {
    expect(selectorsOf(expression).chooses).toBe(chooses);
  });

  it('leaves none out, however many there are', () => {
    const many = Array.from({ length: 40 }, (_, index) => `metric_${index}`);
    expect(shown(many.join(' + '))).toEqual(many);
  });

  it('does not run away on nonsense', () => {
    for (const text of ['sum(rate({{{"[', 'a offset', 'a @ (', 'a[5m', ')))]'])
      expect(selectorsOf(text).all).toEqual(expect.any(Array));
  });
});

describe('reachSeconds', () => {
  it.each([
    [['5m'], 300],
    [['1h30m', '500ms'], 5401],
    [['90'], 90],
    [['5m*2'], undefined],
  ])('of %j is %s', (ranges, seconds) => {
    expect(reachSeconds(ranges)).toBe(seconds);
  });
});
