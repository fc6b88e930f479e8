/**
 * Edits one version in a YAML file so that only the bytes of its scalar change. Parsing and printing the file
 * again would lose comments and change what other values mean.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { StagelineError } from '../../core/errors.ts';
import type { FreightItem } from '../../core/freight.ts';
import { editProblem } from './edit-problem.ts';
import { addImage, addValue, columnOf, lineAfter, type Edit } from './edit-add.ts';
import { scalarText } from './scalar-text.ts';

type VersionItem = Pick<FreightItem, 'kind' | 'key' | 'value'>;

/** Which file it is, for messages, and whether what is missing there is added. */
export interface EditPlace {
  file: string;
  creates?: boolean;
}

/** The item's version in a text, as written; undefined if the place is there but empty. Errors: `PROMOTION_KEY`. */
export function readItem(item: VersionItem, text: string, place: EditPlace): string | undefined {
  const found = locate(item, parse(text, place.file), place);
  return found.node === undefined ? undefined : writtenValue(found.node);
}

/** The text with the item's version. Errors: `PROMOTION_YAML`, `PROMOTION_KEY`. */
export function editItem(item: VersionItem, text: string, place: EditPlace): string {
  const found = locate(item, parse(text, place.file), place);
  if (found.node !== undefined && writtenValue(found.node) === item.value) return text;
  const edited = splice(text, [...found.edits(item.value, text)]);
  const after = locate(item, parse(edited, place.file), { file: place.file });
  if (after.node !== undefined && writtenValue(after.node) === item.value) return edited;
  throw editProblem(place.file, item.key, 'cannot be changed in place');
}

/** The text with a value at a top-level key, if the file has that key; undefined if it has not, or has the value. */
export function setIfDeclared(
  key: string,
  value: string,
  { text, file }: { text: string; file: string },
): string | undefined {
  const { contents } = parse(text, file);
  const node = isMap(contents) ? memberOf(contents, key, { file, path: key }) : undefined;
  if (!isScalar(node) || isBlock(node) || writtenValue(node) === value) return undefined;
  return splice(text, [replaceScalar(node, value, { text, file, key })]);
}

interface Place {
  /** The scalar that holds the version; undefined if it has to be added. */
  node: Scalar | undefined;
  edits: (value: string, text: string) => Edit[];
}

function parse(text: string, file: string): Document.Parsed {
  const document = parseDocument(text, { uniqueKeys: false, keepSourceTokens: true });
  const [error] = document.errors;
  if (!error) return document;
  if (error.code === 'MULTIPLE_DOCS') {
    throw new StagelineError(`${file} has several YAML documents, of which only one can hold versions`, {
      code: 'PROMOTION_YAML',
      hint: 'Keep the values in a file with one document, or move the file whole with "files"',
    });
  }
  throw new StagelineError(`${file} is not YAML that can be edited: ${error.message.split('\n')[0] ?? ''}`, {
    code: 'PROMOTION_YAML',
    hint: 'Mend the file in the target stage',
    cause: error,
  });
}

function locate(item: VersionItem, document: Document.Parsed, place: EditPlace): Place {
  if (item.kind === 'kustomize-image') return locateImage(item, document, place);
  if (item.kind === 'chart-version') return locateDependency(item, document, place.file);
  return locateValue(item, document, place);
}

/** A dotted path; numbers index lists. */
function locateValue(item: VersionItem, document: Document.Parsed, place: EditPlace): Place {
  const { file } = place;
  const parts = item.key.split('.');
  let node: unknown = document.contents;
  for (const [index, part] of parts.entries()) {
    const parent: unknown = node;
    const path = parts.slice(0, index + 1).join('.');
    if (isMap(parent)) node = memberOf(parent, part, { file, path });
    else if (isSeq(parent) && /^\d+$/.test(part)) node = parent.get(Number(part), true);
    else node = undefined;
    const isLast = index === parts.length - 1;
    const isEmpty = isScalar(node) && node.value === null && !isLast;
    if (place.creates && (node === undefined || node === null || isEmpty)) {
      const missing = parts.slice(isEmpty ? index + 1 : index);
      return {
        node: undefined,
        edits: (value, text) => [
          addValue(parent, { value, text, file, missing, key: item.key, empty: isEmpty ? part : undefined }),
        ],
      };
    }
  }
  return scalarPlace(node, file, item.key);
}

function scalarPlace(node: unknown, file: string, key: string): Place {
  if (node === undefined || node === null) throw editProblem(file, key, 'is not there');
  if (isAlias(node)) throw editProblem(file, key, 'is an alias of another value');
  if (!isScalar(node)) throw editProblem(file, key, 'is not a single value');
  return { node, edits: (value, text) => [replaceScalar(node, value, { text, file, key })] };
}

