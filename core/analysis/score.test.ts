import { describe, expect, it } from 'vitest';
import { aggregateOf, percentile } from './aggregate.ts';
import { limitOf, parseCriterion, type Criterion } from './criterion.ts';
import { analyse, type Measured, type Objective } from './score.ts';

function criteria(...sets: (string | string[])[]): Criterion[][] {
  return sets.map((set) =>
    [set].flat().map((text) => {
      const criterion = parseCriterion(text);
      if (!criterion) throw new Error(text);
      return criterion;
    }),
  );
}

const objective = (name: string, pass: (string | string[])[], more: Partial<Objective> = {}): Objective => ({
  name,
  pass: criteria(...pass),
  warning: [],
  weight: 1,
  key: false,
  ...more,
});

const total = { pass: 90, warning: 75 };
const measured = (values: Record<string, number>, earlier: Measured['earlier'] = {}) => ({
  values,
  earlier,
  aggregate: 'avg' as const,
});

describe('criteria', () => {
  it.each([
    ['<600', { operator: '<', kind: 'absolute', amount: 600 }],
    [' <= 15 %', { operator: '<=', kind: 'percent', amount: 15 }],
    ['<=+15%', { operator: '<=', kind: 'percent', amount: 15 }],
    ['>-8%', { operator: '>', kind: 'percent', amount: -8 }],
    ['>=-25', { operator: '>=', kind: 'change', amount: -25 }],
    ['<+10', { operator: '<', kind: 'change', amount: 10 }],
    ['=0.5', { operator: '=', kind: 'absolute', amount: 0.5 }],
  ])('reads %j', (text, expected) => {
    expect(parseCriterion(text)).toMatchObject(expected);
  });

  it.each(['', '600', '!=5', '<x', '<1e999', '<=+%', '<10%%', '==5', '<-+5'])('refuses %j', (text) => {
    expect(parseCriterion(text)).toBeUndefined();
  });

  it.each([
    ['<600', undefined, 600],
    ['<=10%', 100, 110],
    ['<=+10%', 100, 110],
    ['>=-10%', 100, 90],
    ['<+10', 100, 110],
    ['>-10', 100, 90],
    ['<=10%', undefined, undefined],
  ])('sets the limit of %s after %s to %s', (text, earlier, limit) => {
    const criterion = parseCriterion(text);
    expect(criterion && limitOf(criterion, earlier)).toBe(limit);
  });
});

describe('aggregates of earlier values', () => {
  it('interpolates percentiles at p × (n + 1), clamped to the ends', () => {
    const values = Array.from({ length: 11 }, (_, index) => index).toReversed();
    expect(percentile(values, 90)).toBeCloseTo(9.8, 12);
    expect(percentile(values, 50)).toBe(5);
    expect(percentile(values, 99)).toBe(10);
    expect(percentile([3], 95)).toBe(3);
  });

  it('are undefined of nothing', () => {
    expect(aggregateOf([], 'avg')).toBeUndefined();
    expect(aggregateOf([1, 2], 'avg')).toBe(1.5);
  });
});

describe('an objective', () => {
  const statusOf = (one: Objective, value: number | undefined, earlier: number[] = []): string | undefined =>
    analyse([one], total, measured(value === undefined ? {} : { it: value }, { it: earlier })).objectives[0]
      ?.status;

  it('passes if every criterion of one set holds', () => {
    const one = objective('it', [['>10', '<20'], '=0']);
    expect([15, 0, 25, 10].map((value) => statusOf(one, value))).toEqual(['pass', 'pass', 'fail', 'fail']);
  });

  it('warns if only the warning criteria hold', () => {
    const one = objective('it', ['<10'], { warning: criteria('<20') });
    expect([5, 15, 25].map((value) => statusOf(one, value))).toEqual(['pass', 'warning', 'fail']);
  });

  it('holds relative criteria against earlier deliveries, and passes them if there are none', () => {
    const one = objective('it', ['<=+10%']);
    expect(statusOf(one, 110, [100])).toBe('pass');
    expect(statusOf(one, 111, [100])).toBe('fail');
    expect(statusOf(one, 111, [])).toBe('pass');
    expect(statusOf(one, 111, [Number.NaN])).toBe('pass');
  });

  it('never passes on a value that is missing, NaN or infinite, even if it only informs', () => {
    for (const one of [objective('it', ['>=0']), objective('it', [])]) {
      for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY])
        expect(statusOf(one, value)).toBe('fail');
    }
  });

  it('without pass criteria informs and counts for nothing', () => {
    const result = analyse([objective('it', []), objective('b', ['<1'])], total, measured({ it: 5, b: 0 }));
    expect(result).toMatchObject({ status: 'pass', score: 100 });
    expect(result.objectives[0]).toMatchObject({ status: 'info', score: 0 });
  });
});

describe('the total score', () => {
  const four = (weights: number[]): Objective[] =>
    weights.map((weight, index) => objective(`o${index}`, ['<1'], { weight, warning: criteria('<2') }));
  const scoreOf = (weights: number[], values: number[]) =>
    analyse(
      four(weights),
      total,
      measured(Object.fromEntries(values.map((value, index) => [`o${index}`, value]))),
    );

  it.each([
    [[1, 1], [0, 0], 100, 'pass'],
    [[1, 1], [0, 1], 75, 'warning'],
    [[1, 1], [1, 1], 50, 'fail'],
    [[9, 1], [0, 5], 90, 'pass'],
    [[1, 1], [5, 5], 0, 'fail'],
  ])('of weights %j at values %j is %d: %s', (weights, values, score, status) => {
    expect(scoreOf(weights, values)).toMatchObject({ score, status });
  });

  it('fails if a key objective fails, but not if it only warns', () => {
    const key = (value: number) =>
      analyse(
        [
          objective('key', ['<1'], { key: true, warning: criteria('<2') }),
          objective('big', ['<1'], { weight: 99 }),
        ],
        total,
        measured({ key: value, big: 0 }),
      );
    expect(key(1)).toMatchObject({ status: 'pass', score: 99.5 });
    expect(key(5)).toMatchObject({ status: 'fail', score: 99 });
  });

  it('is 100 when all objectives only inform, and fails without objectives', () => {
    expect(analyse([objective('a', [])], total, measured({ a: 1 }))).toMatchObject({
      score: 100,
      status: 'pass',
    });
    expect(analyse([], total, measured({})).status).toBe('fail');
  });

  it('is 0 when all objectives only inform and a figure is missing', () => {
    const both = [objective('a', []), objective('b', [])];
    expect(analyse(both, total, measured({ a: 1 }))).toMatchObject({ score: 0, status: 'fail' });
    expect(analyse(both, total, measured({ a: 1, b: Number.NaN })).status).toBe('fail');
  });

  it('lets two objectives look at the same figure', () => {
    const both = [objective('low', ['>1']), objective('high', ['<9'])];
    expect(analyse(both, total, measured({ low: 5, high: 5 }))).toMatchObject({ score: 100, status: 'pass' });
  });
});
