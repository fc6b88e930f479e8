import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { meetsTarget, parseTarget, type TargetOperator } from './target.ts';

test.each([
  ['<0.25', '<', 0.25],
  ['< 250ms', '<', 0.25],
  ['>=99%', '>=', 0.99],
  ['<= 1.5m', '<=', 90],
  ['==0', '==', 0],
  ['!= -2', '!=', -2],
  ['<100us', '<', 0.0001],
  ['> 1e3', '>', 1000],
  ['<.5s', '<', 0.5],
])('%s is %s %d in base units', (text, operator, value) => {
  expect(parseTarget(text)).toEqual({ operator, value });
});

test.each(['', '0.25', '=1', '<', '<ten', '< 1 %x', '<NaN', '<Infinity', '<1e999', '>1 h'])(
  '"%s" is no target',
  (text) => {
    expect(parseTarget(text)).toBeUndefined();
  },
);

const number = fc.double({ noNaN: true, noDefaultInfinity: true });

test('each operator is the opposite of its opposite', () => {
  const opposites: [TargetOperator, TargetOperator][] = [
    ['<', '>='],
    ['>', '<='],
    ['==', '!='],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...opposites), number, number, ([one, other], value, limit) => {
      expect(meetsTarget(value, { operator: one, value: limit })).toBe(
        !meetsTarget(value, { operator: other, value: limit }),
      );
    }),
  );
});

test('what is no finite number meets no target', () => {
  for (const operator of ['<', '<=', '>', '>=', '==', '!='] as const)
    for (const value of [Number.NaN, Infinity, -Infinity])
      expect(meetsTarget(value, { operator, value: 1 })).toBe(false);
});
