/** Argo CD's directory source: which files are taken, in which order, and how JSON gets into the stream. */
import { symlinkSync, writeFileSync } from 'node:fs';
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
  return renderIn(repository, parameters);
}

async function renderIn(
  made: TestRepository,
  parameters: readonly Record<string, unknown>[] = [],
): Promise<string> {
  const rendered = await renderApplication({
    cwd: join(made.root, 'app'),
    env: pluginEnv(made, {
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

  it.each<[string, string, string[]]>([
    ['several lists in braces', '{dev,prod}/*.{yaml,yml,json}', ['dev', 'prod']],
    ['lists in lists', '{{dev,prod}/*,top.yaml}', ['dev', 'prod', 'top']],
    ['files that begin with a dot', '*.yaml', ['hidden', 'dev', 'top']],
    ['what is not in a class', '[!dp]*', ['hidden', 'top']],
    ['an escaped sign', 'top\\.yaml', ['top']],
  ])('takes %s as Argo CD’s globs do', async (_what, include, wanted) => {
    const output = await render(
      {
        'app/.hidden.yaml': object('hidden'),
        'app/dev/a.yaml': object('dev'),
        'app/prod/b.yml': object('prod'),
        'app/top.yaml': object('top'),
      },
      [
        { name: 'recurse', string: 'true' },
        { name: 'include', string: include },
      ],
    );
    expect(decodeAll([Buffer.from(output)])[0]?.map(({ name }) => name)).toEqual(wanted);
  });

  it('refuses what is no glob', async () => {
    await expect(render(TREE, [{ name: 'exclude', string: '{a,b' }])).rejects.toThrow(/"exclude" is "\{a,b"/);
  });

  it('takes an object in a file that is named as pipeline files are', async () => {
    const output = await render(
      { 'app/a.yaml': object('a'), 'app/apps/stageline.yaml': object('installs') },
      [{ name: 'recurse', string: 'true' }],
    );
    expect(decodeAll([Buffer.from(output)])[0]?.map(({ name }) => name)).toEqual(['a', 'installs']);
  });

  it('reads UTF-16, which some editors write', async () => {
    repository = makeRepository({ 'app/a.yaml': object('a') });
    for (const [name, bytes] of [
      ['little', Buffer.from(`\ufeff${object('little')}`, 'utf16le')],
      ['big', Buffer.from(`\ufeff${object('big')}`, 'utf16le').swap16()],
    ] as const)
      writeFileSync(join(repository.root, 'app', `${name}.yaml`), bytes);
    repository.commit('UTF-16');
    const output = await renderIn(repository);
    expect(decodeAll([Buffer.from(output)])[0]?.map(({ name }) => name)).toEqual(['a', 'big', 'little']);
  });

  it('leaves out what says so itself', async () => {
    const output = await render({
      'app/a.yaml': object('a'),
      'app/skipped.yaml': `# +argocd:skip-file-rendering\n${object('skipped')}`,
      'app/template.yaml':
        '# +argocd:skip-file-rendering\napiVersion: v1\nkind: {{ .Kind }}\nmetadata:\n  name: x\n',
    });
    expect(decodeAll([Buffer.from(output)])[0]?.map(({ name }) => name)).toEqual(['a']);
  });

  it('writes escapes out that only JSON knows, in a file of YAML too', async () => {
    const output = await render({
      'app/a.yaml': String.raw`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"url":"http:\/\/a","face":"\ud83d\ude80"}}`,
    });
    expect(decodeAll([Buffer.from(output)])[0]?.map(({ name }) => name)).toEqual(['a']);
    expect(output).toContain('http://a');
  });

  it('passes over links that lead to no file', async () => {
    repository = makeRepository({ 'app/a.yaml': object('a'), 'base/b.yaml': object('b') });
    for (const [name, target] of [
      ['dangling.yaml', 'nope.yaml'],
      ['folder.yaml', '../base'],
      ['file.yaml', '../base/b.yaml'],
    ] as const)
      symlinkSync(target, join(repository.root, 'app', name));
    repository.commit('links');
    const output = await renderIn(repository);
    expect(decodeAll([Buffer.from(output)])[0]?.map(({ name }) => name)).toEqual(['a', 'b']);
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
