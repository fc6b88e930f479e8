import { describe, expect, test } from 'vitest';
import { authorName, shortCommit, text } from './text.ts';
import { ageText, exactTime, parseTime } from './time.ts';
import { versionsText } from './freight.ts';

const MINUTE = 60_000;

describe('text', () => {
  test('is cut, and loses what turns or hides it', () => {
    expect(text('a\u202Eb\u0007c')).toBe('abc');
    expect(text('abcdef', 4)).toBe('abc…');
    expect(text({ toString: 'x' })).toBe('');
  });

  test('of commits and authors is short', () => {
    expect(shortCommit('0123456789abcdef0123456789abcdef01234567')).toBe('0123456');
    expect(shortCommit('digest-0123456789abcdef')).toBe('digest 0123456');
    expect(authorName('Ada Okafor <ada@example.com>')).toBe('Ada Okafor');
    expect(authorName('<ada@example.com>')).toBe('<ada@example.com>');
  });
});

describe('times', () => {
  test.each([
    [-5000, 'a few seconds ago'],
    [30_000, 'a few seconds ago'],
    [MINUTE, '1 minute ago'],
    [44 * MINUTE, '44 minutes ago'],
    [50 * MINUTE, '1 hour ago'],
    [26 * 60 * MINUTE, '1 day ago'],
    [40 * 24 * 60 * MINUTE, '1 month ago'],
    [700 * 24 * 60 * MINUTE, '2 years ago'],
  ])('%i ms before now read %s', (before, expected) => {
    expect(ageText(1e13 - before, 1e13)).toBe(expected);
  });

  test('are exact in the local zone', () => {
    expect(exactTime(Date.UTC(2030, 0, 2, 12, 0, 5))).toMatch(
      /^(Wed|Thu|Tue) Jan 0\d 2030 \d\d:\d\d:05 GMT[+-]\d{4}$/,
    );
  });

  test('that are none are undefined', () => {
    expect([parseTime('soon'), parseTime(7), parseTime('2030-01-01T00:00:00Z'.padEnd(100))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('versions', () => {
  test('are one where all are the same, else named', () => {
    expect(
      versionsText([
        { key: 'a.tag', value: 'v2' },
        { key: 'b.tag', value: 'v2' },
      ]),
    ).toBe('v2');
    expect(
      versionsText([
        { key: 'web.image.tag', value: 'v2' },
        { key: 'ghcr.io/shop/api', value: 'v3' },
      ]),
    ).toBe('web v2, api v3');
    expect(versionsText([{ key: 'x', value: `sha256:${'a'.repeat(64)}` }])).toBe('sha256:aaaaaaaaaaaa');
  });
});
