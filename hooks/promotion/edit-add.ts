/** Adds what a target's YAML file does not have yet, in new lines: nothing that is there changes. */
import { isMap, isPair, isScalar, isSeq, type Document } from 'yaml';
import type { FreightItem } from '../../core/freight.ts';
import { editProblem } from './edit-problem.ts';
import { scalarText } from './scalar-text.ts';

export interface Edit {
  start: number;
  end: number;
  text: string;
}

interface AddedValue {
  value: string;
  text: string;
  file: string;
  /** The whole key, for messages. */
  key: string;
  /** Its parts from the first that is not there. */
  missing: string[];
  /** The key of the parent that is there with nothing behind it. */
  empty: string | undefined;
}

/** A value at the end of the map that is its nearest parent. Errors: `PROMOTION_KEY`. */
export function addValue(parent: unknown, added: AddedValue): Edit {
  const { text, file, key, missing, empty, value } = added;
  const written = scalarText(undefined, value);
  if (parent === null || parent === undefined) return atEnd(text, nested(missing, written, 0));
  if (!isMap(parent)) throw editProblem(file, key, 'has a parent that is no map, so it cannot be added');
  if (parent.flow === true) {
    const end = (parent.range?.[1] ?? 0) - 1;
    if (empty !== undefined || text[end] !== '}') throw editProblem(file, key, 'cannot be added in place');
    const start = end - (/\s*$/.exec(text.slice(0, end))?.[0].length ?? 0);
    const inner = missing.reduceRight(
      (rest, part, index) => (index === missing.length - 1 ? `${part}: ${rest}` : `${part}: { ${rest} }`),
      written,
    );
    return { start, end, text: parent.items.length === 0 ? ` ${inner} ` : `, ${inner} ` };
  }
  const [first] = parent.items;
  const indent = isScalar(first?.key) ? columnOf(text, first.key.range?.[0] ?? 0) : 0;
  if (empty !== undefined) {
    const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === empty);
    const at = isScalar(pair?.value) ? (pair.value.range?.[1] ?? 0) : 0;
    if (isScalar(pair?.value) && pair.value.source !== '')
      throw editProblem(file, key, 'cannot be added in place');
    return lineAfter(text, at, nested(missing, written, indent + 2));
  }
  return lineAfter(text, endOf(parent), nested(missing, written, indent));
}

/** An entry at the end of `images`, which is added where it is missing. Errors: `PROMOTION_KEY`. */
export function addImage(
  document: Document.Parsed,
  added: { item: Pick<FreightItem, 'key'>; value: string; text: string; file: string },
): Edit {
  const { item, value, text, file } = added;
  const { contents } = document;
  const field = value.startsWith('sha256:') ? 'digest' : 'newTag';
  const entry = (indent: number): string => {
    const space = ' '.repeat(indent);
    return `${space}- name: ${scalarText(undefined, item.key)}\n${space}  ${field}: ${scalarText(undefined, value)}`;
  };
  const list = isMap(contents) ? contents.get('images', true) : undefined;
  if (list === undefined) return atEnd(text, `images:\n${entry(2)}`);
  const [first] = isSeq(list) ? list.items : [];
  if (!isSeq(list) || list.flow === true || !isMap(first)) {
    throw editProblem(file, `images ${item.key}`, 'cannot be added in place');
  }
  const dash = columnOf(text, first.range?.[0] ?? 0) - 2;
  return lineAfter(text, endOf(list), entry(Math.max(0, dash)));
}

function nested(parts: readonly string[], written: string, indent: number): string {
  return parts
    .map((part, index) => {
      const value = index === parts.length - 1 ? ` ${written}` : '';
      return `${' '.repeat(indent + 2 * index)}${scalarText(undefined, part)}:${value}`;
    })
    .join('\n');
}

/** Where the last thing in a collection ends. */
function endOf(node: unknown): number {
  if (isPair(node)) return node.value === null ? endOf(node.key) : endOf(node.value);
  if ((isMap(node) || isSeq(node)) && node.flow !== true && node.items.length > 0)
    return endOf(node.items.at(-1));
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return 0;
  return Number(node.range[1]);
}

/** Column of an offset, from 0. A byte order mark has none. */
export function columnOf(text: string, offset: number): number {
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  return offset - line - (line === 0 && text.startsWith('\uFEFF') ? 1 : 0);
}

/** New lines below the line in which `offset` is; a block of text ends at the begin of the next line. */
export function lineAfter(text: string, offset: number, lines: string): Edit {
  const newline = /\r\n/.test(text) ? '\r\n' : '\n';
  const added = lines.replaceAll('\n', newline);
  if (offset > 0 && text[offset - 1] === '\n')
    return { start: offset, end: offset, text: `${added}${newline}` };
  const lineBreak = /\r?\n/.exec(text.slice(offset));
  const at = lineBreak ? offset + lineBreak.index : text.length;
  return { start: at, end: at, text: `${newline}${added}` };
}

function atEnd(text: string, lines: string): Edit {
  const newline = /\r\n/.test(text) ? '\r\n' : '\n';
  const gap = text === '' || text.endsWith('\n') ? '' : newline;
  return { start: text.length, end: text.length, text: `${gap}${lines.replaceAll('\n', newline)}${newline}` };
}
