import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, contentId } from './canonical.ts';

/** The same value with the members of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

test('text and id do not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      expect(contentId(reversed(value))).toBe(contentId(value));
    }),
  );
});

test('the text is JSON of the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('members that are undefined count as absent, items as null', () => {
  expect(canonicalJson({ b: undefined, a: [undefined, 1] })).toBe('{"a":[null,1]}');
  expect(canonicalJson(undefined)).toBe('null');
});

test('an id is as long as asked, in hexadecimal, and the order of a list counts', () => {
  expect(contentId({})).toMatch(/^[0-9a-f]{12}$/);
  expect(contentId({}, 16)).toMatch(/^[0-9a-f]{16}$/);
  expect(contentId([1, 2])).not.toBe(contentId([2, 1]));
});
