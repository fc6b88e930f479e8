/** Text from ledgers, made safe to show: whoever may write a ConfigMap may write anything into it. */

/** Longest message that the tab shows; the runner keeps 1,024 characters, a hostile ledger may hold megabytes. */
export const MESSAGE_LIMIT = 4000;
const NAME_LIMIT = 200;

/** Control characters and those that turn the direction of text, which can make a line read as another. */
// oxlint-disable-next-line no-control-regex -- they are what it is about
const UNSHOWABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The value as text if it is a string or a number, cut to `limit` characters; else the empty string. */
export function text(value: unknown, limit = NAME_LIMIT): string {
  const raw = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  const cut = raw.length > limit ? `${raw.slice(0, limit - 1)}…` : raw;
  return cut.replace(UNSHOWABLE, '');
}

/** A message of several lines, cut to what the tab shows. */
export function message(value: unknown): string {
  return text(value, MESSAGE_LIMIT).trim();
}

/** Seven digits of a commit, as Argo CD shows revisions; `digest a1b2c3d` where history could not say. */
export function shortCommit(id: unknown): string {
  const whole = text(id);
  if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(whole)) return whole.slice(0, 7);
  const digest = /^digest-([0-9a-f]{7})[0-9a-f]*$/.exec(whole);
  if (digest) return `digest ${digest[1]}`;
  return whole.length > 16 ? `${whole.slice(0, 15)}…` : whole;
}

/** `Ann` of `Ann <ann@example.com>`. */
export function authorName(author: unknown): string {
  const whole = text(author);
  return whole.replace(/\s*<[^>]*>\s*$/, '') || whole;
}

/** Whether a value is a plain object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `1 check`, `2 checks`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The value of JSON text; undefined for anything else, which callers name themselves. */
export function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
