/** Generates YAML texts as people write them, printed by hand, that know where each of their single values stands. */
import * as fc from 'fast-check';

/** Where a value stands in the text. */
export interface Spot {
  /** As `moves` names it. */
  key: string;
  path: (string | number)[];
  start: number;
  end: number;
}

export interface YamlText {
  text: string;
  /** Of all values that can be changed in place. */
  spots: Spot[];
  /** Of all block maps. */
  maps: (string | number)[][];
}

type Node =
  | { kind: 'scalar'; source: string }
  | { kind: 'block'; header: string; lines: string[] }
  | { kind: 'alias' }
  | { kind: 'map'; entries: Entry[]; anchor: boolean }
  | { kind: 'list'; items: Entry[] }
  | { kind: 'flow'; open: '{' | '['; entries: { source: string; gap: string }[]; lines: boolean };

interface Entry {
  node: Node;
  above: string[];
  quote: '' | "'" | '"';
  trailing: string;
}

const SCALARS = [
  'v1',
  '1.10',
  '0644',
  'on',
  '12e3',
  '~',
  'null',
  'true',
  '2026-01-01',
  'a b',
  'http://x/y',
  'v#1',
  '-1',

  "''",
  "'it''s'",
  "'a: b # c'",
  '""',
  '"a\\tb"',
  '"\\u00e9 # no"',
  'é',
  '0x1F',
  'sha256:ab',
  'v1.2.3-rc.1+b',
];

const source = fc.constantFrom(...SCALARS);
const comment = fc.constantFrom('# note', '#', '# tag: v9', '# é', '');
const trailing = fc.constantFrom('', '', '', '  # keep', ' # tag: v0', '   ', '\t');

const entry = (node: fc.Arbitrary<Node>): fc.Arbitrary<Entry> =>
  fc.record({
    node,
    above: fc.array(comment, { maxLength: 2 }),
    quote: fc.constantFrom('', '', '', "'", '"'),
    trailing,
  });

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('scalar'), source }),
    fc.record({
      kind: fc.constant('block'),
      header: fc.constantFrom('|', '>', '|-', '>+', '|2'),
      lines: fc.array(fc.constantFrom('text', '# no comment', 'tag: v1', '', '- x'), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    fc.constant({ kind: 'alias' }),
    fc.record({
      kind: fc.constant('flow'),
      open: fc.constantFrom('{', '['),
      entries: fc.array(fc.record({ source, gap: fc.constantFrom('', ' ', '  ') }), { maxLength: 3 }),
      lines: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('map'),
      entries: fc.array(entry(tie('node')), { minLength: 1, maxLength: 4 }),
      anchor: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('list'),
      items: fc.array(entry(tie('node')), { minLength: 1, maxLength: 3 }),
    }),
  ) as fc.Arbitrary<Node>,
}));

/** A map as a whole file: with or without BOM, start and end marks, CRLF and a line break at its end. */
export const yamlText: fc.Arbitrary<YamlText> = fc
  .record({
    entries: fc.array(entry(node), { minLength: 1, maxLength: 5 }),
    newline: fc.constantFrom('\n', '\n', '\r\n'),
    bom: fc.boolean(),
    start: fc.constantFrom('', '', '---\n', '# head\n\n---\n', '%YAML 1.2\n---\n'),
    end: fc.constantFrom('', '', '', '...\n', '\n\n', '# end\n'),
    final: fc.boolean(),
  })
  .map((file) => {
    const printer = new Printer(file.newline);
    printer.put(file.bom ? '\uFEFF' : '');
    printer.put(file.start);
    printer.map(file.entries, { indent: 0, path: [] });
    printer.put(file.end);
    const { out } = printer;
    // Trailing blanks of a block of text mean something, so only a line break is taken off, and only of other ends.
    const text = file.final || file.end !== '' ? out : out.replace(/\r?\n$/, '');
    return { text, spots: printer.spots.filter(({ end }) => end <= text.length), maps: printer.maps };
  });

interface Place {
  indent: number;
  path: (string | number)[];
}

class Printer {
  out = '';
  spots: Spot[] = [];
  maps: (string | number)[][] = [];
  #anchors = 0;
  readonly newline: string;

  constructor(newline: string) {
    this.newline = newline;
  }

  put(text: string): void {
    this.out += text.replaceAll('\n', this.newline);
  }

  map(entries: readonly Entry[], { indent, path }: Place): void {
    this.maps.push(path);
    for (const [index, one] of entries.entries()) {
      this.#above(one, indent);
      this.put(`${' '.repeat(indent)}${one.quote}k${index}${one.quote}:`);
      this.#value(one, { indent, path: [...path, `k${index}`] });
    }
  }

  #above(one: Entry, indent: number): void {
    for (const line of one.above) this.put(`${line === '' ? '' : ' '.repeat(indent)}${line}\n`);
  }

  #value({ node: value, trailing: after }: Entry, place: Place): void {
    const { indent, path } = place;
    if (value.kind === 'map') {
      this.put(value.anchor ? ` &a${(this.#anchors += 1)}\n` : `${after}\n`);
      this.map(value.entries, { indent: indent + 2, path });
    } else if (value.kind === 'list') {
      this.put(`${after}\n`);
      for (const [index, item] of value.items.entries()) {
        this.#above(item, indent + 2);
        this.put(`${' '.repeat(indent + 2)}-`);
        this.#value(item, { indent: indent + 2, path: [...path, index] });
      }
    } else if (value.kind === 'block') {
      this.put(` ${value.header}\n`);
      for (const line of value.lines) this.put(line === '' ? '\n' : `${' '.repeat(indent + 2)}${line}\n`);
    } else {
      this.put(' ');
      this.#inline(value, path);
      this.put(`${after}\n`);
    }
  }

  #inline(value: Extract<Node, { kind: 'scalar' | 'alias' | 'flow' }>, path: (string | number)[]): void {
    if (value.kind === 'scalar') this.#spot(value.source, path);
    else if (value.kind === 'alias') this.put(this.#anchors === 0 ? '{}' : `*a${this.#anchors}`);
    else this.#flow(value, path);
  }

  #flow(value: Extract<Node, { kind: 'flow' }>, path: (string | number)[]): void {
    const isMap = value.open === '{';
    const space = value.lines ? `\n${' '.repeat(40)}` : ' ';
    this.put(value.open);
    for (const [index, { source: text, gap }] of value.entries.entries()) {
      this.put(`${index === 0 ? '' : ','}${space}${gap}`);
      if (isMap) this.put(`f${index}: `);
      this.#spot(text, [...path, isMap ? `f${index}` : index]);
    }
    this.put(`${value.entries.length === 0 ? '' : ' '}${isMap ? '}' : ']'}`);
  }

  #spot(text: string, path: (string | number)[]): void {
    const start = this.out.length;
    this.put(text);
    this.spots.push({ key: path.join('.'), path, start, end: this.out.length });
  }
}
