/** The plugin's other command, renders that are never the same, and many renders at once. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  makeRepository,
  runPlugin,
  shopFiles,
  type PluginRun,
  type TestRepository,
} from '../../cmp/testing/repository.ts';

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

async function announced(files: Record<string, string>, run: Partial<PluginRun> = {}): Promise<unknown> {
  repository = makeRepository(files);
  const result = await runPlugin(repository, { path: 'charts/dev', command: 'parameters', ...run });
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(result.stdout);
}

describe('parameters', () => {
  it('shows the values of the chart, value files over its own', async () => {
    const files = {
      ...shopFiles(),
      'charts/dev/values.yaml': 'image: { tag: 1.10 }\nlist: [a, { b: c }]\n"dotted.key": x\nempty:\n',
      'charts/dev/values-dev.yaml': 'image: { tag: v2 }\n',
      'charts/dev/more/a.yaml': 'list: [b]\n',
    };
    const parameters = [{ name: 'valueFiles', array: ['values-dev.yaml', 'more/*.yaml', 'more'] }];
    expect(await announced(files, { parameters })).toEqual([
      {
        name: 'parameters',
        title: 'Parameters',
        tooltip: 'As helm --set',
        required: false,
        itemType: 'string',
        collectionType: 'map',
        map: { 'image.tag': 'v2', 'list[0]': 'b', 'list[1].b': 'c', 'dotted\\.key': 'x', empty: '' },
      },
    ]);
  });

  it('shows the images of a kustomization', async () => {
    const files = {
      'app/kustomization.yaml':
        'images:\n  - { name: a, newTag: v1 }\n  - { name: b, newName: c, digest: "sha256:12" }\n',
    };
    expect(await announced(files, { path: 'app' })).toMatchObject([
      { name: 'images', collectionType: 'array', array: ['a:v1', 'b=c@sha256:12'] },
    ]);
  });

  it('shows nothing of its own for plain manifests', async () => {
    expect(await announced({ 'app/a.yaml': 'a: b\n' }, { path: 'app' })).toEqual([]);
  });
});

describe('a chart that renders differently each time', () => {
  const files = {
    ...shopFiles(),
    'charts/dev/templates/random.yaml':
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: made\n  labels:\n    build: {{ randAlphaNum 8 | lower }}\nstringData:\n  key: {{ randAlphaNum 20 }}\n',
  };
  const run = (determinism: string): PluginRun => ({
    path: 'charts/dev',
    parameters: [{ name: 'determinism', string: determinism }],
  });

  it('stops the render when that is asked for, with objects and fields but no values', async () => {
    repository = makeRepository(files);
    const result = await runPlugin(repository, run('fail'));
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^stageline: RENDER_RANDOM: two renders of charts\/dev differ in Secret\/made: metadata\.labels\.build, Secret\/made: stringData\.key\. [^\n]+\n$/,
    );
  });

  it('is named where objects get their names later, or share one in two groups', async () => {
    const job = (data: string): string =>
      `---\napiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: upload-\n  labels:\n    build: ${data}\n`;
    const route = (group: string, data: string): string =>
      `---\napiVersion: ${group}/v1\nkind: IngressRoute\nmetadata:\n  name: web\nspec:\n  rule: ${data}\n`;
    const random = '{{ randAlphaNum 8 | lower }}';
    repository = makeRepository({
      ...shopFiles(),
      'charts/dev/templates/jobs.yaml': job(random) + job('fixed'),
      'charts/dev/templates/routes.yaml': route('a.example', random) + route('b.example', 'fixed'),
    });
    const result = await runPlugin(repository, run('fail'));
    expect(result.stderr).toContain(
      'differ in IngressRoute/web: spec.rule, Job/upload-*: metadata.labels.build. ',
    );
  });

  it('is not one whose comments alone differ', async () => {
    repository = makeRepository({
      ...shopFiles(),
      'charts/dev/templates/dated.yaml':
        '# {{ randAlphaNum 8 }}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: steady\n',
    });
    expect(await runPlugin(repository, run('fail'))).toMatchObject({ code: 0, stderr: '' });
  });

  it('is reported when that is asked for', async () => {
    repository = makeRepository(files);
    const result = await runPlugin(repository, run('warn'));
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/^stageline: warning: RENDER_RANDOM: /);
    expect(result.stdout).toContain('name: made');
  });

  it('is not looked for by default, and a steady chart passes', async () => {
    repository = makeRepository(files);
    expect((await runPlugin(repository, { path: 'charts/dev' })).stderr).toBe('');
    repository.remove();
    repository = makeRepository(shopFiles());
    expect(await runPlugin(repository, run('fail'))).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('many renders at once', () => {
  it('all succeed, within the bound, and give the same', async () => {
    const made = makeRepository(shopFiles());
    repository = made;
    const env = { STAGELINE_CONCURRENCY: '2', STAGELINE_DEADLINE: '10m' };
    const results = await Promise.all(
      Array.from({ length: 12 }, () => runPlugin(made, { path: 'charts/dev', env })),
    );
    expect(results.map(({ code }) => code)).toEqual(Array.from({ length: 12 }, () => 0));
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
  }, 300_000);

  it('wait no longer than their deadline', async () => {
    repository = makeRepository(shopFiles());
    const { takeSlot } = await import('../../cmp/slots.ts');
    const free = await takeSlot(1, AbortSignal.timeout(30_000));
    const env = { STAGELINE_CONCURRENCY: '1', STAGELINE_DEADLINE: '1s' };
    const waiting = await runPlugin(repository, { path: 'charts/dev', env });
    free();
    expect(waiting).toMatchObject({ code: 1, stdout: '' });
    expect(waiting.stderr).toMatch(/^stageline: DEADLINE: /);
    const after = await runPlugin(repository, { path: 'charts/dev', env: { STAGELINE_CONCURRENCY: '1' } });
    expect(after.code).toBe(0);
  });
});
