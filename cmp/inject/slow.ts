/**
 * The slow path of injection: documents that the scanner is not sure about are parsed, and the places found in the
 * parsed nodes. What is written is still an insertion into the renderer's own text; only where an anchor, a merge or a
 * value of ours stands in the way is the document written anew, from what Kubernetes' decoder would see. Either way
 * the result is read again and must differ from the original by what was injected, and by nothing else.
 */
import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { StagelineError } from '../../core/errors.ts';
import { goJson, GoNumber, isMergeKey, readGoValue, UnreadableYaml, type GoValue } from './go-yaml.ts';
import { jsonText } from './json-text.ts';
import { additionsFor, type Addition } from './additions.ts';
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
  if (Buffer.byteLength(text) !== bytes.length || text.includes('\ufffd')) {
    if (!Buffer.from(text).equals(bytes)) throw unreadable(named, 'it is not UTF-8');
  }
  const parsed = parse(text, named);
  const before = readOrThrow(parsed.document, named);
  if (before === null) return { edits: [], objects: 0 };
  const objects = objectsOf(before, named);
  const additions = objects.map((object) => ({ ...object, add: additionsFor(object.value, injection) }));
  if (additions.every(({ add }) => add.length === 0)) return { edits: [], objects: objects.length };
  const expected = applied(before, additions);
  const spliced = splice(parsed, additions);
  if (spliced !== undefined && sameAfter(text, spliced, expected)) {
    return { edits: toBytes(text, spliced, place.start), objects: objects.length };
  }
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

interface Parsed {
  document: Document.Parsed;
  /** Spaces that the parser needed before lines at the margin inside braces; go-yaml does without. */
  padding: Edit[];
  text: string;
}

/** A place of an object inside its document: the path of `items` that leads to it. */
interface PlacedObject {
  path: number[];
  value: Map<string, GoValue>;
}

type PlacedAdditions = PlacedObject & { add: Addition[] };

const MAX_PADDED_LINES = 200;
const OPTIONS = {
  schema: 'failsafe',
  uniqueKeys: false,
  strict: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

function parse(text: string, named: Named): Parsed {
  const padding: Edit[] = [];
  let padded = text;
  for (;;) {
    const document = parseDocument(padded, OPTIONS);
    const error = document.errors[0];
    if (error === undefined) return { document, padding, text: padded };
    const lineStart = padded.lastIndexOf('\n', error.pos[0] - 1) + 1;
    if (error.code !== 'BAD_INDENT' || padding.length >= MAX_PADDED_LINES) {
      throw unreadable(
        named,
        `line ${lineNumber(padded, error.pos[0])}: ${error.message.split('\n')[0] ?? ''}`,
      );
    }
    padding.push({ at: lineStart - padding.length, remove: 0, insert: ' ' });
    padding.sort((a, b) => a.at - b.at);
    padded = `${padded.slice(0, lineStart)} ${padded.slice(lineStart)}`;
  }
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

function applied(before: GoValue, additions: readonly PlacedAdditions[]): GoValue {
  const copy = deepCopy(before);
  for (const { path, add } of additions) {
    const object = path.reduce<GoValue | undefined>((value, index) => {
      const items = value instanceof Map ? value.get('items') : undefined;
      return Array.isArray(items) ? items[index] : undefined;
    }, copy);
    if (object instanceof Map) for (const addition of add) set(object, addition);
  }
  return copy;
}

function deepCopy(value: GoValue): GoValue {
  if (Array.isArray(value)) return value.map(deepCopy);
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, deepCopy(member)]));
  return value;
}

function set(object: Map<string, GoValue>, addition: Addition): void {
  let holder: GoValue = object;
  addition.path.slice(0, -1).forEach((part, depth) => {
    const inner: GoValue | undefined = member(holder, part);
    if (inner instanceof Map || Array.isArray(inner)) holder = inner;
    else {
      const made: GoValue = new Map<string, GoValue>();
      if (holder instanceof Map) holder.set(String(addition.path[depth]), made);
      holder = made;
    }
  });
  const last = addition.path.at(-1);
  if (addition.prepend) {
    const list = member(holder, last ?? '');
    if (Array.isArray(list)) list.unshift(addition.value);
    else if (holder instanceof Map) holder.set(String(last), [addition.value]);
  } else if (holder instanceof Map) holder.set(String(last), addition.value);
}

function member(holder: GoValue, part: string | number): GoValue | undefined {
  if (holder instanceof Map) return holder.get(String(part));
  return Array.isArray(holder) ? holder[Number(part)] : undefined;
}

