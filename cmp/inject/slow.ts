/**
 * The slow path of injection: documents that the scanner is not sure about are parsed, and the places found in the
 * parsed nodes. What is written is still an insertion into the renderer's own text; only where an anchor, a merge or a
 * value of ours stands in the way is the document written anew, from what Kubernetes' decoder would see. Either way
 * the result is read again and must differ from the original by what was injected, and by nothing else.
 */
import type { Document } from 'yaml';
import { StagelineError } from '../../core/errors.ts';
import { additionsFor, type PlacedObject } from './additions.ts';
import { applied } from './expected.ts';
import { goJson, GoNumber, readGoValue, UnreadableYaml, type GoValue } from './go-yaml.ts';
import { parsePadded, unpad } from './padded-parse.ts';
import { splice } from './splice.ts';
import type { DoubtfulDocument, Edit, Injection } from './types.ts';

export interface SlowResult {
  edits: Edit[];
  /** Objects in the document: none for an empty one, several for a list. */
  objects: number;
}

/** Injects into one document of the stream. Errors: `MANIFEST_UNREADABLE` with the source that Helm names. */
export function injectSlowly(stream: string, place: DoubtfulDocument, injection: Injection): SlowResult {
  const bytes = Buffer.from(stream.slice(place.start, place.end), 'latin1');
  const text = bytes.toString('utf8');
  const named = { place, source: sourceOf(stream, place) };
  if (text.includes('\ufffd') && !Buffer.from(text).equals(bytes)) throw unreadable(named, 'it is not UTF-8');
  refuseHiddenKeys(text, named);
  const parsed = parse(text, named);
  const before = readOrThrow(parsed.document, named);
  if (before === null) return { edits: [], objects: 0 };
  const objects = objectsOf(before, named);
  const additions = objects.map((object) => ({ ...object, add: additionsFor(object.value, injection) }));
  if (additions.every(({ add }) => add.length === 0)) return { edits: [], objects: objects.length };
  const expected = applied(before, additions);
  const spliced = splice(parsed, additions);
  if (spliced !== undefined && sameAfter(parsed.text, spliced, expected)) {
    return { edits: toBytes(text, unpad(spliced, parsed.padding), place.start), objects: objects.length };
  }
  refuseWhatKubernetesDoes(text, named);
  const comment = named.source === undefined ? '' : `# Source: ${named.source}\n`;
  const whole = `${comment}${goJson(expected)}\n`;
  if (!reads(whole, expected)) throw unreadable(named, 'it cannot be written without changing it');
  return {
    edits: [
      {
        at: place.start,
        remove: place.end - place.start,
        insert: Buffer.from(whole, 'utf8').toString('latin1'),
      },
    ],
    objects: objects.length,
  };
}

interface Named {
  place: DoubtfulDocument;
  source: string | undefined;
}

function parse(text: string, named: Named): ReturnType<typeof parsePadded> {
  const padded = parsePadded(text);
  const error = padded.document.errors[0];
  if (error === undefined) return padded;
  throw unreadable(
    named,
    `line ${lineNumber(padded.text, error.pos[0])}: ${error.message.split('\n')[0] ?? ''}`,
  );
}

function readOrThrow(document: Document.Parsed, named: Named): GoValue {
  try {
    return readGoValue(document);
  } catch (cause) {
    if (cause instanceof UnreadableYaml) throw unreadable(named, cause.message, cause);
    throw cause;
  }
}

/** A list's items are objects of their own to Argo CD, one level deep. */
function objectsOf(value: GoValue, named: Named): PlacedObject[] {
  if (!(value instanceof Map)) throw unreadable(named, 'it is no object');
  const items = value.get('items');
  if (!Array.isArray(items)) return [{ path: [], value: objectOrThrow(value, named) }];
  return items.map((item, index) => {
    if (!(item instanceof Map)) throw unreadable(named, `items[${index}] is no object`);
    return { path: [index], value: objectOrThrow(item, named) };
  });
}

