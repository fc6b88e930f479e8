/** Rate limits as hosts tell them: by status, by headers, or only by words. */
import type { ApiAnswer } from './transport.ts';

/** GitHub's documentation asks for a minute where neither header says how long. */
const UNTOLD_WAIT_MS = 60_000;
const MIN_WAIT_MS = 1000;
const WORDS = /secondary rate limit|rate limit exceeded|abuse detection/i;

/**
 * Milliseconds to wait, by `Retry-After` (seconds or a date) or `x-ratelimit-reset` (Unix seconds); undefined if the
 * answer is no rate limit. A 403 is one only if something says so.
 */
export function rateLimitWait(answer: ApiAnswer, now: number): number | undefined {
  const { status, headers, body } = answer;
  if (status !== 429 && status !== 403) return undefined;
  const asked = retryAfterWait(answer, now);
  if (asked !== undefined) return asked;
  if (headers['x-ratelimit-remaining'] === '0') return untilReset(headers['x-ratelimit-reset'], now);
  return status === 429 || WORDS.test(body) ? UNTOLD_WAIT_MS : undefined;
}

/** Milliseconds that `Retry-After` asks for, as seconds or a date; undefined without it. */
export function retryAfterWait(answer: Pick<ApiAnswer, 'headers'>, now: number): number | undefined {
  const text = answer.headers['retry-after'];
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(value) ? Math.max(value, MIN_WAIT_MS) : UNTOLD_WAIT_MS;
}

/** A second more, since the limit ends within that second. */
function untilReset(text: string | undefined, now: number): number {
  const value = Number(text) * 1000 - now + 1000;
  return text && Number.isFinite(value) ? Math.max(value, MIN_WAIT_MS) : UNTOLD_WAIT_MS;
}
