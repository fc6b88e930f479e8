/** Times as Argo CD writes them: an age to read, the exact value in the user's zone to hover. */

import { formatDuration } from '../../../core/duration.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Milliseconds since the epoch of an RFC 3339 time, or undefined for anything else. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

/** `a few seconds ago`, `5 minutes ago`, `2 days ago`; a clock that is ahead counts as now. */
export function ageText(at: number, now: number): string {
  return `${distance(Math.max(0, now - at))} ago`;
}

/** `in 2 days` for what is to come; the age of what was. */
export function inText(at: number, now: number): string {
  return at > now ? `in ${distance(at - now)}` : ageText(at, now);
}

function distance(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 45) return 'a few seconds';
  const [amount, unit] = ageUnit(seconds);
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

function ageUnit(seconds: number): [number, string] {
  if (seconds < 45 * 60) return [Math.max(1, Math.round(seconds / 60)), 'minute'];
  if (seconds < 22 * 3600) return [Math.max(1, Math.round(seconds / 3600)), 'hour'];
  const days = Math.max(1, Math.round(seconds / 86_400));
  if (days < 26) return [days, 'day'];
  if (days < 320) return [Math.max(1, Math.round(days / 30.4)), 'month'];
  return [Math.max(1, Math.round(days / 365)), 'year'];
}

/** `Fri Nov 21 2025 20:57:02 GMT+0100`, the form of Argo CD's own timestamps, in the local zone. */
export function exactTime(at: number): string {
  const date = new Date(at);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(offset) / 60))}${pad(Math.abs(offset) % 60)}`;
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${pad(date.getDate())} ${date.getFullYear()} ${clock} GMT${zone}`;
}

/** The time from one to another in milliseconds; undefined unless both are known and in order. */
export function span(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined || to < from ? undefined : to - from;
}

/** A mark of a time axis, without rounding: `500ms`, `1.5s`, `1m30s`. */
export function tickText(ms: number): string {
  return ms > 1000 && ms < 60_000 ? `${ms / 1000}s` : formatDuration(ms);
}

/** A duration of a span, which is often below a millisecond: `340µs`, `2.41ms`, `42s`. */
export function spanTime(ms: number): string {
  if (ms >= 1000) return formatDuration(ms);
  if (ms >= 1) return `${Number(ms.toPrecision(3))}ms`;
  return ms <= 0 ? '0ms' : `${Math.max(1, Math.round(ms * 1000))}µs`;
}
