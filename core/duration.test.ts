import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

test('what is formatted with one figure is read as the same duration', () => {
  const oneFigure = fc.oneof(
    fc.integer({ min: 0, max: 999 }),
    fc.integer({ min: 1, max: 59 }).map((seconds) => seconds * 1000),
    fc.integer({ min: 1, max: 59 }).map((minutes) => minutes * 60_000),
    fc.integer({ min: 1, max: 23 }).map((hours) => hours * 3_600_000),
    fc.integer({ min: 1, max: 400 }).map((days) => days * 86_400_000),
  );
  fc.assert(
    fc.property(oneFigure, (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test('two figures at most, and never less than nothing', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e6, max: 1e12 }), (ms) => {
      expect(formatDuration(ms)).toMatch(/^\d+(ms|s|m|h|d)(\d+(s|m|h))?$/);
    }),
  );
  expect(formatDuration(65_000)).toBe('1m5s');
  expect(formatDuration(999.7)).toBe('1s');
  expect(formatDuration(-3)).toBe('0ms');
  expect(formatDuration(2 * 3_600_000 + 3 * 60_000 + 4000)).toBe('2h3m');
});

test.each(['1.5m', '500ms', ' 10s ', '7d'])('%s is a duration', (text) => {
  expect(parseDuration(text)).toBeGreaterThan(0);
});

test.each(['', '10', 's', '-1s', '1m5s', '1 s', '1e3s', '1w', 'Infinitys'])('"%s" is none', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
