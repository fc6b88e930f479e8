/** Edits of generated files: only the named value changes, every other byte stays; a YAML parser is the judge. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editItem, readItem } from './edit.ts';
import { yamlText } from './testing/yaml-text.ts';

const RUNS = { numRuns: 200 };
const FILE = 'charts/prod/values.yaml';
const version = fc.oneof(
  fc.constantFrom(
    'v2',
    '1.20',
    '2.0.0-rc.1+build',
    'on',
    '~',
    '0x1F',
    '1_000',
    'null',
    '12e4567',
    '007',
    'a: b',
    '#x',
  ),
  fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
);
const helm = (key: string, value: string) => ({ kind: 'helm-value' as const, key, value });

/** What a file means to readers of both versions of YAML; Helm and Kustomize read 1.1. */
function meaning(text: string): unknown[] {
  return (['1.1', '1.2'] as const).map((yaml) =>
    parse(text.replace('%YAML 1.2', '#'), { version: yaml, uniqueKeys: false }),
  );
}

/** The same with another value at a path; no two places share an object afterwards. */
function withValue(before: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(before ?? null));
  const [last] = path.slice(-1);
  let parent: unknown = copy;
  for (const step of path.slice(0, -1)) {
    const known = child(parent, step);
    if (typeof known !== 'object' || known === null) setChild(parent, step, {});
    parent = child(parent, step);
  }
  if (last !== undefined) setChild(parent, last, value);
  return copy;
}

function child(parent: unknown, step: string | number): unknown {
  return typeof parent === 'object' && parent !== null ? Reflect.get(parent, step) : undefined;
}

function setChild(parent: unknown, step: string | number, value: unknown): void {
  if (typeof parent === 'object' && parent !== null) Reflect.set(parent, step, value);
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

describe('an edit of a generated file', () => {
  it('changes the value at the key, and not one byte beside it', () => {
    fc.assert(
      fc.property(yamlText, fc.nat(), version, ({ text, spots }, choice, value) => {
        const spot = spots[choice % Math.max(spots.length, 1)];
        fc.pre(spot !== undefined);
        // A value inside an anchored map is one at its aliases too: there the change is meant for all of them.
        fc.pre(!/\*a\d/.test(text));
        const edited = editItem(helm(spot.key, value), text, { file: FILE });
        expect(edited.slice(0, spot.start)).toBe(text.slice(0, spot.start));
        expect(edited.slice(edited.length - (text.length - spot.end))).toBe(text.slice(spot.end));
        expect(readItem(helm(spot.key, ''), edited, { file: FILE })).toBe(value);
        // It stood there already, however YAML reads it.
        if (edited === text) return;
        const expected = meaning(text).map((before) => withValue(before, spot.path, value));
        const found = meaning(edited).map(plain);
        for (const [index, one] of found.entries()) {
          // Where a number stood, another one is a number.
          const own = spot.path.reduce<unknown>(child, one);
          expect(String(own)).toBe(value);
          expect(withValue(one, spot.path, value)).toEqual(expected[index]);
        }
        expect(editItem(helm(spot.key, value), edited, { file: FILE })).toBe(edited);
      }),
      RUNS,
    );
  });

  it('leaves what an alias stands for where it is, and every byte outside the value', () => {
    fc.assert(
      fc.property(yamlText, fc.nat(), ({ text, spots }, choice) => {
        const spot = spots[choice % Math.max(spots.length, 1)];
        fc.pre(spot !== undefined && /\*a\d/.test(text));
        const edited = editItem(helm(spot.key, 'v2'), text, { file: FILE });
        expect(edited.slice(0, spot.start) + edited.slice(edited.length - (text.length - spot.end))).toBe(
          text.slice(0, spot.start) + text.slice(spot.end),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('adds a missing key only where asked, by new text in one place', () => {
    fc.assert(
      fc.property(yamlText, fc.nat(), version, ({ text, maps }, choice, value) => {
        fc.pre(!/\*a\d/.test(text));
        const path = [...(maps[choice % maps.length] ?? []), 'new', 'tag'];
        const item = helm(path.join('.'), value);
        expect(() => editItem(item, text, { file: FILE })).toThrow(
          /^\S+ in charts\/prod\/values\.yaml is not there/,
        );
        const edited = editItem(item, text, { file: FILE, creates: true });
        expect(insertedOnce(text, edited)).toBe(true);
        const expected = meaning(text).map((before) => withValue(before, path, value));
        expect(meaning(edited).map(plain)).toEqual(expected);
      }),
      RUNS,
    );
  });
});

/** Entries of a list as people write them: names in any place of the entry, comments, quotes. */
const entries = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('web', 'acme/api', 'ghcr.io/acme/db', 'x'),
    nameLast: fc.boolean(),
    quote: fc.constantFrom('', "'", '"'),
    comment: fc.constantFrom('', ' # v0', '  '),
    other: fc.constantFrom('newName: registry/x', 'repository: oci://r', '# name: web'),
  }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 4 },
);

const LISTS = [
  { kind: 'kustomize-image', list: 'images', field: 'newTag' },
  { kind: 'chart-version', list: 'dependencies', field: 'version' },
] as const;

describe.each(LISTS)('an edit of a generated list of $list', ({ kind, list, field }) => {
  it('changes the version of the named entry alone', () => {
    fc.assert(
      fc.property(
        entries,
        fc.nat(),
        version,
        fc.constantFrom('\n', '\r\n'),
        (all, choice, value, newline) => {
          const item = { kind, key: all[choice % all.length]?.name ?? '', value };
          const write = (of: (name: string) => string): string =>
            ['kind: X', `${list}:`, ...all.flatMap((one) => linesOf(one, field, of)), 'after: 0644', ''].join(
              newline,
            );
          const before = write(() => 'v1');
          const edited = editItem(item, before, { file: FILE });
          const linesAfter = edited.split(newline);
          const changed = before
            .split(newline)
            .flatMap((line, index) => (line === linesAfter[index] ? [] : [index]));
          fc.pre(!/\n/.test(value));
          expect(linesAfter).toHaveLength(before.split(newline).length);
          expect(changed.length).toBeLessThanOrEqual(1);
          for (const one of meaning(edited)) {
            const found = child(one, list);
            expect(Array.isArray(found) ? found.map((entry) => String(child(entry, field))) : found).toEqual(
              all.map(({ name }) => (name === item.key ? value : 'v1')),
            );
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});

type ListEntry = typeof entries extends fc.Arbitrary<(infer T)[]> ? T : never;

function linesOf(entry: ListEntry, field: string, versionOf: (name: string) => string): string[] {
  const { name, quote, comment, other, nameLast } = entry;
  const own = `${field}: ${quote}${versionOf(name)}${quote}${comment}`;
  return nameLast
    ? [`- ${own}`, `  ${other}`, `  name: ${quote}${name}${quote}`]
    : [`- name: ${name}`, `  ${other}`, `  ${own}`];
}

function insertedOnce(before: string, after: string): boolean {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  return after.endsWith(before.slice(start));
}
