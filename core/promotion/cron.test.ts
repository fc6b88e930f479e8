import { describe, expect, it } from 'vitest';
import { isCron, isTimeZone } from './cron.ts';

describe('a cron expression', () => {
  it.each([
    '* * * * *',
    '0 9 * * 1-5',
    '*/15 0,12 1-7 jan,JUL mon-fri',
    '0 0 * * 7',
    '5-50/5 * 31 12 sun',
    ' 0  9 * * * ',
  ])('may be "%s"', (text) => expect(isCron(text)).toBe(true));

  it.each([
    '',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '*/0 * * * *',
    '5-1 * * * *',
    '1- * * * *',
    '-1 * * * *',
    'a * * * *',
    '1,,2 * * * *',
    '* * mon * *',
    '@daily',
    '1.5 * * * *',
  ])('may not be "%s"', (text) => expect(isCron(text)).toBe(false));
});

describe('a time zone', () => {
  it('is one that the runtime knows', () => {
    expect(['UTC', 'Europe/Zurich', 'America/Argentina/Buenos_Aires'].map(isTimeZone)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['', 'Europe/Zuerich', 'CEST', '+25:00'].map(isTimeZone)).toEqual([false, false, false, false]);
  });
});
