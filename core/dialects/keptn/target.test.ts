import { expect, test } from 'vitest';
import { parseKeptnTarget } from './target.ts';

test.each([
  ['<0.5', '<0.5'],
  ['>10', '>10'],
  ['<=1', '<=1'],
  ['>=99.9', '>=99.9'],
  ['==0', '==0'],
  ['!=-1', '!=-1'],
  ['<1e3', '<1e3'],
  ['<.5', '<.5'],
  [' < 0.5 ', '<0.5'],
])('the target %j is %j', (text, target) => {
  expect(parseKeptnTarget(text)).toBe(target);
});

test.each([
  '',
  '<',
  '0.5',
  '=0.5',
  '<>1',
  '<abc',
  '<1,5',
  '<5m',
  '<250ms',
  '>99%',
  '<Inf',
  '<NaN',
  '<0x10',
  '<1 2',
])('%j is no target', (text) => {
  expect(parseKeptnTarget(text)).toBeUndefined();
});
