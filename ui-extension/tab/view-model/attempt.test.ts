import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { barOf, ticksOf } from './attempt.ts';

const time = integer({ min: 0, max: 10_000_000 });

describe('bars', () => {
  test('never leave their track', () => {
    assert(
      property(time, time, time, integer({ min: 1000, max: 1e10 }), (a, b, from, length) => {
        const bar = barOf({ startedAt: a, finishedAt: b }, { from, to: from + length });
        if (bar === undefined) return;
        expect(bar.left).toBeGreaterThanOrEqual(0);
        expect(bar.width).toBeGreaterThanOrEqual(0);
        expect(bar.left + bar.width).toBeLessThanOrEqual(100.000001);
      }),
    );
  });

  test('reach to the end of the range while their part runs', () => {
    expect(barOf({ startedAt: 250, finishedAt: undefined }, { from: 0, to: 1000 })).toEqual({
      left: 25,
      width: 75,
    });
  });

  test('are left out for what has not begun or lies outside', () => {
    expect(barOf({ startedAt: undefined, finishedAt: undefined }, { from: 0, to: 1000 })).toBeUndefined();
    expect(barOf({ startedAt: 5000, finishedAt: 6000 }, { from: 0, to: 1000 })).toBeUndefined();
  });
});

describe('marks of the time axis', () => {
  test('are at most six, from a millisecond to years', () => {
    assert(
      property(integer({ min: 1, max: 1e12 }), (length) => {
        const ticks = ticksOf({ from: 0, to: length });
        expect(ticks.length).toBeGreaterThan(0);
        expect(ticks.length).toBeLessThanOrEqual(6);
      }),
    );
  });

  test('stand at round times', () => {
    expect(ticksOf({ from: 0, to: 82_000 }).map((tick) => tick.at)).toEqual([0, 30_000, 60_000]);
  });
});
