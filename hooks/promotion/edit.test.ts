import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editItem as edit, readItem as read } from './edit.ts';

const editItem = (item: Parameters<typeof edit>[0], text: string, file: string): string =>
  edit(item, text, { file });
const readItem = (item: Parameters<typeof edit>[0], text: string, file: string): string | undefined =>
  read(item, text, { file });

const helm = (key: string, value: string) => ({ kind: 'helm-value' as const, key, value });
const image = (key: string, value: string) => ({ kind: 'kustomize-image' as const, key, value });
const chart = (key: string, value: string) => ({ kind: 'chart-version' as const, key, value });

describe('editItem on Helm values', () => {
  it('changes the bytes of one scalar and no others', () => {
    const text = '# prod\nfrontend:\n  image: { tag: v1,  pull: Always } # keep\nmode: 0644\nyes: no\n';
    expect(editItem(helm('frontend.image.tag', 'v2'), text, 'values.yaml')).toBe(text.replace('v1', 'v2'));
  });

  it('keeps quotes, and finds list entries by number', () => {
    expect(editItem(helm('a.1.tag', "it's"), "a:\n  - tag: 'x'\n  - tag: 'y'\n", 'v')).toBe(
      "a:\n  - tag: 'x'\n  - tag: 'it''s'\n",
    );
    expect(editItem(helm('a', 'v"2'), 'a: "v1"\n', 'v')).toBe('a: "v\\"2"\n');
  });

  it.each([
    ['tag: v1\n', '1.10', 'tag: "1.10"\n'],
    ['tag: 1.9\n', '1.10', 'tag: "1.10"\n'],
    ['tag: v1\n', 'on', 'tag: "on"\n'],
    ['tag: v1\n', '0x1F', 'tag: "0x1F"\n'],
    ['tag: v1\n', '12345678', 'tag: "12345678"\n'],
    ['tag: v1\n', '190:20:30', 'tag: "190:20:30"\n'],
    ['tag: v1\n', 'a: b', 'tag: "a: b"\n'],
    ['tag: v1\n', 'a #b', 'tag: "a #b"\n'],
    ['tag: v1\n', '*v2', 'tag: "*v2"\n'],
    ['tag: v1\n', '!v2', 'tag: "!v2"\n'],
    ['tag: v1\n', '2.0.0-rc.1+build', 'tag: 2.0.0-rc.1+build\n'],
    ['replicas: 3\n', '5', 'replicas: 5\n'],
    ['on: true\n', 'false', 'on: false\n'],
    ['tag:\nother: 1\n', 'v2', 'tag: v2\nother: 1\n'],
    ['tag: ""', 'v2', 'tag: "v2"'],
    ['tag: &t v1\nother: *t\n', 'v2', 'tag: &t v2\nother: *t\n'],
  ])('writes %j with %s as %j', (before, value, after) => {
    const key = before.split(':')[0] ?? '';
    expect(editItem(helm(key, value), before, 'values.yaml')).toBe(after);
  });

  it.each([
    ['a: 1\n', 'b', 'is not there'],
    ['a: { b: 1 }\n', 'a', 'is not a single value'],
    ['x: &x v1\na: *x\n', 'a', 'is an alias'],
    ['a: |\n  v1\n', 'a', 'is a block of text'],
  ])('refuses %j at %s: it %s', (text, key, reason) => {
    expect(() => editItem(helm(key, 'v2'), text, 'charts/prod/values.yaml')).toThrow(
      new RegExp(`^${key} in charts/prod/values.yaml ${reason}`),
    );
  });

  it('says that a broken file cannot be edited', () => {
    expect(() => editItem(helm('a', 'v2'), 'a: [1\n', 'v.yaml')).toThrow(
      /v.yaml is not YAML that can be edited/,
    );
  });

  it('says that several documents cannot be edited', () => {
    expect(() => editItem(helm('a', 'v2'), 'a: 1\n---\na: 2\n', 'v.yaml')).toThrow(
      /^v.yaml has several YAML documents/,
    );
  });

  it('holds for any value: it is read back, the rest means the same, and a second edit changes nothing', () => {
    const text = '# c\nbefore: [1, "2", 0644, on]\nimage:\n  tag: v1 # keep\nafter: { x: 1.10 }\n';
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }), (value) => {
        const edited = editItem(helm('image.tag', value), text, 'v');
        for (const version of ['1.1', '1.2'] as const) {
          const rest = parse(text, { version }) as Record<string, unknown>;
          expect(parse(edited, { version })).toEqual({ ...rest, image: { tag: value } });
        }
        expect(edited.startsWith('# c\nbefore: [1, "2", 0644, on]\nimage:\n  tag: ')).toBe(true);
        expect(edited.endsWith(' # keep\nafter: { x: 1.10 }\n')).toBe(true);
        expect(editItem(helm('image.tag', value), edited, 'v')).toBe(edited);
      }),
    );
  });
});

describe('editItem on Kustomize images', () => {
  const text = 'images:\n  - name: app/web\n    newTag: v1\n  - name: app/db\n    newTag: "7"\n';

  it('changes the tag of the named image', () => {
    expect(editItem(image('app/db', '8'), text, 'k')).toBe(text.replace('"7"', '"8"'));
  });

  it('turns a tag into a digest and back', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const withDigest = editItem(image('app/web', digest), text, 'k');
    expect(withDigest).toBe(text.replace('newTag: v1', `digest: ${digest}`));
    expect(editItem(image('app/web', 'v1'), withDigest, 'k')).toBe(text);
  });

  it('adds the field where the entry has none', () => {
    expect(editItem(image('a', 'v2'), 'images:\n- name: a\n  newName: b\n', 'k')).toBe(
      'images:\n- name: a\n  newTag: v2\n  newName: b\n',
    );
    expect(editItem(image('a', 'v2'), 'images:\n  - name: a', 'k')).toBe(
      'images:\n  - name: a\n    newTag: v2',
    );
  });

  it('refuses an image that is missing, twice there, or has both fields', () => {
    expect(() => editItem(image('x', 'v2'), text, 'k')).toThrow(/images x in k is not there/);
    expect(() => editItem(image('a', 'v'), 'images: [{ name: a }, { name: a }]\n', 'k')).toThrow(
      /is there twice/,
    );
    expect(() => editItem(image('a', 'v'), 'images: [{ name: a, newTag: x, digest: y }]\n', 'k')).toThrow(
      /both/,
    );
  });
});

describe('editItem on chart versions', () => {
  it('changes the version of the named dependency', () => {
    const text = 'name: x\ndependencies:\n- name: redis\n  version: 1.2.3\n  repository: oci://r\n';
    expect(editItem(chart('redis', '1.3.0'), text, 'Chart.yaml')).toBe(text.replace('1.2.3', '1.3.0'));
  });
});

describe('readItem', () => {
  it('gives a version as it is written, not what YAML makes of it', () => {
    expect(readItem(helm('a', ''), 'a: 1.10\n', 'v')).toBe('1.10');
    expect(readItem(helm('a', ''), 'a: "1.10"\n', 'v')).toBe('1.10');
    expect(readItem(helm('a', ''), 'a:\n', 'v')).toBeUndefined();
  });
});
