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

/**
 * The JSON values of a text that has nothing else, as Kubernetes' reader takes several in a row without separators;
 * undefined for any other text. They are not checked further.
 */
export function jsonValues(text: string): string[] | undefined {
  const values: string[] = [];
  let start = -1;
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]|[^\s{}[\]"]+|"/g)) {
    if (depth === 0) {
      if (token !== '{') return undefined;
      start = index;
    }
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth === 0) values.push(text.slice(start, index + 1));
  }
  return depth === 0 && values.every(isJson) ? values : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Not strictly JSON: YAML's reader says what is wrong with it.
    return false;
  }
}
