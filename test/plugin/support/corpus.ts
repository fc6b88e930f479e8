/**
 * A generated corpus of manifests that try to fool a line scanner: every part of a document is chosen among harmless
 * and hostile spellings. Each document has a name of its own, so that what a decoder prints can be told apart.
 */

/** Numbers from a seed (mulberry32): the same corpus on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Chooser {
  pick<T>(options: readonly T[]): T;
  /** Among spellings from the usual to the hostile: tame documents take one of the first `tame`. */
  spell<T>(tame: number, options: readonly T[]): T;
  chance(probability: number): boolean;
}

const SCALARS = [
  'plain',
  '"quoted"',
  "'single'",
  '0644',
  '0o17',
  '08',
  'yes',
  'off',
  '"on"',
  'y',
  '~',
  'null',
  '',
  '9007199254740993',
  '18446744073709551615',
  '-0',
  '1e3',
  '"1e3"',
  '1_000',
  '0b101',
  '0x1F',
  '12:30:45',
  '2024-01-02',
  '.5',
  '1.',
  '!!str 123',
  '!!binary aGVsbG8=',
  '!x abc',
  '"a\\tb\\u00e9"',
  'é ü',
  '"\\"annotations:\\""',
  "'it''s'",
  'a # comment',
  'a#b',
  '"x: y"',
  'http://x/?a=1&b=2',
  '{}',
  '[]',
  '{a: 1, b: [x, "y"]}',
  '[a, {b: c}]',
  '{{.workload}}'.replace(/[{}]/g, '%').replace(/^%%/, '"{{').replace(/%%$/, '}}"'),
] as const;

/** A value over several lines; `pad` is what its lines must begin with to be deeper than their key. */
const BLOCKS: readonly ((pad: string) => string)[] = [
  (pad) => `|\n${pad}annotations:\n${pad}  a: b\n${pad}metadata:`,
  (pad) => `|-\n${pad}kind: Fake\n\n${pad}items:\n${pad}- x`,
  (pad) => `>+\n${pad}folded\n${pad}text\n\n`,
  (pad) => `|2\n${pad}  more\n${pad}  text`,
  (pad) => `"first\n${pad}annotations:\n${pad}metadata: x"`,
  (pad) => `'first\n\n${pad}annotations: y'`,
  (pad) => `plain text\n${pad}that goes on`,
  (pad) => `{\n${pad}a: 1,\n${pad}annotations: 2\n${pad}}`,
  (pad) => `[\n${pad}a,\n${pad}"annotations:"\n${pad}]`,
  (pad) => `# comment first\n${pad}text`,
  (pad) => `\n${pad}nested: x\n${pad}annotations: {deep: "y"}`,
  (pad) => `\n${pad}- item\n${pad}- key: value\n${pad}  more: |\n${pad}    annotations:`,
  (pad) => `&anchor${pad.length}\n${pad}shared: yes`,
];

function scalarOrBlock(choose: Chooser, indent: number): string {
  if (choose.chance(0.75)) return ` ${choose.pick(SCALARS)}`;
  // Shallow continuation lines are what a decoder may take and a scanner misread.
  const pad = ' '.repeat(choose.chance(0.85) ? indent + 2 : choose.pick([indent, indent + 1, indent + 4]));
  return ` ${choose.pick(BLOCKS)(pad)}`;
}

