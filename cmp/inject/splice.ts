/** Writes additions into a document's own text: finds in its nodes where they are inserted. */
import { isMap, isScalar, isSeq, visit, type Document, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Addition, PlacedAdditions } from './additions.ts';
import { goJson, isMergeKey, type GoValue } from './go-yaml.ts';
import { jsonText } from './json-text.ts';
import type { Edit } from './types.ts';

/** A parsed document and the text that its offsets count in. */
export interface ParsedText {
  document: Document.Parsed;
  text: string;
}

/** Insertions for all additions, or undefined where only writing anew would do. */
export function splice(parsed: ParsedText, additions: readonly PlacedAdditions[]): Edit[] | undefined {
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
  return edits.sort((a, b) => a.at - b.at);
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
  parsed: ParsedText,
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
  parsed: ParsedText,
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
  parsed: ParsedText,
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

function insertEntry(parsed: ParsedText, holder: YAMLMap, line: Line): Edit | undefined {
  return insertLines(parsed, holder, [line]);
}

function insertLines(parsed: ParsedText, holder: YAMLMap, lines: readonly Line[]): Edit | undefined {
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

/** Words that YAML 1.1 reads as booleans or null. */
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

function plainKey(key: string): string {
  return /^[A-Za-z][A-Za-z0-9./-]*$/.test(key) && !WORDS.test(key) ? key : jsonText(key);
}

/** Puts a value after a key that has none, in place of `null` if that is written. */
function fillNull(parsed: ParsedText, pair: Pair, value: GoValue): Edit | undefined {
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
