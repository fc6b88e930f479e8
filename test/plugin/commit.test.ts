/** The path-scoped commit in real repositories: what counts as an input, and which histories can be trusted. */
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { renderApplication, type Rendered } from '../../cmp/index.ts';
import {
  chartFiles,
  makeRepository,
  pluginEnv,
  shopFiles,
  type PluginRun,
  type TestRepository,
} from '../../cmp/testing/repository.ts';
import type { StagelineError } from '../../core/errors.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function repositoryOf(files: Record<string, string>): TestRepository {
  const repository = makeRepository(files);
  cleanups.push(() => repository.remove());
  return repository;
}

async function render(repository: TestRepository, run: PluginRun, root = repository.root): Promise<Rendered> {
  return renderApplication({
    cwd: join(root, run.path),
    env: pluginEnv(repository, run),
    ownsTree: true,
    warn: () => undefined,
  });
}

const DEV: PluginRun = { path: 'charts/dev' };

describe('the path-scoped commit', () => {
  it('follows value files outside the application, and no other file', async () => {
    const repository = repositoryOf({ ...shopFiles(), 'shared/values.yaml': 'image:\n  tag: v3\n' });
    const run = { ...DEV, parameters: [{ name: 'valueFiles', array: ['/shared/values.yaml'] }] };
    repository.write({ 'other/file.txt': 'x' });
    repository.commit('elsewhere');
    repository.write({ 'shared/values.yaml': 'image:\n  tag: v4\n' });
    const shared = repository.commit('shared values');
    repository.write({ 'other/file.txt': 'y' });
    repository.commit('elsewhere again');
    expect((await render(repository, run)).commit).toMatchObject({
      id: shared,
      mode: 'git',
      subject: 'shared values',
    });
    expect((await render(repository, DEV)).commit.subject).toBe('first');
  });

  it('follows file:// dependencies, and theirs', async () => {
    const repository = repositoryOf({
      ...shopFiles(),
      'charts/dev/Chart.yaml':
        'apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n  - name: base\n    version: 0.1.0\n    repository: file://../../library/base\n',
      'library/base/Chart.yaml':
        'apiVersion: v2\nname: base\nversion: 0.1.0\ndependencies:\n  - name: deep\n    version: 0.1.0\n    repository: "file://../deep"\n',
      'library/deep/Chart.yaml': 'apiVersion: v2\nname: deep\nversion: 0.1.0\n',
    });
    repository.write({ 'library/deep/values.yaml': 'a: b\n' });
    const deep = repository.commit('deep');
    expect((await render(repository, DEV)).commit.id).toBe(deep);
  });

  it('follows bases, components and patches of a kustomization', async () => {
    const repository = repositoryOf({
      'stageline.yaml': shopFiles()['stageline.yaml'] ?? '',
      'charts/dev/kustomization.yaml': 'resources: [../../bases/app]\n',
      'charts/dev/values.yaml': 'image: { tag: v1 }\n',
      'bases/app/kustomization.yaml': 'resources: [config.yaml]\ncomponents: [../part]\n',
      'bases/app/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n',
      'bases/part/kustomization.yaml':
        'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigMapGenerator:\n  - name: made\n    files: [data.txt]\n',
      'bases/part/data.txt': 'one\n',
    });
    repository.write({ 'bases/part/data.txt': 'two\n' });
    const changed = repository.commit('data of the component');
    const rendered = await render(repository, DEV);
    expect(rendered.commit.id).toBe(changed);
    expect(rendered.stream).toContain('two');
  });

  it('takes paths that the user adds, and those of the pipeline file', async () => {
    const files = shopFiles();
    const pipeline = (files['stageline.yaml'] ?? '').replace(
      '    path: charts/dev\n',
      '    path: charts/dev\n    inputs: [docs]\n',
    );
    const repository = repositoryOf({
      ...files,
      'stageline.yaml': pipeline,
      'docs/a.md': 'a',
      'notes/b.md': 'b',
    });
    repository.write({ 'docs/a.md': 'b' });
    const docs = repository.commit('docs');
    expect((await render(repository, DEV)).commit.id).toBe(docs);
    repository.write({ 'notes/b.md': 'c' });
    const notes = repository.commit('notes');
    expect((await render(repository, DEV)).commit.id).toBe(docs);
    const run = { ...DEV, parameters: [{ name: 'inputs', array: ['/notes'] }] };
    expect((await render(repository, run)).commit.id).toBe(notes);
  });

  it('leaves out the pipeline file and what belongs to other stages that share the path', async () => {
    const stage = (name: string, after: string): string =>
      `  - name: ${name}\n    application: shop-${name}\n    path: app\n${after}`;
    const pipeline = `apiVersion: stageline.dev/v1\npipeline: shop\nmoves:\n  - helmValues: { file: "values-{stage}.yaml", keys: [image.tag] }\nstages:\n${stage('dev', '')}${stage('prod', '    after: dev\n    promotion: { push: {} }\n')}`;
    const repository = repositoryOf({
      'app/stageline.yaml': pipeline,
      ...chartFiles('app'),
      'app/values-dev.yaml': 'image: { tag: v1 }\n',
      'app/values-prod.yaml': 'image: { tag: v1 }\n',
    });
    const run = (name: string): PluginRun => ({
      path: 'app',
      application: `shop-${name}`,
      parameters: [{ name: 'valueFiles', array: [`values-${name}.yaml`] }],
    });
    const first = (await render(repository, run('dev'))).commit.id;
    repository.write({ 'app/values-prod.yaml': 'image: { tag: v2 }\n', 'app/.stageline/prod.json': '{}' });
    const promoted = repository.commit('promote to prod');
    repository.write({ 'app/stageline.yaml': `${pipeline}# a note\n` });
    repository.commit('pipeline only');
    expect((await render(repository, run('dev'))).commit.id).toBe(first);
    expect((await render(repository, run('prod'))).commit.id).toBe(promoted);
  });

  it('is the commit that made the content, past merges that changed nothing of it', async () => {
    const repository = repositoryOf(shopFiles());
    repository.git('checkout', '--quiet', '-b', 'feature');
    repository.write({ 'charts/dev/values.yaml': 'image:\n  tag: v2\n' });
    const change = repository.commit('v2');
    repository.git('checkout', '--quiet', 'main');
    repository.write({ 'other.txt': 'x' });
    repository.commit('elsewhere');
    repository.git('merge', '--quiet', '--no-ff', '--message', 'merge', 'feature');
    expect((await render(repository, DEV)).commit.id).toBe(change);
  });

  it('is the revert after a revert, and the rename after a rename', async () => {
    const repository = repositoryOf(shopFiles());
    repository.write({ 'charts/dev/values.yaml': 'image:\n  tag: v2\n' });
    const change = repository.commit('v2');
    repository.git('revert', '--no-edit', change);
    const revert = repository.git('rev-parse', 'HEAD').trim();
    expect((await render(repository, DEV)).commit.id).toBe(revert);
    repository.git('mv', 'charts/dev/templates/deployment.yaml', 'charts/dev/templates/app.yaml');
    const rename = repository.commit('rename');
    expect((await render(repository, DEV)).commit.id).toBe(rename);
  });

  it('is a digest of the inputs in a shallow clone, which later commits do not change', async () => {
    const repository = repositoryOf(shopFiles());
    repository.write({ 'charts/dev/values.yaml': 'image:\n  tag: v2\n' });
    repository.commit('v2');
    const shallow = (depth: number): string => {
      const clone = mkdtempSync(join(tmpdir(), 'stageline-shallow-'));
      cleanups.push(() => rmSync(clone, { recursive: true, force: true }));
      repository.git('clone', '--quiet', `--depth=${depth}`, `file://${repository.root}`, clone);
      return clone;
    };
    const before = await render(repository, DEV, shallow(2));
    expect(before.commit).toMatchObject({ mode: 'shallow', subject: 'v2' });
    expect(before.commit.id).toMatch(/^digest-[0-9a-f]{16}$/);
    for (const text of ['a', 'b', 'c']) {
      repository.write({ 'other.txt': text });
      repository.commit(text);
    }
    const after = await render(repository, DEV, shallow(2));
    expect(after.commit).toEqual({ mode: 'shallow', id: before.commit.id });
    expect(after.plan?.anchor.data).toMatchObject({ 'commit-mode': 'shallow', commit: before.commit.id });
  });

  it('is the same digest without any history, and changes with the inputs only', async () => {
    const repository = repositoryOf(shopFiles());
    const digest = (await render(repository, { ...DEV, parameters: [{ name: 'commit', string: 'digest' }] }))
      .commit;
    const plain = mkdtempSync(join(tmpdir(), 'stageline-plain-'));
    cleanups.push(() => rmSync(plain, { recursive: true, force: true }));
    cpSync(repository.root, plain, { recursive: true });
    rmSync(join(plain, '.git'), { recursive: true });
    expect((await render(repository, DEV, plain)).commit).toEqual(digest);
    writeFileSync(join(plain, 'elsewhere.txt'), 'x');
    expect((await render(repository, DEV, plain)).commit).toEqual(digest);
    writeFileSync(join(plain, 'charts/dev/values.yaml'), 'image:\n  tag: v2\n');
    expect((await render(repository, DEV, plain)).commit.id).not.toBe(digest.id);
  });

  it('is a digest where Argo CD handed over a part of the repository only', async () => {
    const repository = repositoryOf({
      ...shopFiles(),
      'charts/stageline.yaml': shopFiles()['stageline.yaml'] ?? '',
    });
    const part = mkdtempSync(join(tmpdir(), 'stageline-part-'));
    cleanups.push(() => rmSync(part, { recursive: true, force: true }));
    cpSync(join(repository.root, 'charts/dev'), join(part, 'dev'), { recursive: true });
    const env = pluginEnv(repository, DEV);
    const rendering = renderApplication({
      cwd: join(part, 'dev'),
      env,
      ownsTree: true,
      warn: () => undefined,
    });
    await expect(rendering).rejects.toMatchObject({
      code: 'PIPELINE_MISSING',
      hint: expect.stringContaining('manifest-generate-paths'),
    });
    cpSync(join(repository.root, 'charts/stageline.yaml'), join(part, 'stageline.yaml'));
    const rendered = await renderApplication({
      cwd: join(part, 'dev'),
      env,
      ownsTree: true,
      warn: () => undefined,
    });
    const whole = await render(repository, { ...DEV, parameters: [{ name: 'commit', string: 'digest' }] });
    expect(rendered.commit).toEqual(whole.commit);
  });
});

