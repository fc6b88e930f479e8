/** Argo CD's directory source: which files are taken, in which order, and how JSON gets into the stream. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { renderApplication, streamParts } from '../../cmp/index.ts';
import { makeRepository, pluginEnv, type TestRepository } from '../../cmp/testing/repository.ts';
import { decodeAll } from './support/oracle.ts';

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

const object = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;

const TREE: Record<string, string> = {
  'app/b.yaml': object('b'),
  'app/a.yml': object('a'),
  'app/c.json': `${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } })}\n`,
  'app/notes.md': 'no manifest',
  'app/values.yaml': 'image:\n  tag: v1\n',
  'app/sub/d.yaml': object('d'),
  'app/sub/deep/e.yaml': object('e'),
};

async function render(
  files: Record<string, string>,
  parameters: readonly Record<string, unknown>[] = [],
): Promise<string> {
  repository = makeRepository(files);
  const rendered = await renderApplication({
    cwd: join(repository.root, 'app'),
    env: pluginEnv(repository, {
      path: 'app',
      parameters: [{ name: 'pipeline', string: 'none' }, ...parameters],
    }),
    ownsTree: true,
    warn: (error) => {
      throw error;
    },
  });
  return Buffer.from(
    [...streamParts(rendered.stream, rendered.edits, rendered.appended)].join(''),
    'latin1',
  ).toString();
}

async function names(parameters: readonly Record<string, unknown>[]): Promise<string[]> {
  const [objects] = decodeAll([Buffer.from(await render(TREE, parameters))]);
  return objects?.map(({ name }) => name) ?? ['rejected'];
}

describe('a directory', () => {
  it.each<[string, Record<string, unknown>[], string[]]>([
    ['its own files only, by name', [], ['a', 'b', 'c']],
    ['sub-folders when asked', [{ name: 'recurse', string: 'true' }], ['a', 'b', 'c', 'd', 'e']],
    ['what include says', [{ name: 'include', string: '*.json' }], ['c']],
    ['what one of several patterns says', [{ name: 'include', string: '{a.*,c.*}' }], ['a', 'c']],
    ['what exclude leaves', [{ name: 'exclude', string: '*.yml' }], ['b', 'c']],
    [
      'paths by patterns that cross folders',
      [
        { name: 'recurse', string: 'true' },
        { name: 'include', string: 'sub*' },
      ],
      ['d', 'e'],
    ],
    [
      'include before exclude',
      [
        { name: 'recurse', string: 'true' },
        { name: 'include', string: '*.yaml' },
        { name: 'exclude', string: '*deep*' },
      ],
      ['b', 'd'],
    ],
  ])('gives %s', async (_what, parameters, wanted) => {
    expect(await names(parameters)).toEqual(wanted);
  });

  it('takes neither the promotion files nor the pipeline file for manifests', async () => {
    const output = await render(
      {
        'app/a.yaml': object('a'),
        'app/stageline.yaml': 'apiVersion: stageline.dev/v1\npipeline: shop\n',
        'app/.stageline/dev.json': '{"apiVersion":"stageline.dev/v1"}',
      },
      [{ name: 'recurse', string: 'true' }],
    );
    expect(decodeAll([Buffer.from(output)])[0]?.map(({ name }) => name)).toEqual(['a']);
  });

  it('keeps the bytes of its manifests, and annotates each of several documents', async () => {
    const manifest = `# a note\n${object('one')}data:\n  mode: 0644\n  on: yes\n---\n${object('two')}`;
    const output = await render({ 'app/x.yaml': manifest.trimEnd() });
    const without = output.replace(/^ *(annotations:|stageline\.dev\/.*)\n/gm, '');
    expect(without).toBe(`---\n# Source: x.yaml\n${manifest}`);
    expect(output.match(/stageline\.dev\/commit-id/g)).toHaveLength(2);
  });

  it('gives JSON to Kubernetes’ YAML reader with the same meaning', async () => {
    const text =
      '{\n\t"apiVersion": "v1", "kind": "ConfigMap",\n\t"metadata": {"name": "j"},\n\t"data": {"smile": "\\ud83d\\ude00", "slash": "a\\/b", "tab": "a\\tb", "long": 9007199254740993, "bell": "\\u0007", "line": "\\u2028"}\n}';
    const [objects] = decodeAll([Buffer.from(await render({ 'app/j.json': text }))]);
    expect(objects?.[0]?.annotations).toHaveProperty(['stageline.dev/commit-id']);
    const rest: unknown = JSON.parse(objects?.[0]?.rest ?? '');
    expect(rest).toMatchObject({
      data: {
        smile: '\u{1f600}',
        slash: 'a/b',
        tab: 'a\tb',
        long: 'number 9007199254740993',
        bell: '\u0007',
        line: '\u2028',
      },
    });
  });

  it('takes JSON objects in a row out of a YAML file, as Kubernetes’ reader does', async () => {
    const inRow = ['a', 'b"}{'].map((note, index) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `m${index}` },
        data: { note },
      }),
    );
    const [objects] = decodeAll([Buffer.from(await render({ 'app/m.yaml': inRow.join('\n') }))]);
    expect(objects?.map(({ name }) => name)).toEqual(['m0', 'm1']);
  });

  it('leaves no broken manifest out in silence, however it is indented or quoted', async () => {
    const broken = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}\n';
    for (const text of [broken, '  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a\n']) {
      await expect(render({ ...TREE, 'app/broken.yaml': text })).rejects.toMatchObject({
        code: 'MANIFEST_UNREADABLE',
        message: expect.stringContaining('broken.yaml'),
      });
      repository?.remove();
    }
  });

  it('names the file that cannot be read', async () => {
    await expect(render({ 'app/a.json': '{"apiVersion":' })).rejects.toMatchObject({
      code: 'MANIFEST_UNREADABLE',
      message: expect.stringContaining('a.json'),
    });
    repository?.remove();
    await expect(render({ 'app/a.yaml': `${object('a')}data:\n\ta: b\n` })).rejects.toMatchObject({
      code: 'MANIFEST_UNREADABLE',
      message: expect.stringContaining('a.yaml'),
    });
    repository?.remove();
    await expect(render({ 'app/a.yaml': `${object('a')}---\nimage: v1\n` })).rejects.toMatchObject({
      code: 'MANIFEST_UNREADABLE',
      message: expect.stringContaining('a.yaml'),
    });
  });

  it('without manifests is no render', async () => {
    await expect(render({ 'app/values.yaml': 'a: b\n' })).rejects.toMatchObject({ code: 'RENDER_EMPTY' });
  });
});
