/**
 * Where in an object's `metadata:` block its annotations go, found line by line. Sure or nothing: a line that might
 * belong to a scalar over several lines, an anchor, a merge or a key that is ours makes the answer undefined.
 */

/** `new`: there are no annotations yet. `below`: at the first of them. `braces`: inside `{}`. */
export type MetadataPlace =
  | { kind: 'new'; indent: number }
  | { kind: 'below'; at: number; indent: number }
  | { kind: 'braces'; at: number };

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const HASH = 35;

/** A key on a line, plain or quoted, and its value; keys with spaces or signs are left to the slow path. */
const KEY = /([A-Za-z0-9_][A-Za-z0-9_./-]*|"[^"\\]*"|'[^']*'):(?: +(.*))?$/y;
const DOUBLE_QUOTED = /^"(?:[^"\\]|\\.)*" *(?: #.*)?$/;
const SINGLE_QUOTED = /^'(?:[^']|'')*' *(?: #.*)?$/;
const SIMPLE_FLOW = /^(?:\{[^{}[\]"'#&*!|>%@`\\]*\}|\[[^{}[\]"'#&*!|>%@`\\]*\]) *(?: #.*)?$/;
const BLOCK_SCALAR = /^[|>][-+0-9]{0,2} *(?: #.*)?$/;
const EMPTY_BRACES = /^\{ *\} *(?: #.*)?$/;
const OURS = 'stageline.dev/';

/** What the walk over the lines knows. */
interface Walk {
  childIndent: number;
  /** Content of a block scalar is deeper than this; -1 outside of one. */
  scalarIndent: number;
  annotations: 'unseen' | 'open' | 'closed';
  /** Offset of the line after `annotations:`. */
  afterAnnotations: number;
  annotationIndent: number;
  firstAnnotation: number;
  braces: number;
  bare: boolean;
}

interface Line {
  /** Offsets of the line, of the one after it, and of its first character that is no space. */
  position: number;
  next: number;
  at: number;
  indent: number;
}

/** Finds the place in the bytes from `from` to `to`, which begin after the line `metadata:`. */
export function findMetadataPlace(text: string, from: number, to: number): MetadataPlace | undefined {
  const walk: Walk = {
    childIndent: -1,
    scalarIndent: -1,
    annotations: 'unseen',
    afterAnnotations: -1,
    annotationIndent: -1,
    firstAnnotation: -1,
    braces: -1,
    bare: false,
  };
  let position = from;
  while (position < to) {
    const newline = text.indexOf('\n', position);
    const next = newline < 0 || newline >= to ? to : newline + 1;
    if (!readLine(text, position, next, walk)) return undefined;
    position = next;
  }
  return placeOf(walk);
}

function placeOf(walk: Walk): MetadataPlace | undefined {
  if (walk.childIndent < 1) return undefined;
  if (walk.annotations === 'unseen') return { kind: 'new', indent: walk.childIndent };
  if (walk.braces >= 0) return { kind: 'braces', at: walk.braces };
  if (walk.firstAnnotation >= 0)
    return { kind: 'below', at: walk.firstAnnotation, indent: walk.annotationIndent };
  return walk.bare ? { kind: 'below', at: walk.afterAnnotations, indent: walk.childIndent + 2 } : undefined;
}

/** Takes one line; false if the document must go the slow path. */
function readLine(text: string, position: number, next: number, walk: Walk): boolean {
  let at = position;
  while (text.charCodeAt(at) === SPACE && at < next) at += 1;
  const code = text.charCodeAt(at);
  if (at >= next || code === NEWLINE || (code === RETURN && at + 2 === next)) return true;
  const indent = at - position;
  if (walk.scalarIndent >= 0) {
    if (indent > walk.scalarIndent) return true;
    walk.scalarIndent = -1;
  }
  if (code === HASH) return true;
  if (walk.childIndent < 0) walk.childIndent = indent;
  if (indent < walk.childIndent || indent === 0) return false;
  let end = next;
  if (text.charCodeAt(end - 1) === NEWLINE) end -= 1;
  if (text.charCodeAt(end - 1) === RETURN) end -= 1;
  return readContent(text, text.slice(at, end), { position, next, indent, at }, walk);
}

function readContent(text: string, content: string, line: Line, walk: Walk): boolean {
  let column = line.indent;
  let dash = column;
  let rest = content;
  let inList = false;
  while (rest.startsWith('- ')) {
    inList = true;
    dash = column;
    const inner = rest.slice(1).trimStart();
    column += rest.length - inner.length;
    rest = inner;
  }
  if (rest === '-') return walk.annotations !== 'open';
  KEY.lastIndex = 0;
  const match = KEY.exec(rest);
  if (!match) {
    // An item of a list may be a plain or quoted scalar; anything else might continue a line above.
    return inList && walk.annotations !== 'open' && isSafeValue(rest, dash, walk);
  }
  const key = match[1] ?? '';
  const value = (match[2] ?? '').trimEnd();
  if (line.indent === walk.childIndent) {
    if (inList) return walk.annotations !== 'open' && isSafeValue(value, column, walk);
    return readChild(
      { key, value, content, endsLine: text.charCodeAt(line.next - 1) === NEWLINE },
      line,
      walk,
    );
  }
  if (walk.annotations === 'open') {
    if (inList) return false;
    if (walk.annotationIndent < 0) {
      walk.annotationIndent = line.indent;
      walk.firstAnnotation = line.position;
    }
    if (line.indent !== walk.annotationIndent || key.includes(OURS)) return false;
  }
  return isSafeValue(value, column, walk);
}

/** A key of metadata itself. */
function readChild(
  child: { key: string; value: string; content: string; endsLine: boolean },
  line: Line,
  walk: Walk,
): boolean {
  const { key, value } = child;
  if (walk.annotations === 'open') walk.annotations = 'closed';
  if (key === '"annotations"' || key === "'annotations'") return false;
  if (key !== 'annotations') return isSafeValue(value, line.indent, walk);
  if (walk.annotations !== 'unseen') return false;
  if (value === '' || value.startsWith('#')) {
    if (!child.endsLine) return false;
    walk.annotations = 'open';
    walk.bare = true;
    walk.afterAnnotations = line.next;
    return true;
  }
  if (!EMPTY_BRACES.test(value)) return false;
  walk.annotations = 'closed';
  walk.braces = line.at + child.content.indexOf('{') + 1;
  return true;
}

/** Whether a value ends on its line, or is a block whose lines are deeper than its key. */
function isSafeValue(value: string, keyColumn: number, walk: Walk): boolean {
  switch (value.charAt(0)) {
    case '':
    case '#':
      return true;
    case '"':
      return DOUBLE_QUOTED.test(value);
    case "'":
      return SINGLE_QUOTED.test(value);
    case '|':
    case '>':
      walk.scalarIndent = keyColumn;
      return BLOCK_SCALAR.test(value);
    case '{':
    case '[':
      return SIMPLE_FLOW.test(value);
    case '&':
    case '*':
    case '!':
    case '%':
    case '@':
    case '`':
    case '?':
    case ',':
    case ']':
    case '}':
      return false;
    default:
      return true;
  }
}