describe('a hostile repository', () => {
  /** A file that any command of the repository's would make. */
  function trap(): { file: string; command: string } {
    const folder = mkdtempSync(join(tmpdir(), 'stageline-trap-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'sprung');
    return { file, command: `sh -c 'touch ${file}'` };
  }

  it('runs nothing of a bare repository that is committed in the application’s path', async () => {
    const { file, command } = trap();
    const config = `[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = ${command}\n\tpager = ${command}\n\tsshCommand = ${command}\n[log]\n\tshowSignature = true\n[gpg]\n\tprogram = ${command}\n`;
    const repository = repositoryOf(shopFiles());
    const bare = join(repository.root, 'charts/dev');
    repository.write({
      'charts/dev/HEAD': 'ref: refs/heads/main\n',
      'charts/dev/config': config,
      'charts/dev/objects/.keep': '',
      'charts/dev/refs/heads/.keep': '',
    });
    const id = repository.commit('bare');
    expect(existsSync(join(bare, 'HEAD'))).toBe(true);
    const rendered = await render(repository, DEV);
    expect(rendered.commit.id).toBe(id);
    expect(existsSync(file)).toBe(false);
  });

  it('takes a file or a link named .git at the root for no repository', async () => {
    const repository = repositoryOf(shopFiles());
    const elsewhere = mkdtempSync(join(tmpdir(), 'stageline-elsewhere-'));
    cleanups.push(() => rmSync(elsewhere, { recursive: true, force: true }));
    const env = pluginEnv(repository, DEV);
    renameSync(join(repository.root, '.git'), join(elsewhere, 'git'));
    for (const plant of [
      () => writeFileSync(join(repository.root, '.git'), `gitdir: ${elsewhere}/git\n`),
      () => symlinkSync(join(elsewhere, 'git'), join(repository.root, '.git')),
    ]) {
      rmSync(join(repository.root, '.git'), { force: true });
      plant();
      const rendered = await renderApplication({
        cwd: join(repository.root, 'charts/dev'),
        env,
        ownsTree: true,
        warn: () => undefined,
      });
      expect(rendered.commit.mode).toBe('digest');
    }
  });

  it.each([
    ['a template', 'charts/dev/templates/stolen.yaml', '/etc/passwd'],
    ['a values file', 'charts/dev/values.yaml', '/etc/hostname'],
    ['a folder', 'charts/dev/files', '/etc'],
    ['the Git directory', 'charts/dev/files', '../../.git'],
  ])('reads nothing through a link out of it: %s', async (_what, link, target) => {
    const repository = repositoryOf(shopFiles());
    rmSync(join(repository.root, link), { force: true });
    symlinkSync(target, join(repository.root, link));
    repository.commit('link');
    await expect(render(repository, DEV)).rejects.toMatchObject({
      code: 'PATH_OUTSIDE',
    } satisfies Partial<StagelineError>);
  });

  it.each([
    ['value file', [{ name: 'valueFiles', array: ['../../../../../../etc/passwd'] }]],
    ['file parameter', [{ name: 'fileParameters', map: { 'image.tag': '../../../../../../etc/passwd' } }]],
    ['input', [{ name: 'inputs', array: ['../../..'] }]],
    ['pipeline file', [{ name: 'pipeline', string: '../../../x.yaml' }]],
  ])('names no %s outside of it', async (_what, parameters) => {
    const repository = repositoryOf(shopFiles());
    await expect(render(repository, { ...DEV, parameters })).rejects.toMatchObject({ code: 'PATH_OUTSIDE' });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a file', { name: 'releaseName', string: '--set-file=image.tag=/etc/hostname' }, /release name/],
    ['a program', { name: 'releaseName', string: '--post-renderer=/usr/bin/id' }, /release name/],
    [
      'a file behind an address',
      { name: 'valueFiles', array: ['https://127.0.0.1:1/x,/etc/hostname'] },
      /x,\/etc\/hostname": dial/,
    ],
    [
      'a file behind a key',
      { name: 'fileParameters', map: { 'image.tag=/etc/hostname,x': 'Chart.yaml' } },
      /key/,
    ],
  ])('smuggles no option for Helm that names %s', async (_what, parameter, message) => {
    const repository = repositoryOf(shopFiles());
    await expect(render(repository, { ...DEV, parameters: [parameter] })).rejects.toThrow(message);
  });

  it('knows an application in a submodule by the commit that moved the submodule', async () => {
    const { file, command } = trap();
    const inner = repositoryOf(chartFiles('app'));
    const repository = repositoryOf({ 'readme.md': 'x' });
    repository.git(
      '-c',
      'protocol.file.allow=always',
      'submodule',
      '--quiet',
      'add',
      `file://${inner.root}`,
      'sub',
    );
    const added = repository.commit('add the submodule');
    repository.write({ 'readme.md': 'y' });
    repository.commit('elsewhere');
    // Only now: the test's own Git would run it.
    repository.git('config', '--file', '.git/modules/sub/config', 'core.fsmonitor', command);
    const run = { path: 'sub/app', parameters: [{ name: 'pipeline', string: 'none' }] };
    expect((await render(repository, run)).commit.id).toBe(added);
    expect(existsSync(file)).toBe(false);
  });
});
