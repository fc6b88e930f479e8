import { describe, expect, it } from 'vitest';
import { rateLimitWait } from './rate-limit.ts';

const NOW = Date.parse('2026-03-01T10:00:00Z');

function wait(status: number, headers: Record<string, string> = {}, body = ''): number | undefined {
  return rateLimitWait({ status, headers, body }, NOW);
}

describe('a rate limit', () => {
  it('is every 429', () => {
    expect(wait(429)).toBe(60_000);
    expect(wait(429, { 'retry-after': '3' })).toBe(3000);
  });

  it('is a 403 only if something says so', () => {
    expect(wait(403)).toBeUndefined();
    expect(
      wait(403, { 'x-ratelimit-remaining': '4999' }, '{"message":"Resource not accessible"}'),
    ).toBeUndefined();
    expect(wait(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 5) })).toBe(
      6000,
    );
    expect(wait(403, {}, 'You have triggered an abuse detection mechanism')).toBe(60_000);
  });

  it('is no success and no fault', () => {
    expect(wait(200, { 'x-ratelimit-remaining': '0' })).toBeUndefined();
    expect(wait(503, { 'retry-after': '3' })).toBeUndefined();
  });

  it('is never over at once, nor waited for by what is no time', () => {
    expect(wait(429, { 'retry-after': '0' })).toBe(1000);
    expect(wait(429, { 'retry-after': 'Sun, 01 Mar 2026 09:00:00 GMT' })).toBe(1000);
    expect(wait(429, { 'retry-after': 'soon' })).toBe(60_000);
    expect(wait(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'later' })).toBe(60_000);
  });
});
