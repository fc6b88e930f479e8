import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { freightChanges, makeFreight, type FreightItem } from './freight.ts';

const item: fc.Arbitrary<FreightItem> = fc.record({
  kind: fc.constantFrom('helm-value', 'kustomize-image', 'chart-version', 'file'),
  file: fc.constantFrom('values.yaml', 'values-{stage}.yaml'),
  key: fc.string({ maxLength: 8 }),
  value: fc.string({ maxLength: 8 }),
});

/** A render reads each place once, so one place has one value. */
const items = fc.uniqueArray(item, {
  selector: ({ kind, file, key }) => JSON.stringify([kind, file, key]),
  maxLength: 12,
});

const shuffled = items.chain((list) =>
  fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
);

test('the id does not depend on order or repetition', () => {
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      expect(makeFreight([...other, ...list])).toEqual(makeFreight(list));
    }),
  );
});

test('another value anywhere is another freight', () => {
  fc.assert(
    fc.property(items, fc.nat(), (list, at) => {
      fc.pre(list.length > 0);
      const changed = list.map((one, index) =>
        index === at % list.length ? { ...one, value: `${one.value}x` } : one,
      );
      expect(makeFreight(changed).id).not.toBe(makeFreight(list).id);
    }),
  );
});

test('a freight does not differ from itself, and from nothing in everything', () => {
  fc.assert(
    fc.property(items, (list) => {
      const freight = makeFreight(list);
      expect(freightChanges(freight, freight)).toEqual([]);
      expect(freightChanges(undefined, freight)).toHaveLength(freight.items.length);
      expect(freightChanges(freight, makeFreight([])).every(({ to }) => to === undefined)).toBe(true);
    }),
  );
});

test('changes say what was there before and what is there now', () => {
  const place = { kind: 'helm-value', file: 'values.yaml' } as const;
  const before = makeFreight([
    { ...place, key: 'a', value: 'v1' },
    { ...place, key: 'b', value: 'v1' },
    { ...place, key: 'gone', value: 'v1' },
  ]);
  const after = makeFreight([
    { ...place, key: 'a', value: 'v2' },
    { ...place, key: 'b', value: 'v1' },
    { ...place, key: 'new', value: 'v1' },
  ]);
  expect(freightChanges(before, after)).toEqual([
    { file: 'values.yaml', key: 'a', from: 'v1', to: 'v2' },
    { file: 'values.yaml', key: 'new', from: undefined, to: 'v1' },
    { file: 'values.yaml', key: 'gone', from: 'v1', to: undefined },
  ]);
});
