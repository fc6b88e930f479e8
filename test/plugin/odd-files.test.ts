/** Files of a repository that are not what they should be: links out of it, folders, other spellings, great lengths. */
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { renderApplication, type Rendered } from '../../cmp/index.ts';
import { makeRepository, pluginEnv, shopFiles, type TestRepository } from '../../cmp/testing/repository.ts';
import { errorLine } from '../../core/errors.ts';
import { makeFreight } from '../../core/freight.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function repositoryOf(files: Record<string, string>): TestRepository {
  const repository = makeRepository(files);
  cleanups.push(() => repository.remove());
  return repository;
}

async function render(
  repository: TestRepository,
  path = 'charts/dev',
): Promise<{ rendered: Rendered; warnings: string[] }> {
  const warnings: string[] = [];
  const rendered = await renderApplication({
    cwd: join(repository.root, path),
    env: pluginEnv(repository, { path, application: path.replace('charts/', 'shop-') }),
    ownsTree: true,
    warn: (error) => warnings.push(errorLine(error)),
  });
  return { rendered, warnings };
}

describe('a pipeline file that nobody named', () => {
  function linked(target: string): TestRepository {
    const { 'stageline.yaml': _pipeline, ...files } = shopFiles();
    const repository = repositoryOf(files);
    symlinkSync(target, join(repository.root, 'stageline.yaml'));
    return repository;
  }

  it('may not be a link out of the repository, and nothing of what it leads to is said', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'stageline-outside-'));
    cleanups.push(() => rmSync(outside, { recursive: true }));
    writeFileSync(join(outside, 'outside.yaml'), 'hidden: x\n');
    for (const target of [join(outside, 'outside.yaml'), '/dev/zero']) {
      await expect(render(linked(target))).rejects.toMatchObject({
        code: 'PATH_OUTSIDE',
        message: 'pipeline file "/stageline.yaml" of charts/dev leads out of the repository',
      });
    }
  });

  it('may be a link inside', async () => {
    const repository = linked('pipelines/shop.yaml');
    repository.write({ 'pipelines/shop.yaml': shopFiles()['stageline.yaml'] ?? '' });
    expect((await render(repository)).rendered.plan?.stage).toBe('dev');
  });

  it('may not be a folder', async () => {
    const repository = linked('charts');
    await expect(render(repository)).rejects.toMatchObject({ code: 'PIPELINE_NO_FILE' });
  });
});

describe('a promotion file', () => {
  const trace = 'a'.repeat(32);
  const span = 'b'.repeat(16);
  const traceparent = `00-${trace}-${span}-01`;

  function promotion(given: string): string {
    const freight = makeFreight([{ kind: 'helm-value', file: 'values.yaml', key: 'image.tag', value: 'v1' }]);
    const entry = {
      stage: 'dev',
      application: 'shop-dev',
      commit: 'c'.repeat(40),
      freight: freight.id,
      traceparent: given,
      verdict: 'succeeded',
      openedAt: '2026-01-01T00:00:00Z',
      promotedAt: '2026-01-01T00:01:00Z',
    };
    return JSON.stringify({
      apiVersion: 'stageline.dev/v1',
      pipeline: 'shop',
      stage: 'prod',
      freight,
      traceparent: given,
      ancestry: [entry],
    });
  }

  it.each([` ${traceparent} `, `${traceparent}\n`, `cc-${trace}-${span}-01-more "of: it`])(
    'with the trace parent %j brings its plain form',
    async (given) => {
      const repository = repositoryOf({
        ...shopFiles(),
        'charts/prod/.stageline/prod.json': promotion(given),
      });
      const { rendered, warnings } = await render(repository, 'charts/prod');
      expect(warnings).toEqual([]);
      expect(rendered.traceparent).toBe(traceparent);
      expect(rendered.plan?.links).toMatchObject([{ traceparent, stage: 'dev' }]);
      expect(rendered.plan?.ancestry).toMatchObject([{ traceparent }]);
    },
  );

  const kustomized = {
    'charts/prod/kustomization.yaml': 'resources: [config.yaml]\n',
    'charts/prod/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n',
    'charts/prod/values.yaml': 'image: { tag: v1 }\n',
  };

  it.each([
    ['a folder of a chart', shopFiles(), (file: string) => mkdirSync(file)],
    // Helm itself stops at such a link.
    ['a link to itself', kustomized, (file: string) => symlinkSync('prod.json', file)],
    [
      'in a folder that is a link to itself',
      kustomized,
      (file: string) => {
        rmSync(join(file, '..'), { recursive: true });
        symlinkSync('.stageline', join(file, '..'));
      },
    ],
  ])('that is %s is reported and left out', async (_what, files, make) => {
    const repository = repositoryOf({ 'stageline.yaml': shopFiles()['stageline.yaml'] ?? '', ...files });
    mkdirSync(join(repository.root, 'charts/prod/.stageline'));
    make(join(repository.root, 'charts/prod/.stageline/prod.json'));
    const { rendered, warnings } = await render(repository, 'charts/prod');
    expect(warnings).toEqual([
      expect.stringMatching(
        /^stageline: PROMOTION_FILE_INVALID: promotion file charts\/prod\/\.stageline\/prod\.json cannot be read: E[A-Z]+: [^/]+$/,
      ),
    ]);
    expect(rendered.traceparent).toBeUndefined();
    expect(rendered.plan?.links).toEqual([]);
  });
});

it('the trace parent of the values comes in its plain form', async () => {
  const plain = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const repository = repositoryOf({
    ...shopFiles(),
    'charts/dev/values.yaml': `image: { tag: v1 }\ntraceParent: cc${plain.slice(2)}-more\n`,
  });
  expect((await render(repository)).rendered.traceparent).toBe(plain);
});

it('a long subject of a commit is cut', async () => {
  const repository = repositoryOf(shopFiles());
  repository.write({ 'charts/dev/values.yaml': 'image:\n  tag: v2\n' });
  const message = join(repository.root, '.git', 'message');
  writeFileSync(message, 'é'.repeat(60_000));
  repository.git('add', '--all');
  repository.git('commit', '--quiet', '--file', message);
  const { rendered } = await render(repository);
  expect(rendered.commit.subject).toBe(`${'é'.repeat(199)}…`);
});