function locateImage(item: VersionItem, document: Document.Parsed, place: EditPlace): Place {
  const { file } = place;
  const entry = entryNamed(document, { list: 'images', name: item.key }, place);
  if (entry === undefined) {
    return { node: undefined, edits: (value, text) => [addImage(document, { item, value, text, file })] };
  }
  const field = item.value.startsWith('sha256:') ? 'digest' : 'newTag';
  const other = field === 'digest' ? 'newTag' : 'digest';
  const wanted = entry.get(field, true);
  const otherPair = entry.items.find((pair) => isScalar(pair.key) && pair.key.value === other);
  if (wanted !== undefined && otherPair !== undefined) {
    throw editProblem(file, `images ${item.key}`, 'has both newTag and digest');
  }
  if (wanted !== undefined) return scalarPlace(wanted, file, `images ${item.key} ${field}`);
  if (otherPair && isScalar(otherPair.key)) {
    const { key, value: node } = otherPair;
    if (!isScalar(node)) throw editProblem(file, `images ${item.key} ${other}`, 'is not a single value');
    return {
      node: undefined,
      edits: (value, text) => [
        replaceScalar(key, field, { text, file, key: other }),
        replaceScalar(node, value, { text, file, key: field }),
      ],
    };
  }
  return { node: undefined, edits: (value, text) => [addField(entry, { field, value, text, file })] };
}

function locateDependency(item: VersionItem, document: Document.Parsed, file: string): Place {
  const entry = entryNamed(document, { list: 'dependencies', name: item.key }, { file });
  if (entry === undefined) throw editProblem(file, `dependencies ${item.key}`, 'is not there');
  return scalarPlace(entry.get('version', true), file, `dependencies ${item.key} version`);
}

/** Undefined where it is missing and may be added. */
function entryNamed(
  document: Document.Parsed,
  entry: { list: string; name: string },
  place: EditPlace,
): YAMLMap | undefined {
  const list = isMap(document.contents) ? document.contents.get(entry.list, true) : undefined;
  const found = isSeq(list)
    ? list.items.filter((item): item is YAMLMap => isMap(item) && item.get('name') === entry.name)
    : [];
  const [only] = found;
  if (only && found.length === 1) return only;
  if (!only && place.creates) return undefined;
  throw editProblem(
    place.file,
    `${entry.list} ${entry.name}`,
    found.length > 1 ? 'is there twice' : 'is not there',
  );
}

/** The value of a key. Which of two equal keys counts is for nobody to guess. */
function memberOf(map: YAMLMap, key: string, place: { file: string; path: string }): unknown {
  const pairs = map.items.filter((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  if (pairs.length > 1) throw editProblem(place.file, place.path, 'is there twice');
  return pairs[0]?.value ?? undefined;
}

function isBlock(node: Scalar): boolean {
  return node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
}

function replaceScalar(
  node: Scalar,
  value: string,
  place: { text: string; file: string; key: string },
): Edit {
  const [start, end] = node.range ?? [];
  if (start === undefined || end === undefined)
    throw editProblem(place.file, place.key, 'has no place in the text');
  if (isBlock(node)) {
    throw editProblem(place.file, place.key, 'is a block of text');
  }
  const text = scalarText(node, value);
  // `key:` with nothing behind it: the empty value stands right after the colon.
  const gap = start === end && /[:-]$/.test(place.text.slice(0, start)) ? ' ' : '';
  return { start, end, text: gap + text };
}

/** A new line after the entry's name, with the name's indentation. */
function addField(entry: YAMLMap, added: { field: string; value: string; text: string; file: string }): Edit {
  const { field, value, text, file } = added;
  const pair = entry.items.find((item) => isScalar(item.key) && item.key.value === 'name');
  const start = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  const end = isScalar(pair?.value) ? pair.value.range?.[1] : undefined;
  if (entry.flow === true || start === undefined || end === undefined) {
    throw editProblem(file, `images ${String(entry.get('name'))}`, `has no ${field} to change`);
  }
  return lineAfter(
    text,
    end,
    `${' '.repeat(columnOf(text, start))}${field}: ${scalarText(undefined, value)}`,
  );
}

function splice(text: string, edits: Edit[]): string {
  const fromTheEnd = edits.sort((a, b) => b.start - a.start);
  return fromTheEnd.reduce(
    (result, edit) => result.slice(0, edit.start) + edit.text + result.slice(edit.end),
    text,
  );
}

/** A plain `1.10` is the number 1.1 to YAML, but the version is what people wrote. */
function writtenValue(node: Scalar): string | undefined {
  if (node.value === null || node.value === undefined) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}
