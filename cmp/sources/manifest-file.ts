/** One file of a directory source as part of the stream. */
import { parseAllDocuments } from 'yaml';
import { StagelineError } from '../../core/errors.ts';
import { readGoValue, UnreadableYaml } from '../inject/go-yaml.ts';
import { normaliseJson } from './json-file.ts';

/**
 * The bytes of a manifest file, as a latin1 string that begins with a separator and ends with a newline. A file that
 * is no manifest at all (values, a kustomization's parts) is left out, as Argo CD does it: unless it looks like one.
 * Errors: `MANIFEST_UNREADABLE`.
 */
export function readManifest(content: Buffer, name: string): string {
  const text = content.toString('utf8');
  if (name.endsWith('.json')) return `---\n# Source: ${name}\n${latin1(normaliseJson(text, name))}\n`;
  if (!holdsObjects(text, name)) return '';
  const body = content.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  return `---\n# Source: ${name}\n${body}${body.endsWith('\n') ? '' : '\n'}`;
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const LOOKS_LIKE_A_MANIFEST = [/^apiVersion:/m, /^kind:/m, /^metadata:/m];

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
  if (!found.includes(true)) return false;
  if (documents.every((document, index) => found[index] === true || document.contents === null)) return true;
  throw new StagelineError(`${name} has documents that are no Kubernetes objects among others that are`, {
    code: 'MANIFEST_UNREADABLE',
    hint: 'Put them into different files, or leave the file out with "exclude"',
  });
}