function annotations(choose: Chooser, indent: string): string[] {
  const inner = `${indent}${choose.pick(['  ', '  ', '  ', ' ', '    '])}`;
  const value = (): string => scalarText(choose, inner.length);
  return choose.spell<() => string[]>(7, [
    () => [],
    () => [],
    () => [`${indent}annotations:`, `${inner}a:${value()}`, `${inner}example.com/b: "x"`],
    () => [`${indent}annotations:`, `${inner}a: |`, `${inner}  some:`, `${inner}    text`, `${inner}b: x`],
    () => [`${indent}annotations: # note`, `${inner}# another`, '', `${inner}"a": "x"`],
    () => [`${indent}annotations: {}`],
    () => [`${indent}annotations: { } # none`],
    () => [`${indent}annotations:`],
    () => [`${indent}annotations: null`],
    () => [`${indent}annotations: ~`],
    () => [`${indent}annotations: {a: "x", "b": 'y'}`],
    () => [`${indent}annotations: {`, `${inner}a: "x"`, `${indent}}`],
    () => [`${indent}annotations: &notes`, `${inner}a: "x"`],
    () => [`${indent}"annotations":`, `${inner}a: "x"`],
    () => [`${indent}annotations:`, `${inner}a: "x"`, `${indent}annotations:`, `${inner}b: "y"`],
    () => [`${indent}annotations:`, `${inner}stageline.dev/commit-id: "old"`, `${inner}a: "x"`],
    () => [`${indent}annotations:`, `${inner}a: "x`, `${inner}stageline.dev/inject: disabled"`],
    () => [`${indent}annotations:`, `${inner}? a`, `${inner}: "x"`],
    () => [`${indent}annotations:`, `${inner}a: "first`, `${indent}annotations: second"`],
    () => [`${indent}? annotations`, `${indent}: a: "x"`],
    () => [
      `${indent}annotations:   `,
      `${inner}helm.sh/hook: pre-install`,
      `${inner}helm.sh/hook-weight: "-5"`,
    ],
  ])();
}

/** Annotation values must be texts. */
function scalarText(choose: Chooser, indent: number): string {
  const pad = ' '.repeat(indent + 2);
  return choose.pick([
    ' "x"',
    " 'y'",
    ' plain',
    ' "annotations: no"',
    ` |\n${pad}annotations:\n${pad}x: y`,
    ` "two\n${pad}lines"`,
    ` two\n${pad}plain lines`,
    ` >-\n${pad}metadata:\n\n${pad}x`,
  ]);
}

