/** Takes secrets out of what other programs print, since Argo CD shows stderr to users as it is. */
import { scrubUrls } from '../runtime/git.ts';

const SECRET_KEY = /pass|secret|token|credential|private|api[-_]?key|auth|cert|pwd/i;
const MIN_SECRET_LENGTH = 4;

/** Values that must not be printed: those of keys whose name speaks of a secret. */
export function secretValues(values: Iterable<readonly [key: string, value: string]>): string[] {
  return [...values]
    .filter(([key, value]) => SECRET_KEY.test(key) && value.length >= MIN_SECRET_LENGTH)
    .map(([, value]) => value);
}

/** `key: value` and `key=value` lines of a text, whatever its format. */
export function* keyValueLines(text: string): Generator<readonly [string, string]> {
  for (const match of text.matchAll(/^[ \t-]*["']?([\w.-]+)["']?[ \t]*[:=][ \t]*(.+?)[ \t]*$/gm)) {
    const value = (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2');
    yield [match[1] ?? '', value];
  }
}

/** A key or certificate, whole or cut off, whatever became of its line breaks. */
const PEM = /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g;

/**
 * Takes out given values, also as Secrets carry them, keys and certificates, user names and passwords of addresses, and the values that Go's YAML decoder quotes in its
 * messages.
 */
export function scrub(text: string, secrets: readonly string[]): string {
  const known = secrets
    .flatMap((secret) => [secret, Buffer.from(secret).toString('base64')])
    .sort((a, b) => b.length - a.length);
  const without = known.reduce(
    (result, secret) => result.replaceAll(secret, '***'),
    text.replace(PEM, '***'),
  );
  return scrubUrls(without).replace(/(cannot (?:unmarshal|decode) !!\w+ )`[^`]*`/g, '$1`***`');
}
