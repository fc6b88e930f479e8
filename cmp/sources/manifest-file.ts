/** One file of a directory source as part of the stream. */
import { parseAllDocuments } from 'yaml';
import { StagelineError } from '../../core/errors.ts';
import { readGoValue, UnreadableYaml } from '../inject/go-yaml.ts';
import { jsonValues, normaliseJson } from './json-file.ts';

/** What an author writes into a file that is no manifest though it looks like one; Argo CD's own mark. */
const SKIPPED = '+argocd:skip-file-rendering';
/** Escapes of JSON that Kubernetes' YAML reader does not know. */
const JSON_ONLY_ESCAPE = /\\\/|\\u[dD][89a-fA-F]/;

/**
 * The bytes of a manifest file, as a latin1 string that begins with a separator and ends with a newline. A file that
 * is no manifest at all (values, a kustomization's parts) is left out, as Argo CD does it: unless it looks like one.
 * So is one that says so itself. Errors: `MANIFEST_UNREADABLE`.
 */
export function readManifest(bytes: Buffer, name: string): string {
  const content = asUtf8(bytes);
  const text = content.toString('utf8');
  if (text.includes(SKIPPED)) return '';
  if (name.endsWith('.json')) return jsonDocument(text, name);
  const several = /^\ufeff?\s*\{/.test(text) ? jsonValues(text.replace(/^\ufeff/, '')) : undefined;
  if (several !== undefined && (several.length > 1 || JSON_ONLY_ESCAPE.test(text)))
    return several.map((value) => jsonDocument(value, name)).join('');
  if (!holdsObjects(text, name)) return '';
  const body = content.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  return `---\n# Source: ${name}\n${body}${body.endsWith('\n') ? '' : '\n'}`;
}

/** UTF-16, as some editors write it, is told by its byte order mark. */
function asUtf8(content: Buffer): Buffer {
  const [first, second] = content;
  const encoding =
    first === 0xff && second === 0xfe
      ? 'utf-16le'
      : first === 0xfe && second === 0xff
        ? 'utf-16be'
        : undefined;
  return encoding === undefined ? content : Buffer.from(new TextDecoder(encoding).decode(content), 'utf8');
}

function jsonDocument(text: string, name: string): string {
  return `---\n# Source: ${name}\n${latin1(normaliseJson(text, name))}\n`;
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const LOOKS_LIKE_A_MANIFEST = [/^apiVersion:/m, /^kind:/m, /^metadata:/m];
/** What Argo CD looks for in a file that it cannot read, to tell a broken manifest from a file of another kind. */
const MAY_BE_A_MANIFEST = [/apiVersion"?:/, /kind"?:/, /metadata"?:/];

function firstLine(text: string): string {
  return text.split('\n')[0]?.replace(/:$/, '') ?? '';
}

function holdsObjects(text: string, name: string): boolean {
  // The scanner reads what looks like one more strictly than this could.
  if (LOOKS_LIKE_A_MANIFEST.every((mark) => mark.test(text))) return true;
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    strict: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents)) return false;
  const found = documents.map((document) => {
    if (document.errors.length > 0) return false;
    try {
      const value = readGoValue(document);
      return value instanceof Map && value.has('kind') && value.has('apiVersion');
    } catch (error) {
      if (error instanceof UnreadableYaml) return false;
      throw error;
    }
  });
  if (!found.includes(true)) {
    const broken = documents.flatMap(({ errors }) => errors)[0];
    if (broken === undefined || !MAY_BE_A_MANIFEST.every((mark) => mark.test(text))) return false;
    throw new StagelineError(
      `${name} looks like a manifest and cannot be read: ${firstLine(broken.message)}`,
      {
        code: 'MANIFEST_UNREADABLE',
        hint: 'Mend the file, or leave it out with "exclude"',
        cause: broken,
      },
    );
  }
  if (documents.every((document, index) => found[index] === true || document.contents === null)) return true;
  throw new StagelineError(`${name} has documents that are no Kubernetes objects among others that are`, {
    code: 'MANIFEST_UNREADABLE',
    hint: 'Put them into different files, or leave the file out with "exclude"',
  });
}
