/** Takes secrets out of what other programs print, since Argo CD shows stderr to users as it is. */
import { scrubUrls } from '../runtime/git.ts';

export { keyValueLines } from './key-values.ts';

const SECRET_KEY = /pass|secret|token|credential|private|key$|api[-_]?key|auth|cert|pwd|pw$/i;
const MIN_SECRET_LENGTH = 4;
/** Settings beside secrets; taken out, they would make a message unreadable. */
const NO_SECRET = /^(?:true|false|null)$/i;

/** Values that must not be printed: those of keys whose name speaks of a secret. */
export function secretValues(values: Iterable<readonly [key: string, value: string]>): string[] {
  return [...values]
    .filter(([key]) => SECRET_KEY.test(key))
    .flatMap(([, value]) => [value, ...entriesOf(value)])
    .filter(isSecret);
}

/** Entries of a list as `--set` takes it: `{a,b}`. */
function entriesOf(value: string): string[] {
  return /^\{.*\}$/.test(value) ? value.slice(1, -1).split(',') : [];
}

function isSecret(value: string): boolean {
  return value.trim().length >= MIN_SECRET_LENGTH && !NO_SECRET.test(value);
}

/** A key or certificate, whole or cut off, whatever became of its line breaks. */
const PEM = /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g;

/**
 * Takes out given values, also as Secrets carry them, keys and certificates, user names and passwords of addresses, and the values that Go's YAML decoder quotes in its
 * messages.
 */
export function scrub(text: string, secrets: readonly string[]): string {
  const known = [...new Set(secrets)].flatMap(formsOf).sort((a, b) => b.length - a.length);
  const without = known.reduce(
    (result, secret) => result.replaceAll(secret, '***'),
    text.replace(PEM, '***'),
  );
  return scrubUrls(without).replace(/(cannot (?:unmarshal|decode) !!\w+ )`[^`]*`/g, '$1`***`');
}

/** A value as it is, as Secrets carry it, and as Go quotes it in its messages. */
function formsOf(secret: string): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  const inApostrophes = escaped.replaceAll('\\"', '"').replaceAll("'", String.raw`\'`);
  return [secret, Buffer.from(secret).toString('base64'), escaped, inApostrophes];
}
