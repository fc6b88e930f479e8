import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { spanKey } from './span-keys.ts';
import { formatTraceparent, normalTraceparent, parseTraceparent, spanIdOf } from './trace-context.ts';

function hex(length: number): fc.Arbitrary<string> {
  return fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''))
    .filter((text) => !/^0+$/.test(text));
}

const traceId = hex(32);

test('what is formatted is read as the same context', () => {
  fc.assert(
    fc.property(fc.record({ traceId, spanId: hex(16), sampled: fc.boolean() }), (parent) => {
      expect(parseTraceparent(formatTraceparent(parent))).toEqual(parent);
    }),
  );
});

test('reading never throws, and what it accepts is well formed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      const parent = parseTraceparent(text);
      if (parent) expect(formatTraceparent(parent)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    }),
  );
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

test('a later version may carry more, of the flags only the lowest bit is read', () => {
  const parent = { traceId: TRACE, spanId: SPAN, sampled: true };
  expect(parseTraceparent(`cc-${TRACE}-${SPAN}-03-more`)).toEqual(parent);
  expect(parseTraceparent(`00-${TRACE}-${SPAN}-02`)).toEqual({ ...parent, sampled: false });
});

test.each([` 00-${TRACE}-${SPAN}-01 `, `00-${TRACE}-${SPAN}-01\n`, `cc-${TRACE}-${SPAN}-03-more`])(
  'what is passed on of %j is version 00 alone',
  (text) => {
    expect(normalTraceparent(text)).toBe(`00-${TRACE}-${SPAN}-01`);
  },
);

test.each([
  ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['version ff', `ff-${TRACE}-${SPAN}-01`],
  ['version 00 with more', `00-${TRACE}-${SPAN}-01-more`],
  ['a zero trace id', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a zero span id', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['a short trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
  ['nothing', ''],
])('%s is no traceparent', (_what, text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});

test('span ids are the same for every process, and differ by trace and key', () => {
  const keys = [
    spanKey.delivery(),
    spanKey.attempt({ operation: '1', run: 1 }),
    spanKey.attempt({ operation: '1', run: 2 }),
    spanKey.phase({ operation: '1', run: 1 }, 'promotion'),
    spanKey.check({ operation: '1', run: 1 }, 'promotion', 'probe'),
    spanKey.promotion('prod'),
  ];
  fc.assert(
    fc.property(traceId, traceId, (one, other) => {
      fc.pre(one !== other);
      const ids = [one, other].flatMap((trace) => keys.map((key) => spanIdOf(trace, key)));
      expect(new Set(ids).size).toBe(2 * keys.length);
      for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
    }),
  );
  expect(spanIdOf(TRACE, 'delivery')).toBe('72927f5744b122d0');
});
