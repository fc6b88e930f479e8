/** Inputs that no parameter names: what links and local dependencies lead to. Real histories, Helm and Kustomize. */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  chartFiles,
  makeRepository,
  runPlugin,
  shopFiles,
  type PluginRun,
  type TestRepository,
} from '../../cmp/testing/repository.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const PIPELINE = { 'stageline.yaml': shopFiles()['stageline.yaml'] ?? '' };
const DEV: PluginRun = { path: 'charts/dev' };

/** A repository with links: paths to what they say. */
function repositoryOf(files: Record<string, string>, links: Record<string, string> = {}): TestRepository {
  const repository = makeRepository(files);
  cleanups.push(() => repository.remove());
  for (const [path, target] of Object.entries(links)) link(repository, path, target);
  repository.commit('links');
  return repository;
}

function link(repository: TestRepository, path: string, target: string): void {
  const absolute = join(repository.root, path);
  mkdirSync(dirname(absolute), { recursive: true });
  rmSync(absolute, { force: true });
  symlinkSync(target, absolute);
}

interface Outcome {
  commit: string | undefined;
  stdout: string;
}

async function render(repository: TestRepository, run: PluginRun = DEV): Promise<Outcome> {
  const { code, stdout, stderr } = await runPlugin(repository, run);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  // Argo CD hands over a fresh tree each time, without the dependencies that Helm built.
  repository.git('clean', '--quiet', '--force', '-d');
  return { commit: /^ {2}commit: "([\w-]+)"$/m.exec(stdout)?.[1], stdout };
}

interface Change {
  /** Text that the render has only after the change. */
  shows: RegExp;
  /** Files to write, or what to do. */
  change: Record<string, string> | (() => void);
}

/** Renders, changes a file, renders again: the commit must be the change's, and the render must show it. */
async function expectFollowed(
  repository: TestRepository,
  { shows, change }: Change,
  run: PluginRun = DEV,
): Promise<void> {
  repository.write({ 'elsewhere.txt': shows.source + repository.git('rev-parse', 'HEAD') });
  const head = repository.commit('elsewhere');
  const before = await render(repository, run);
  if (typeof change === 'function') change();
  else repository.write(change);
  const changed = repository.commit('the change');
  const after = await render(repository, run);
  expect([before.stdout, after.stdout].map((text) => shows.test(text))).toEqual([false, true]);
  expect(before.commit).toMatch(/^[0-9a-f]{40}$/);
  expect(before.commit).not.toBe(head);
  expect(after.commit).toBe(changed);
}