function metadata(choose: Chooser, name: string): string[] {
  const indent = choose.pick(['  ', '  ', '  ', ' ', '    ']);
  const children = [
    [`${indent}name: ${choose.pick([name, `"${name}"`, `'${name}'`, `${name} # comment`, `"${name}" `])}`],
    annotations(choose, indent),
    choose.spell<() => string[]>(7, [
      () => [],
      () => [`${indent}labels:`, `${indent}  app: x`, `${indent}  "on": "yes"`],
      () => [`${indent}labels: {app: x}`],
      () => [`${indent}labels: &labels`, `${indent}  app: x`],
      () => [`${indent}finalizers:`, `${indent}- example.com/one`, `${indent}- "two"`],
      () => [`${indent}finalizers: [a, b]`],
      () => [`${indent}ownerReferences:`, `${indent}  - name: x`, `${indent}    annotations: y`],
      () => [`${indent}generation: 3`],
      () => [`${indent}extra:${scalarOrBlock(choose, indent.length)}`],
      () => [`${indent}extra: "text`, `${indent}annotations:`, `${indent}  inside: it"`],
      () => [`${indent}extra: 'text`, `annotations: ''`, `name: at the margin'`],
    ])(),
  ];
  const ordered = choose.chance(0.5) ? children : children.reverse();
  const lines = ordered.flatMap((part) => (choose.chance(0.1) ? [`${indent}# between`, ...part] : part));
  return choose.spell<() => string[]>(12, [
    ...Array.from({ length: 12 }, () => () => ['metadata:', ...lines]),
    () => ['metadata: # comment', '', ...lines],
    () => ['metadata:  ', '# at the margin', ...lines],
    () => [`metadata: {name: ${name}, annotations: {a: "x"}}`],
    () => [`metadata: {`, `  name: ${name}`, '}'],
    () => [`metadata: {"name":"${name}"}`],
    () => ['"metadata":', ...lines],
    () => ['metadata: &meta', ...lines],
    () => ['metadata : ', ...lines],
    () => ['? metadata', `: name: ${name}`],
    () => ['metadata: !!map', ...lines],
    () => ['metadata:', '  name: lost', 'metadata:', ...lines],
    () => [
      'base: &base',
      '  labels: {from: base}',
      '  annotations: {from: base}',
      'metadata:',
      '  <<: *base',
      ...lines.map((line) => (line.startsWith(indent) ? `  ${line.slice(indent.length)}` : line)),
    ],
  ])();
}

function section(choose: Chooser, key: string): string[] {
  const lines = Array.from({ length: 1 + Math.floor(choose.pick([0, 1, 2, 3])) }, (_, index) => {
    const name = choose.pick([
      'a',
      'b',
      'on',
      '"yes"',
      'x.y/z',
      '1',
      'metadata',
      'annotations',
      '"q k"',
      'kind',
    ]);
    return `  ${name}${choose.chance(0.7) ? '' : index}:${scalarOrBlock(choose, 2)}`;
  });
  return choose.spell<() => string[]>(6, [
    ...Array.from({ length: 6 }, () => () => [`${key}:`, ...lines]),
    () => [`${key}: {`, '"a": 1,', '"metadata": 2', '}'],
    () => [`${key}: "text`, '  metadata:', '  more"'],
    () => [`${key}: "text`, 'metadata:', '  annotations: more"'],
    () => [`${key}: &shared`, '  a: b'],
    () => [`${key}:`, '- a', '- b: c'],
    () => [`${key}: |`, '  text', '', '   # not a comment', '  metadata:'],
    () => [`"${key}": 1`],
    () => [`${key}: {}`],
    () => [`${key}:\t${'x'}`],
  ])();
}

/** One document without separator. */
export function makeDocument(random: () => number, name: string): string {
  const tameness = random() < 0.6 ? 1 : 0.7;
  const pick = <T>(options: readonly T[]): T => {
    const option = options[Math.floor(random() * options.length)];
    if (option === undefined) throw new Error('nothing to choose from');
    return option;
  };
  const choose: Chooser = {
    pick,
    spell: (tame, options) => pick(random() < tameness ? options.slice(0, tame) : options),
    chance: (probability) => random() < probability,
  };
  if (choose.chance(0.04)) return jsonDocument(choose, name);
  if (choose.chance(0.04)) return listDocument(choose, name);
  const parts = [
    [choose.pick(['apiVersion: v1', 'apiVersion: "v1"', "apiVersion: 'v1' # x", 'apiVersion:   v1  '])],
    [choose.spell(2, ['kind: ConfigMap', 'kind: Deployment', 'kind: "ConfigMap"', 'kind: ConfigMap # note'])],
    metadata(choose, name),
    ...(choose.chance(0.8) ? [section(choose, 'spec')] : []),
    ...(choose.chance(0.5) ? [section(choose, 'data')] : []),
    ...(choose.chance(0.05) ? [['again: *meta']] : []),
    ...(choose.chance(0.05) ? [['notes: *notes']] : []),
  ];
  const shuffled = choose.chance(0.3) ? parts.sort(() => random() - 0.5) : parts;
  const lines = shuffled.flatMap((part) =>
    choose.chance(0.1) ? [...part, choose.pick(['', '# comment', '   ', '  # deep'])] : part,
  );
  const body = `${lines.join('\n')}${choose.chance(0.9) ? '\n' : ''}`;
  return transport(choose, body);
}

/** How a document's bytes may differ. */
function transport(choose: Chooser, body: string): string {
  return choose.spell<() => string>(14, [
    ...Array.from({ length: 14 }, () => () => body),
    () => body.replace(/\n/g, '\r\n'),
    () => `\ufeff${body}`,
    () => `# Source: chart/templates/x.yaml\n${body}`,
    () => `\n\n${body}`,
    () => body.replace('x', 'x\u2028'),
    () => body.replace('\n', '\n\t\n'),
    () => body.replace(/^/gm, '  '),
    () => `${body}...\n`,
    () => `--- # a separator\n${body}`,
  ])();
}

function jsonDocument(choose: Chooser, name: string): string {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      ...choose.pick([{}, { annotations: {} }, { annotations: { a: 'x' } }, { annotations: null }]),
    },
    data: { a: 'é"\\', big: '1' },
  };
  return `${JSON.stringify(object, null, choose.pick([0, 2, 4]))}\n`;
}

function listDocument(choose: Chooser, name: string): string {
  const item = (suffix: string): string =>
    choose.pick([
      `- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: ${name}${suffix}\n  data: {a: "b"}`,
      `- {apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}${suffix}}}`,
      `- kind: Secret\n  apiVersion: v1\n  metadata:\n    annotations:\n      a: "x"\n    name: ${name}${suffix}`,
      `-   metadata:\n      name: ${name}${suffix}\n      labels: {a: b}\n    kind: ConfigMap\n    apiVersion: v1`,
    ]);
  return `apiVersion: v1\nkind: List\nitems:\n${item('-1')}\n${item('-2')}\n`;
}
