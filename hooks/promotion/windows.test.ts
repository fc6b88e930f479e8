import { describe, expect, test } from 'vitest';
import type { PlannedWindow } from '../../core/plan.ts';
import { opensAt } from './windows.ts';

const HOUR = 3600_000;
const ZURICH = 'Europe/Zurich';

function window(schedule: string, hours: number, more: Partial<PlannedWindow> = {}): PlannedWindow {
  return { kind: 'allow', schedule, durationMs: hours * HOUR, timeZone: ZURICH, ...more };
}

/** When it opens from a time on, in UTC to the minute; `now` if it is open then. */
function opens(windows: PlannedWindow[], from: string): string | undefined {
  const at = opensAt(windows, Date.parse(from));
  if (at === Date.parse(from)) return 'now';
  return at === undefined ? undefined : new Date(at).toISOString().slice(0, 16);
}

const WORK = window('0 9 * * 1-5', 8);

describe('a window of working hours', () => {
  test.each([
    ['before it, in winter', '2027-01-13T07:00:00Z', '2027-01-13T08:00'],
    ['before it, in summer', '2027-07-14T06:00:00Z', '2027-07-14T07:00'],
    ['as it opens', '2027-01-13T08:00:00Z', 'now'],
    ['in it', '2027-01-13T15:59:59Z', 'now'],
    ['as it shuts', '2027-01-13T16:00:00Z', '2027-01-14T08:00'],
    ['on a Friday evening', '2027-01-15T17:00:00Z', '2027-01-18T08:00'],
    ['on the weekend on which clocks go forward', '2027-03-27T12:00:00Z', '2027-03-29T07:00'],
    ['on the weekend on which clocks go back', '2027-10-30T12:00:00Z', '2027-11-01T08:00'],
  ])('%s', (_when, from, expected) => {
    expect(opens([WORK], from)).toBe(expected);
  });
});

describe('a night in which clocks change', () => {
  test('a window at an hour that is left out opens when the clock goes on', () => {
    // 02:30 is not there on 28 March 2027.
    const at = opens([window('30 2 * * *', 1)], '2027-03-28T00:00:00Z');
    expect(['2027-03-28T01:00', '2027-03-28T01:30']).toContain(at);
  });

  test('a window that is open lasts as long as it says, not as the clock does', () => {
    // From 01:00 summer time on 31 October 2027, four hours: until 04:00 winter time.
    const night = window('0 1 * * *', 4);
    expect(opens([night], '2027-10-31T02:59:00Z')).toBe('now');
    expect(opens([night], '2027-10-31T03:00:00Z')).toBe('2027-11-01T00:00');
  });
});

describe('several windows', () => {
  test('one that denies wins, and what is left of one that allows counts', () => {
    const lunch = window('0 12 * * *', 1, { kind: 'deny' });
    expect(opens([WORK, lunch], '2027-01-13T11:30:00Z')).toBe('2027-01-13T12:00');
    expect(opens([WORK, lunch], '2027-01-13T10:59:00Z')).toBe('now');
  });

  test('with none that allows, all other times are free', () => {
    const freeze = window('0 0 24 12 *', 14 * 24, { kind: 'deny' });
    expect(opens([freeze], '2027-06-01T00:00:00Z')).toBe('now');
    expect(opens([freeze], '2027-12-31T00:00:00Z')).toBe('2028-01-06T23:00');
  });

  test('one that allows is enough, each in its own time zone', () => {
    const tokyo = window('0 9 * * 1-5', 8, { timeZone: 'Asia/Tokyo' });
    expect(opens([WORK, tokyo], '2027-01-13T00:00:00Z')).toBe('now');
    expect(opens([WORK, tokyo], '2027-01-13T17:00:00Z')).toBe('2027-01-14T00:00');
  });

  test('an allow that is always denied opens never', () => {
    const always = window('* * * * *', 1, { kind: 'deny', timeZone: 'UTC' });
    expect(opens([WORK, always], '2027-01-13T00:00:00Z')).toBeUndefined();
  });
});

test('a day that no month has never comes', () => {
  expect(opens([window('0 0 30 2 *', 1)], '2027-01-01T00:00:00Z')).toBeUndefined();
});