/** A chart of a library whose values show in the render. */
function libraryChart(path: string, more = ''): Record<string, string> {
  const name = path.split('/').at(-1) ?? '';
  return {
    [`${path}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n${more}`,
    [`${path}/values.yaml`]: 'text: one\n',
    [`${path}/templates/map.yaml`]: `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { text: "{{ .Values.text }}" }\n`,
  };
}

describe('a local dependency', () => {
  it.each([
    ['in braces', 'dependencies:\n  - {name: sub, version: 0.1.0, repository: "file://../../library/sub"}\n'],
    ['bare in braces', 'dependencies: [{repository: file://../../library/sub, name: sub, version: 0.1.0}]\n'],
    [
      'on a line of its own',
      "dependencies:\n  - name: sub\n    version: 0.1.0\n    repository:\n      # beside it\n      'file://../../library/sub'\n",
    ],
    [
      'behind an anchor',
      'dependencies:\n  - name: sub\n    version: 0.1.0\n    repository: &there file://../../library/sub # here\n',
    ],
  ])('is followed however it is written: %s', async (_style, dependencies) => {
    const repository = repositoryOf({
      ...shopFiles(),
      'charts/dev/Chart.yaml': `apiVersion: v2\nname: shop\nversion: 0.1.0\n${dependencies}`,
      ...libraryChart('library/sub'),
    });
    await expectFollowed(repository, {
      shows: /text: "two"/,
      change: { 'library/sub/values.yaml': 'text: two\n' },
    });
  });

  it('is followed from the second on one line, and over a comma that is part of its name', async () => {
    const repository = repositoryOf({
      ...shopFiles(),
      'charts/dev/Chart.yaml':
        'apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n  - name: sub\n    version: 0.1.0\n    repository: file://../../a, b/sub\n  - {name: one, version: 0.1.0, repository: file://../../library/one}\n  - name: two\n    version: 0.1.0\n    repository: file://../../library/two\n',
      ...libraryChart('a, b/sub'),
      ...libraryChart('library/one'),
      ...libraryChart('library/two'),
    });
    await expectFollowed(repository, {
      shows: /text: "two"/,
      change: { 'a, b/sub/values.yaml': 'text: two\n' },
    });
    await expectFollowed(repository, {
      shows: /text: "three"/,
      change: { 'library/one/values.yaml': 'text: three\n' },
    });
  });

  it('is followed from requirements.yaml, and from there on', async () => {
    const repository = repositoryOf({
      ...shopFiles(),
      'charts/dev/Chart.yaml': 'apiVersion: v1\nname: shop\nversion: 0.1.0\n',
      'charts/dev/requirements.yaml':
        'dependencies:\n  - name: sub\n    version: 0.1.0\n    repository: file://../../library/sub\n',
      ...libraryChart('library/sub'),
      'library/sub/Chart.yaml': 'apiVersion: v1\nname: sub\nversion: 0.1.0\n',
      'library/sub/requirements.yaml':
        'dependencies:\n  - {name: deep, version: 0.1.0, repository: file://../deep}\n',
      // Helm packs a dependency with the charts that it has.
      ...libraryChart('library/deep'),
    });
    link(repository, 'library/sub/charts/deep', '../../deep');
    repository.commit('deep');
    await expectFollowed(repository, {
      shows: /text: "two"/,
      change: { 'library/sub/values.yaml': 'text: two\n' },
    });
    await expectFollowed(repository, {
      shows: /text: "three"/,
      change: { 'library/deep/values.yaml': 'text: three\n' },
    });
  });

  it('in a comment is none, and out of the repository is an error', async () => {
    const chart = (line: string): string => `apiVersion: v2\nname: shop\nversion: 0.1.0\n${line}\n`;
    const repository = repositoryOf({
      ...shopFiles(),
      'charts/dev/Chart.yaml': chart('# repository: file://../../../../sub'),
    });
    await render(repository);
    repository.write({
      'charts/dev/Chart.yaml': chart(
        'dependencies: [{name: sub, version: 0.1.0, repository: file://../../../../sub}]',
      ),
    });
    repository.commit('out');
    const { code, stderr } = await runPlugin(repository, DEV);
    expect(code).toBe(1);
    expect(stderr).toContain('chart dependency "../../../../sub" of charts/dev leads out of the repository');
  });
});

describe('a link inside of the repository', () => {
  it('of a chart to a chart is followed, and links in there', async () => {
    const repository = repositoryOf(
      { ...shopFiles(), ...libraryChart('library/common'), 'texts/common.yaml': 'text: one\n' },
      {
        'charts/dev/charts/common': '../../../library/common',
        'library/common/values.yaml': '../../texts/common.yaml',
      },
    );
    await expectFollowed(repository, {
      shows: /name: more/,
      change: {
        'library/common/templates/more.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\n',
      },
    });
    await expectFollowed(repository, {
      shows: /text: "two"/,
      change: { 'texts/common.yaml': 'text: two\n' },
    });
  });

  it('of values is followed over every link on the way', async () => {
    const repository = repositoryOf(
      {
        ...shopFiles(),
        'releases/1/v.yaml': 'image:\n  tag: v1\n',
        'releases/2/v.yaml': 'image:\n  tag: v2\n',
      },
      {
        'charts/dev/values.yaml': '../../current/values.yaml',
        current: 'releases/1',
        'releases/1/values.yaml': 'v.yaml',
        'releases/2/values.yaml': 'v.yaml',
      },
    );
    await expectFollowed(repository, {
      shows: /shop:v2"/,
      change: () => link(repository, 'current', 'releases/2'),
    });
    await expectFollowed(repository, {
      shows: /shop:v3"/,
      change: { 'releases/2/v.yaml': 'image:\n  tag: v3\n' },
    });
    await expectFollowed(repository, {
      shows: /shop:v4"/,
      change: () => {
        repository.write({ 'releases/2/w.yaml': 'image:\n  tag: v4\n' });
        link(repository, 'releases/2/values.yaml', 'w.yaml');
      },
    });
  });

  it('of a value file outside of the application is followed', async () => {
    const repository = repositoryOf(
      { ...shopFiles(), 'texts/v.yaml': 'image:\n  tag: v3\n' },
      { 'shared/values.yaml': '../texts/v.yaml' },
    );
    const run = { ...DEV, parameters: [{ name: 'valueFiles', array: ['/shared/values.yaml'] }] };
    await expectFollowed(
      repository,
      { shows: /shop:v4"/, change: { 'texts/v.yaml': 'image:\n  tag: v4\n' } },
      run,
    );
  });

  it('of a local dependency is followed', async () => {
    const repository = repositoryOf(
      {
        ...shopFiles(),
        'charts/dev/Chart.yaml':
          'apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n  - name: sub\n    version: 0.1.0\n    repository: file://../../current\n',
        ...libraryChart('library/sub'),
      },
      { current: 'library/sub' },
    );
    await expectFollowed(repository, {
      shows: /text: "two"/,
      change: { 'library/sub/values.yaml': 'text: two\n' },
    });
  });

  it('in a chart that declares the commit is followed too', async () => {
    const repository = repositoryOf(
      { ...shopFiles(), 'shared/v.yaml': 'commitID: ""\nimage:\n  tag: v1\n' },
      { 'charts/dev/values.yaml': '../../shared/v.yaml' },
    );
    await expectFollowed(repository, {
      shows: /shop:v2"/,
      change: { 'shared/v.yaml': 'commitID: ""\nimage:\n  tag: v2\n' },
    });
  });

  it('of a manifest is followed', async () => {
    const repository = repositoryOf(
      {
        ...PIPELINE,
        'charts/dev/values.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: image }\nimage: { tag: v1 }\n',
        'base/l.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n',
      },
      { 'charts/dev/l.yaml': '../../base/l.yaml' },
    );
    await expectFollowed(repository, {
      shows: /name: b/,
      change: {
        'base/l.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n',
      },
    });
  });

  it('of a base is followed, and what the base reads', async () => {
    const repository = repositoryOf(
      {
        ...PIPELINE,
        'charts/dev/kustomization.yaml': 'resources: [../../current]\n',
        'charts/dev/values.yaml': 'image: { tag: v1 }\n',
        'deep/bases/app/kustomization.yaml': 'resources: [../part]\n',
        'deep/bases/part/kustomization.yaml': 'configMapGenerator: [{ name: made, literals: [a=one] }]\n',
      },
      { current: 'deep/bases/app' },
    );
    await expectFollowed(repository, {
      shows: /a: two/,
      change: {
        'deep/bases/part/kustomization.yaml': 'configMapGenerator: [{ name: made, literals: [a=two] }]\n',
      },
    });
  });

  it('counts in a digest too', async () => {
    const repository = repositoryOf(
      { ...shopFiles(), 'shared/v.yaml': 'image:\n  tag: v1\n' },
      { 'charts/dev/values.yaml': '../../shared/v.yaml' },
    );
    const run = { ...DEV, parameters: [{ name: 'commit', string: 'digest' }] };
    const before = await render(repository, run);
    repository.write({ 'shared/v.yaml': 'image:\n  tag: v2\n' });
    repository.commit('v2');
    const after = await render(repository, run);
    expect(before.commit).toMatch(/^digest-/);
    expect(after.commit).not.toBe(before.commit);
  });

  it('of another stage’s values brings no commit to this one, unless its own lead there', async () => {
    const stage = (name: string, after: string): string =>
      `  - name: ${name}\n    application: shop-${name}\n    path: app\n${after}`;
    const repository = repositoryOf(
      {
        'app/stageline.yaml': `apiVersion: stageline.dev/v1\npipeline: shop\nmoves:\n  - helmValues: { file: "values-{stage}.yaml", keys: [image.tag] }\nstages:\n${stage('dev', '')}${stage('prod', '    after: dev\n    promotion: { push: {} }\n')}`,
        ...chartFiles('app'),
        'app/values-dev.yaml': 'image: { tag: v1 }\n',
        'shared/prod.yaml': 'image: { tag: v1 }\n',
      },
      { 'app/values-prod.yaml': '../shared/prod.yaml' },
    );
    const run = (name: string): PluginRun => ({
      path: 'app',
      application: `shop-${name}`,
      parameters: [{ name: 'valueFiles', array: [`values-${name}.yaml`] }],
    });
    const before = await render(repository, run('dev'));
    await expectFollowed(
      repository,
      { shows: /shop:v2"/, change: { 'shared/prod.yaml': 'image: { tag: v2 }\n' } },
      run('prod'),
    );
    expect(await render(repository, run('dev'))).toMatchObject({ commit: before.commit });
    link(repository, 'app/values-dev.yaml', 'values-prod.yaml');
    repository.commit('the same values');
    await expectFollowed(
      repository,
      { shows: /shop:v3"/, change: { 'shared/prod.yaml': 'image: { tag: v3 }\n' } },
      run('dev'),
    );
  });

  it.each([
    ['to itself', { 'charts/dev/loop': 'loop' }],
    ['through another', { 'charts/dev/a': '../b', 'charts/b': 'dev/a' }],
    ['to nothing', { 'charts/dev/gone.txt': '../gone.txt' }],
    ['to nothing below a file', { 'charts/dev/gone': 'values.yaml/gone' }],
    ['to its own folder', { 'charts/dev/here': '.' }],
    ['to the repository', { 'charts/dev/all': '../..' }],
  ])('is left alone where nothing reads it: %s', async (_where, links) => {
    const files = {
      ...PIPELINE,
      'charts/dev/values.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: image }\nimage: { tag: v1 }\n',
    };
    const { commit } = await render(repositoryOf(files, links));
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
  });

  it('in a circle is Helm’s to complain about', async () => {
    const repository = repositoryOf(shopFiles(), { 'charts/dev/loop': 'loop' });
    const { code, stderr } = await runPlugin(repository, DEV);
    expect(code).toBe(1);
    expect(stderr).toContain('loop');
    expect(stderr).not.toContain('INTERNAL');
  });

  it.each([
    ['a file', '/etc/hostname'],
    ['what has no path', '/dev/stdin'],
    ['the Git directory', '../../.git/config'],
  ])('behind which a link leads out of it is refused: %s', async (_what, target) => {
    const repository = repositoryOf(
      { ...shopFiles(), ...libraryChart('library/common') },
      {
        'charts/dev/charts/common': '../../../library/common',
        'library/common/stolen.txt': target,
      },
    );
    const { code, stderr } = await runPlugin(repository, DEV);
    expect(code).toBe(1);
    expect(stderr).toContain('library/common/stolen.txt is a link out of the repository');
  });
});
