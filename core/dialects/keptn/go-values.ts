/** Values as Go writes and reads them, since Keptn's programs do: JSON of structs and maps, durations, hashes. */

/**
 * Text in JSON as Go's encoding/json writes it: `<`, `>`, `&` and the two line separators are escaped, so that the
 * bytes of `KEPTN_CONTEXT` and `DATA` are those that Keptn's tasks got.
 */
export function goJsonText(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A Go map of texts as JSON: keys in the order of their bytes. */
export function goJsonMap(map: Readonly<Record<string, string>>): string {
  const members = Object.keys(map)
    .sort(byBytes)
    .map((key) => `${goJsonText(key)}:${goJsonText(map[key] ?? '')}`);
  return `{${members.join(',')}}`;
}

/** Order of two texts as Go sorts them: by the bytes of their UTF-8, not by UTF-16 units. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const UNIT_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration (`1h30m`, `1.5s`, `0`); undefined if it is none. */
export function parseGoDuration(text: string): number | undefined {
  if (/^[+]?0$/.test(text)) return 0;
  if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(number) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  }
  return total;
}

/** 32-bit FNV-1a in decimal, as Go's `fnv.New32a` of a text. */
export function fnv32a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return String(hash);
}