/** Insertions for all additions, or undefined where only writing anew would do. */
function splice(parsed: Parsed, additions: readonly PlacedAdditions[]): Edit[] | undefined {
  const anchors = namedAnchors(parsed.document);
  const edits: Edit[] = [];
  for (const { path, add } of additions) {
    const object = path.reduce<unknown>((node, index) => {
      const items = isMap(node) ? lastPair(node, 'items')?.value : undefined;
      return isSeq(items) ? items.items[index] : undefined;
    }, parsed.document.contents);
    if (!isMap(object) || isShared(object, anchors)) return undefined;
    for (const group of groupByPlace(add)) {
      const made = spliceOne(parsed, object, group, anchors);
      if (made === undefined) return undefined;
      edits.push(...made);
    }
  }
  return shiftBack(edits, parsed.padding);
}

/** Additions into one mapping belong into one insertion, so that a missing mapping is made once. */
interface Group {
  path: (string | number)[];
  entries: Addition[];
}

function groupByPlace(additions: readonly Addition[]): Group[] {
  const groups = new Map<string, Group>();
  for (const addition of additions) {
    const path = addition.path.slice(0, -1);
    const key = JSON.stringify(path) + (addition.prepend ? String(addition.path.at(-1)) : '');
    const group = groups.get(key) ?? { path, entries: [] };
    group.entries.push(addition);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function spliceOne(
  parsed: Parsed,
  object: YAMLMap,
  group: Group,
  anchors: ReadonlySet<string>,
): Edit[] | undefined {
  let holder: YAMLMap = object;
  for (let depth = 0; depth < group.path.length; depth += 1) {
    const part = group.path[depth];
    const inner = childOf(holder, part);
    if (inner === undefined) return undefined;
    if (inner.kind === 'absent') {
      const entry = nested(group.path.slice(depth + 1), group.entries);
      return one(insertEntry(parsed, holder, { key: String(part), value: entry }));
    }
    if (inner.kind === 'null') {
      const entry = nested(group.path.slice(depth + 1), group.entries);
      return one(fillNull(parsed, inner.pair, entry));
    }
    if (isSeq(inner.node)) {
      const item: unknown = inner.node.items[Number(group.path[depth + 1])];
      if (!isMap(item) || isShared(item, anchors) || isShared(inner.node, anchors)) return undefined;
      holder = item;
      depth += 1;
      continue;
    }
    if (!isMap(inner.node) || isShared(inner.node, anchors)) return undefined;
    holder = inner.node;
  }
  return insertEntries(parsed, holder, group.entries, anchors);
}

type Child = { kind: 'absent' } | { kind: 'null'; pair: Pair } | { kind: 'node'; node: Node };

function childOf(holder: YAMLMap, part: string | number | undefined): Child | undefined {
  if (holder.items.some((pair) => isMergeKey(pair.key))) return undefined;
  const pair = lastPair(holder, String(part));
  if (pair === undefined) return { kind: 'absent' };
  if (isMap(pair.value) || isSeq(pair.value)) return { kind: 'node', node: pair.value };
  if (isScalar(pair.value) && pair.value.type === 'PLAIN' && pair.value.tag === undefined) {
    return ['', '~', 'null', 'Null', 'NULL'].includes(pair.value.source ?? '')
      ? { kind: 'null', pair }
      : undefined;
  }
  return undefined;
}

/** Duplicate keys: the last one is what Kubernetes takes. */
function lastPair(map: YAMLMap, key: string): Pair | undefined {
  return map.items.findLast((pair) => isScalar(pair.key) && pair.key.value === key);
}

function nested(path: readonly (string | number)[], entries: readonly Addition[]): GoValue {
  const first = entries[0];
  const inner: GoValue = new Map(
    entries.map(
      (entry) =>
        [String(entry.path.at(-1)), entry.prepend ? [entry.value] : entry.value] as [string, GoValue],
    ),
  );
  if (first === undefined) return inner;
  return [...path].reverse().reduce<GoValue>((value, part) => new Map([[String(part), value]]), inner);
}

function insertEntries(
  parsed: Parsed,
  holder: YAMLMap,
  entries: readonly Addition[],
  anchors: ReadonlySet<string>,
): Edit[] | undefined {
  if (holder.items.some((pair) => isMergeKey(pair.key))) return undefined;
  const only = entries[0];
  if (only?.prepend) return one(prependItem(parsed, holder, only, anchors));
  const edits: Edit[] = [];
  const lines: Line[] = [];
  for (const entry of entries) {
    const line = { key: String(entry.path.at(-1)), value: entry.value };
    const there = lastPair(holder, line.key);
    const edit = there && replaceValue(there, line.value);
    if (there && !edit) return undefined;
    if (edit) edits.push(edit);
    else lines.push(line);
  }
  const inserted = lines.length > 0 ? insertLines(parsed, holder, lines) : undefined;
  if (lines.length > 0 && inserted === undefined) return undefined;
  return inserted ? [...edits, inserted] : edits;
}

function one(edit: Edit | undefined): Edit[] | undefined {
  return edit && [edit];
}

/** A key that the chart has set itself gets our value: a scalar on its own, no anchor, no block. */
function replaceValue(pair: Pair, value: GoValue): Edit | undefined {
  const node = pair.value;
  if (!isScalar(node) || !node.range || node.anchor !== undefined || node.tag !== undefined) return undefined;
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED' || node.source === '') return undefined;
  return { at: node.range[0], remove: node.range[1] - node.range[0], insert: goJson(value) };
}

function prependItem(
  parsed: Parsed,
  holder: YAMLMap,
  entry: Addition,
  anchors: ReadonlySet<string>,
): Edit | undefined {
  const key = String(entry.path.at(-1));
  const child = childOf(holder, key);
  if (child === undefined) return undefined;
  if (child.kind === 'absent') return insertEntry(parsed, holder, { key, value: [entry.value] });
  if (child.kind === 'null') return fillNull(parsed, child.pair, [entry.value]);
  const list = child.node;
  if (!isSeq(list) || isShared(list, anchors) || !list.range) return undefined;
  const start = list.range[0];
  if (list.flow) {
    const comma = list.items.length > 0 ? ', ' : '';
    return { at: start + 1, remove: 0, insert: `${goJson(entry.value)}${comma}` };
  }
  const indent = indentBefore(parsed.text, start);
  return indent === undefined
    ? undefined
    : { at: start, remove: 0, insert: `- ${goJson(entry.value)}\n${indent}` };
}

interface Line {
  key: string;
  value: GoValue;
}

function insertEntry(parsed: Parsed, holder: YAMLMap, line: Line): Edit | undefined {
  return insertLines(parsed, holder, [line]);
}

function insertLines(parsed: Parsed, holder: YAMLMap, lines: readonly Line[]): Edit | undefined {
  if (!holder.range) return undefined;
  if (holder.flow) {
    const text = lines.map((line) => `${jsonText(line.key)}: ${goJson(line.value)}`).join(', ');
    return { at: holder.range[0] + 1, remove: 0, insert: holder.items.length > 0 ? `${text}, ` : text };
  }
  const first: unknown = holder.items[0]?.key;
  if (!isScalar(first) || !first.range || first.anchor !== undefined || first.tag !== undefined)
    return undefined;
  const indent = indentBefore(parsed.text, first.range[0]);
  if (indent === undefined) return undefined;
  const newline = parsed.text.includes('\r\n') ? '\r\n' : '\n';
  const text = lines
    .map((line) => `${plainKey(line.key)}: ${goJson(line.value)}${newline}${indent}`)
    .join('');
  return { at: first.range[0], remove: 0, insert: text };
}

function plainKey(key: string): string {
  return /^[A-Za-z][A-Za-z0-9./-]*$/.test(key) && key.length > 3 ? key : jsonText(key);
}

/** Puts a value after a key that has none, in place of `null` if that is written. */
function fillNull(parsed: Parsed, pair: Pair, value: GoValue): Edit | undefined {
  const { key, value: node } = pair;
  if (!isScalar(key) || !key.range || !isScalar(node) || !node.range || node.anchor !== undefined)
    return undefined;
  const length = node.source?.length ?? 0;
  if (length > 0) return { at: node.range[0], remove: length, insert: goJson(value) };
  const colon = parsed.text.indexOf(':', key.range[1]);
  return colon < 0 ? undefined : { at: colon + 1, remove: 0, insert: ` ${goJson(value)}` };
}

/** What stands before a place on its line if a further line with the same indent may be put there. */
function indentBefore(text: string, at: number): string | undefined {
  const before = text.slice(text.lastIndexOf('\n', at - 1) + 1, at).replace(/^\ufeff/, '');
  if (/^ *$/.test(before)) return before;
  // The first key of an item of a list: what follows stands below the key, not below the dash.
  return /^ *(?:- +)+$/.test(before) ? ' '.repeat(before.length) : undefined;
}

/** Anchors that an alias names: what is put into such a node would show up elsewhere too. */
function namedAnchors(document: Document.Parsed): Set<string> {
  const names = new Set<string>();
  visit(document, { Alias: (_key, alias) => void names.add(alias.source) });
  return names;
}

function isShared(node: Node & { anchor?: string }, anchors: ReadonlySet<string>): boolean {
  return node.anchor !== undefined && anchors.has(node.anchor);
}

/** From offsets in the padded text to offsets in the original, the padding itself included. */
function shiftBack(edits: readonly Edit[], padding: readonly Edit[]): Edit[] {
  const moved = edits.map((edit) => {
    let at = edit.at;
    for (const pad of padding) if (pad.at < at) at -= 1;
    return { ...edit, at };
  });
  return [...padding, ...moved].sort((a, b) => a.at - b.at);
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
  const document = parseDocument(text, OPTIONS);
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

/** Helm names the template in a comment of its own. */
function sourceOf(stream: string, place: DoubtfulDocument): string | undefined {
  return /^# Source: (.+)$/m
    .exec(stream.slice(place.start, Math.min(place.end, place.start + 1000)))?.[1]
    ?.trim();
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
