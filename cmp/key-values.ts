/**
 * Keys and values of a text that is mostly YAML. No parser: the text may be broken, which is why it is looked at, and
 * what is found besides does no harm, since it is only taken out of messages.
 */

/** One value that is read: the texts that it may stand for in a message, and where it has an anchor its name. */
interface Found {
  texts: string[];
  anchor?: string | undefined;
  alias?: string | undefined;
}

interface Line {
  indent: number;
  text: string;
}

/** At the beginning of a line, of an entry, of a member of a flow collection, or of a setting in a text; of bounded length. */
const KEY =
  /(^|[{,[;?&"']|-[ \t])[ \t]*("(?:[^"\\\n]|\\.){0,150}"|'[^'\n]{0,150}'|[^\s"'{}[\],:=#&*!|>][^\n"'{}[\],:=]{0,150}?)[ \t]{0,50}[:=]/gm;
/** Everything under such a key is a secret, whatever its own name. */
const PARENT = /secret|passw|credential|token/i;
/** Bounds, so that no text takes long. */
const VALUE_LIMIT = 4000;
const BLOCK_LINES_LIMIT = 1000;

const ESCAPES: Record<string, string> = {
  '0': '\0',
  a: '\u0007',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\u001B',
  N: '\u0085',
  _: '\u00A0',
  L: '\u2028',
  P: '\u2029',
};

/** Keys and values of `key: value` and `key=value`, in blocks and flow collections, with every text that a value may stand for. */
export function* keyValueLines(text: string): Generator<readonly [key: string, value: string]> {
  const parents: { indent: number; key: string }[] = [];
  const anchors = new Map<string, string[]>();
  const aliases: { key: string; alias: string }[] = [];
  let before = { key: '', value: '' };
  let line = { start: 0, end: endOfLine(text, 0) };
  for (const match of text.matchAll(KEY)) {
    const own = (match[2] ?? '').replace(/^["']|["']$/g, '').replace(/^(?:- +)+/, '');
    const keyStart = match.index + match[0].indexOf(match[2] ?? '');
    while (line.end < keyStart) line = { start: line.end + 1, end: endOfLine(text, line.end + 1) };
    const indent = keyStart - line.start + dashesOf(match[2] ?? '');
    while ((parents.at(-1)?.indent ?? -1) >= indent) parents.pop();
    const found = valueAt(text, match.index + match[0].length, indent);
    // An entry of a container's environment: its name says what its value is.
    const named = own === 'value' && before.key === 'name' ? before.value : own;
    const key = [...parents.map((parent) => parent.key), named].join('.');
    for (const value of found.texts) yield [key, value];
    if (found.anchor !== undefined) anchors.set(found.anchor, found.texts);
    if (found.alias !== undefined) aliases.push({ key, alias: found.alias });
    if (found.texts.length === 0 && PARENT.test(own)) parents.push({ indent, key: own });
    before = { key: own, value: found.texts[0] ?? '' };
  }
  for (const { key, alias } of aliases) {
    for (const value of anchors.get(alias) ?? []) yield [key, value];
  }
}

/** Length of the dashes before a key that begins an entry of a list. */
function dashesOf(key: string): number {
  return /^(?:- +)*/.exec(key)?.[0].length ?? 0;
}

/** The value that begins at a place, of a key in the given column. */
function valueAt(text: string, start: number, indent: number): Found {
  const properties = /[ \t]*(?:[&!]\S*[ \t]*)*/y;
  properties.lastIndex = start;
  const skipped = properties.exec(text)?.[0] ?? '';
  const anchor = /&(\S+)/.exec(skipped)?.[1];
  const at = start + skipped.length;
  const [line = ''] = text.slice(at, at + VALUE_LIMIT).split('\n', 1);
  const rest = line.trimEnd();
  const first = rest.charAt(0);
  if (first === '*') return { texts: [rest], alias: /^\*([^\s,\]}]+)/.exec(rest)?.[1] };
  if (first === '"' || first === "'") return { texts: quoted(text, at), anchor };
  if (first === '{') return { texts: [], anchor };
  if (first === '[') return { texts: listItems(text.slice(at + 1, at + VALUE_LIMIT)), anchor };
  const below = linesBelow(text, endOfLine(text, at) + 1, indent);
  if (first === '|' || first === '>') return { texts: blockTexts(below), anchor };
  if (rest === '' || first === '#') return { texts: nestedTexts(below), anchor };
  return { texts: plainTexts(rest, below), anchor };
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** Text in quotes, as it is written and as it is meant; it may go on over lines. */
function quoted(text: string, at: number): string[] {
  const quote = text.charAt(at);
  let end = at + 1;
  while (end < text.length) {
    if (quote === '"' && text.charAt(end) === '\\') end += 1;
    else if (text.charAt(end) === quote) {
      if (quote === '"' || text.charAt(end + 1) !== quote) break;
      end += 1;
    }
    end += 1;
  }
  const written = text.slice(at + 1, end);
  const folded = written.replace(/(\\?)[ \t]*\r?\n\s*/g, (_all, escaped) => (escaped === '' ? ' ' : ''));
  const meant = quote === '"' ? unescaped(folded) : folded.replaceAll("''", "'");
  return [...new Set([meant, written, ...(meant.includes('\n') ? linesOf(meant) : [])])];
}

function unescaped(text: string): string {
  return text.replace(
    /\\(x[\dA-F]{2}|u[\dA-F]{4}|U00(?:0[\dA-F]|10)[\dA-F]{4}|[\s\S])/gi,
    (_all, code: string) =>
      code.length === 1 ? (ESCAPES[code] ?? code) : String.fromCodePoint(Number.parseInt(code.slice(1), 16)),
  );
}

/** Entries of a list in brackets. */
function listItems(text: string): string[] {
  const items: string[] = [];
  for (const [item] of text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s,[\]{}"'][^,[\]{}\n]*|[[\]{]/g)) {
    if (/^[[\]{]/.test(item)) break;
    items.push(...(/^["']/.test(item) ? quoted(item, 0) : [item.trim()]));
  }
  return items;
}

/** Lines that belong to the key in a column: the deeper ones, and entries of a list in the same column. */
function linesBelow(text: string, start: number, indent: number): Line[] {
  const lines: Line[] = [];
  let at = start;
  while (at < text.length && lines.length < BLOCK_LINES_LIMIT) {
    const end = endOfLine(text, at);
    const line = text.slice(at, end).trimEnd();
    const own = line.length - line.trimStart().length;
    const belongs = line === '' || own > indent || (own === indent && /^\s*-(?:\s|$)/.test(line));
    if (!belongs) break;
    lines.push({ indent: own, text: line.trim() });
    at = end + 1;
  }
  return lines;
}

/** A literal or folded block: as a whole, and line by line, since messages break and fold it. */
function blockTexts(below: readonly Line[]): string[] {
  const filled = below.filter(({ text }) => text !== '');
  const margin = filled[0]?.indent ?? 0;
  const lines = below.map(({ indent, text }) => ' '.repeat(Math.max(0, indent - margin)) + text);
  const whole = lines.join('\n').trimEnd();
  return [`${whole}\n`, whole, ...filled.map(({ text }) => text)];
}

/** What stands below a key with nothing behind it: text or a list; members of a map are keys of their own. */
function nestedTexts(below: readonly Line[]): string[] {
  const [first, ...rest] = below.filter((line) => line.text !== '' && !line.text.startsWith('#'));
  if (first === undefined) return [];
  if (/^["'|>[&!*]/.test(first.text)) {
    const { texts } = valueAt([first.text, ...rest.map((line) => ` ${line.text}`)].join('\n'), 0, 0);
    return texts;
  }
  if (/^-(?:\s|$)/.test(first.text)) {
    return [first, ...rest].flatMap((line) => {
      const item = line.text.replace(/^(?:-(?:\s+|$))+/, '');
      return isMember(item) ? [] : valueAt(item, 0, 0).texts;
    });
  }
  return isMember(first.text) ? [] : plainTexts(first.text, rest);
}

function isMember(line: string): boolean {
  return /^(?:"[^"]*"|'[^']*'|[^"'\s][^:]*):(?:\s|$)/.test(line);
}

/** Text without quotes: with what may be a comment, without, up to what ends it in a collection or a text, and with the lines that go on. */
function plainTexts(rest: string, below: readonly Line[]): string[] {
  const withoutComment = rest.replace(/\s#.*$/, '').trimEnd();
  const more = below.map(({ text }) => text).filter((text) => text !== '');
  const isOne = more.length === 0 || isMember(more[0] ?? '');
  return [
    ...new Set([
      withoutComment,
      rest,
      withoutComment.replace(/[,}\];&"'].*$/, '').trimEnd(),
      ...(isOne ? [] : [[withoutComment, ...more].join(' '), ...more]),
    ]),
  ];
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim());
}
