/** JSON manifests inside a YAML stream: the escapes that Kubernetes' YAML reader does not know are written out. */
import { StagelineError, messageOf } from '../../core/errors.ts';
import { jsonText } from '../inject/json-text.ts';

const TEXT = /"(?:[^"\\]|\\.)*"/g;

/**
 * The same JSON with every text rewritten so that go-yaml reads it; numbers, order and white space stay.
 * Errors: `MANIFEST_UNREADABLE`.
 */
export function normaliseJson(text: string, name: string): string {
  const body = text.replace(/^\ufeff/, '');
  try {
    JSON.parse(body);
  } catch (cause) {
    throw new StagelineError(`${name} is not JSON: ${messageOf(cause)}`, {
      code: 'MANIFEST_UNREADABLE',
      hint: 'Mend the file, or leave it out with "exclude"',
      cause,
    });
  }
  const safe = body.replace(TEXT, (quoted) => jsonText(String(JSON.parse(quoted))));
  // Tabs may indent JSON, not YAML.
  return safe.replace(/\t/g, '  ').trim();
}