function objectOrThrow(value: Map<string, GoValue>, named: Named): Map<string, GoValue> {
  if (typeof value.get('kind') !== 'string') throw unreadable(named, 'it has no kind');
  const metadata = value.get('metadata');
  if (!(metadata instanceof Map)) throw unreadable(named, 'it has no metadata');
  const annotations = metadata.get('annotations');
  if (annotations !== undefined && annotations !== null && !(annotations instanceof Map)) {
    throw unreadable(named, 'its annotations are no mapping');
  }
  return value;
}

function toBytes(text: string, edits: readonly Edit[], start: number): Edit[] {
  return edits.map((edit) => ({
    at: start + Buffer.byteLength(text.slice(0, edit.at)),
    remove: Buffer.byteLength(text.slice(edit.at, edit.at + edit.remove)),
    insert: Buffer.from(edit.insert, 'utf8').toString('latin1'),
  }));
}

function sameAfter(text: string, edits: readonly Edit[], expected: GoValue): boolean {
  let result = '';
  let from = 0;
  for (const edit of edits) {
    if (edit.at < from) return false;
    result += text.slice(from, edit.at) + edit.insert;
    from = edit.at + edit.remove;
  }
  return reads(result + text.slice(from), expected);
}

function reads(text: string, expected: GoValue): boolean {
  const { document } = parsePadded(text);
  if (document.errors.length > 0) return false;
  try {
    return sortedJson(readGoValue(document)) === sortedJson(expected);
  } catch (error) {
    if (error instanceof UnreadableYaml) return false;
    throw error;
  }
}

function sortedJson(value: GoValue): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (value instanceof Map) {
    const members = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${sortedJson(inner)}`).join(',')}}`;
  }
  return value instanceof GoNumber ? value.digits : JSON.stringify(value);
}

/** NEL, LS and PS: line breaks to go-yaml, ordinary characters to the parser at hand. */
const YAML_ONLY_BREAK = /[\u0085\u2028\u2029]/;

/** A key that only go-yaml sees, since it follows such a break on its line. */
function refuseHiddenKeys(text: string, named: Named): void {
  const hidden = /[\u0085\u2028\u2029] *[^\s#][^\n]*:(?=\s|$)/.exec(text);
  if (hidden)
    throw unreadable(
      named,
      `line ${lineNumber(text, hidden.index)} has a Unicode line separator before a key`,
    );
}

/**
 * Writing anew must not make acceptable what Kubernetes' reader rejects: tabs for indentation, control characters.
 * An insertion leaves such text to be rejected.
 */
function refuseWhatKubernetesDoes(text: string, named: Named): void {
  const tab = /^ *\t/m.exec(text);
  if (tab) throw unreadable(named, `line ${lineNumber(text, tab.index)} is indented with a tab`);
  const odd = YAML_ONLY_BREAK.exec(text);
  if (odd) throw unreadable(named, `line ${lineNumber(text, odd.index)} has a Unicode line separator`);
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/.exec(text);
  if (control) throw unreadable(named, `line ${lineNumber(text, control.index)} has a control character`);
}

/** Helm, and our directory source, name the file in a comment of its own; it holds for the documents that follow. */
function sourceOf(stream: string, place: DoubtfulDocument): string | undefined {
  const own = /^# Source: (.+)$/m.exec(
    stream.slice(place.start, Math.min(place.end, place.start + 1000)),
  )?.[1];
  const before = stream.lastIndexOf('\n# Source: ', place.start);
  const earlier = before < 0 ? undefined : /# Source: (.+)/.exec(stream.slice(before, before + 1000))?.[1];
  return (own ?? earlier)?.trim();
}

function lineNumber(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function unreadable(named: Named, problem: string, cause?: unknown): StagelineError {
  const where = named.source ?? 'the render';
  return new StagelineError(`${where}, document ${named.place.index}: ${problem}`, {
    code: 'MANIFEST_UNREADABLE',
    hint: 'Mend the manifest; what cannot be kept exactly is not passed on',
    ...(cause === undefined ? {} : { cause }),
  });
}
