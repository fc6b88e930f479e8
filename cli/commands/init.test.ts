import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readParameters } from '../../cmp/parameters.ts';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import { createInitCommand } from './init.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const SOURCE = `  source:
    repoURL: https://git.example.com/shop.git
    targetRevision: main`;

const application = (name: string, fields: string): string => `# ${name}, by hand
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
  namespace: argocd
spec:
  project: default # ours
${SOURCE}
${fields}
  destination: { server: https://kubernetes.default.svc, namespace: ${name} }
`;

const HELM = {
  'charts/shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'charts/shop/templates/application.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Application\n{{ broken',
  'charts/shop/values.yaml': 'replicas: 1\nimage: { repository: shop, tag: none }\n',
  'charts/shop/values-dev.yaml': 'image:\n  tag: v2\n',
  'charts/shop/values-prod.yaml': 'image:\n  tag: v1\nextra: { tag: v9 }\n',
  'apps/shop.yaml': [
    application(
      'shop-prod',
      `    path: charts/shop
    helm:
      releaseName: shop
      valueFiles: [values.yaml, values-prod.yaml]
      parameters:
        - { name: replicas, value: "3" }
        - { name: build, value: "0123", forceString: true }
      values: |
        # kept
        on: true
      skipCrds: true`,
    ),
    application(
      'shop-dev',
      `    path: charts/shop
    # which values
    helm:
      valueFiles:
        - values.yaml
        - values-dev.yaml # dev's own`,
    ),
  ].join('---\n'),
};

function repository(files: Record<string, string>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'stageline-init-'));
  folders.push(root);
  execFileSync('git', ['init', '--quiet', root]);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return root;
}

async function init(root: string, args: string[] = ['--yes'], answer = false) {
  const output: string[] = [];
  const asked: string[] = [];
  const command = createInitCommand(async (question) => {
    asked.push(question);
    return answer;
  });
  const exitCode = await command.run(args, {
    cwd: root,
    env: {},
    stdout: (text) => output.push(text),
    stderr: () => undefined,
    colour: false,
  });
  return { exitCode, output: output.join(''), asked };
}

const read = (root: string, file: string): string => readFileSync(path.join(root, file), 'utf8');

function pluginOf(root: string, file: string, name: string): { name: string; parameters?: unknown[] } {
  const documents = parseAllDocuments(read(root, file));
  const objects = (Array.isArray(documents) ? documents : []).map((document) => document.toJS());
  return objects.find((object) => object.metadata.name === name).spec.source.plugin;
}

test('two Applications of one chart become two stages, and what moves is in the file of each', async () => {
  const root = repository(HELM);
  const { exitCode } = await init(root);
  expect(exitCode).toBe(0);
  const { pipeline } = parsePipeline(read(root, 'stageline.yaml'), 'stageline.yaml');
  expect(pipeline.pipeline).toBe('shop');
  expect(pipeline.moves).toEqual([{ helmValues: { file: 'values-{stage}.yaml', keys: ['image.tag'] } }]);
  expect(pipeline.stages.map(({ name, application: of, after }) => [name, of, after])).toEqual([
    ['dev', 'shop-dev', undefined],
    ['prod', 'shop-prod', 'dev'],
  ]);
});

test('the plugin gets parameters that say what source.helm said, and its own reader takes them', async () => {
  const root = repository(HELM);
  await init(root);
  const plugin = pluginOf(root, 'apps/shop.yaml', 'shop-prod');
  const parameters = readParameters(JSON.stringify(plugin.parameters));
  expect(plugin.name).toBe('stageline');
  expect(parameters.string('releaseName')).toBe('shop');
  expect(parameters.array('valueFiles')).toEqual(['values.yaml', 'values-prod.yaml']);
  expect(parameters.map('parameters')).toEqual({ replicas: '3' });
  expect(parameters.map('stringParameters')).toEqual({ build: '0123' });
  expect(parameters.string('values')).toBe('# kept\non: true\n');
  expect(parameters.flag('skipCrds')).toBe(true);
  expect(read(root, 'apps/shop.yaml')).not.toMatch(/^ {4}helm:/m);
});

test('every line but those of the old source stays as it was', async () => {
  const root = repository(HELM);
  const before = read(root, 'apps/shop.yaml').split('\n');
  await init(root);
  const after = new Set(read(root, 'apps/shop.yaml').split('\n'));
  const gone = before.filter((line) => !after.has(line));
  expect(gone.every((line) => line.startsWith('    helm:') || line.startsWith('      '))).toBe(true);
  expect([...after]).toContain('  project: default # ours');
  expect([...after]).toContain('    # which values');
});

test('it shows the diff, asks, and writes nothing without a yes', async () => {
  const root = repository(HELM);
  const { exitCode, output, asked } = await init(root, []);
  expect(asked).toEqual(['Write 2 files?']);
  expect(exitCode).toBe(1);
  expect(output).toContain('--- /dev/null\n+++ b/stageline.yaml\n@@ -0,0 +1,');
  expect(output).toContain('+++ b/apps/shop.yaml');
  expect(output).toContain('-    helm:');
  expect(output).toContain('+    plugin:');
  expect(existsSync(path.join(root, 'stageline.yaml'))).toBe(false);
  expect(read(root, 'apps/shop.yaml')).toBe(HELM['apps/shop.yaml']);
});

test('the diff it shows is one that patch applies', async () => {
  const root = repository(HELM);
  const { output } = await init(root, []);
  execFileSync('git', ['-C', root, 'apply', '-'], { input: `${output.split('left alone')[0]?.trimEnd()}\n` });
  const patched = [read(root, 'stageline.yaml'), read(root, 'apps/shop.yaml')];
  rmSync(path.join(root, 'stageline.yaml'));
  writeFileSync(path.join(root, 'apps/shop.yaml'), HELM['apps/shop.yaml']);
  await init(root);
  expect([read(root, 'stageline.yaml'), read(root, 'apps/shop.yaml')]).toEqual(patched);
});

test.each([
  ['https://github.com/acme/shop.git', { pullRequest: {} }],
  ['git@gitea.acme.dev:acme/shop.git', { pullRequest: {} }],
  ['https://git.example.com/shop.git', { push: {} }],
])('%s is promoted by %j', async (repoURL, promotion) => {
  const apps = HELM['apps/shop.yaml'].replaceAll('https://git.example.com/shop.git', repoURL);
  const root = repository({ ...HELM, 'apps/shop.yaml': apps });
  await init(root);
  const { pipeline } = parsePipeline(read(root, 'stageline.yaml'), 'stageline.yaml');
  expect(pipeline.stages[1]?.promotion).toEqual(promotion);
});

test('Kustomize overlays become stages whose images move', async () => {
  const overlay = (tag: string): string =>
    `resources: [../../base]\nimages:\n  - name: web\n    newTag: ${tag}\n  - name: unpinned\n    newName: x\n`;
  const root = repository({
    'overlays/staging/kustomization.yaml': overlay('v2'),
    'overlays/production/kustomization.yaml': overlay('v1'),
    'apps.yaml': ['production', 'staging']
      .map((stage) =>
        application(
          `web-${stage}`,
          `    path: overlays/${stage}\n    kustomize:\n      namePrefix: x-\n      replicas: [{ name: web, count: 3 }]`,
        ),
      )
      .join('---\n'),
  });
  await init(root);
  const { pipeline } = parsePipeline(read(root, 'stageline.yaml'), 'stageline.yaml');
  expect(pipeline.moves).toEqual([{ kustomizeImages: { names: ['web'] } }]);
  expect(pipeline.stages.map(({ name }) => name)).toEqual(['staging', 'production']);
  expect(pluginOf(root, 'apps.yaml', 'web-staging').parameters).toEqual([
    { name: 'namePrefix', string: 'x-' },
    { name: 'replicas', map: { web: '3' } },
  ]);
});

test('of a monorepo each product gets a pipeline file that only its stages find', async () => {
  const files: Record<string, string> = {};
  for (const product of ['cart', 'pay']) {
    for (const stage of ['dev', 'prod']) {
      files[`${product}/${stage}/values.yaml`] = 'tag: v1\n';
      files[`apps/${product}-${stage}.yaml`] = application(
        `${product}-${stage}`,
        `    path: ${product}/${stage}`,
      );
    }
  }
  for (const stage of ['dev', 'prod']) {
    files[`${stage}/mail/values.yaml`] = 'tag: v1\n';
    files[`apps/mail-${stage}.yaml`] = application(`mail-${stage}`, `    path: ${stage}/mail`);
  }
  const root = repository(files);
  await init(root);
  expect(existsSync(path.join(root, 'cart/stageline.yaml'))).toBe(true);
  expect(existsSync(path.join(root, 'pay/stageline.yaml'))).toBe(true);
  expect(existsSync(path.join(root, 'stageline/mail.yaml'))).toBe(true);
  expect(pluginOf(root, 'apps/cart-dev.yaml', 'cart-dev')).toEqual({ name: 'stageline' });
  expect(pluginOf(root, 'apps/mail-dev.yaml', 'mail-dev').parameters).toEqual([
    { name: 'pipeline', string: '/stageline/mail.yaml' },
  ]);
});

test.each([
  ['helm:\n      passCredentials: true', 'helm.passCredentials'],
  ['directory: { jsonnet: { libs: [x] } }', 'directory.jsonnet'],
  ['plugin: { name: lovely }', 'another plugin'],
])('an Application with %j is left alone, and it says why', async (fields, why) => {
  const root = repository({
    ...HELM,
    'apps/other.yaml': application('other-dev', `    path: charts/shop\n    ${fields}`),
    'apps/set.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: { name: all }\n',
  });
  const { output } = await init(root);
  expect(output).toMatch(new RegExp(`left alone: Application other-dev .*${why}`));
  expect(output).toContain('left alone: ApplicationSet all (apps/set.yaml)');
  expect(read(root, 'apps/other.yaml')).toContain(fields);
});

test('a parameter that sets what moves is named', async () => {
  const apps = HELM['apps/shop.yaml'].replace(
    '{ name: replicas, value: "3" }',
    '{ name: image.tag, value: v3 }',
  );
  const { output } = await init(repository({ ...HELM, 'apps/shop.yaml': apps }));
  expect(output).toContain(
    'note: Application shop-prod sets image.tag, which moves, by a parameter: take that out',
  );
});

test('files that cannot be written are named, with what to do', async () => {
  const root = repository({
    ...HELM,
    'cart/dev/values.yaml': 'tag: v1\n',
    'cart/prod/values.yaml': 'tag: v1\n',
  });
  for (const stage of ['dev', 'prod'])
    writeFileSync(
      path.join(root, `cart-${stage}.yaml`),
      application(`cart-${stage}`, `    path: cart/${stage}`),
    );
  // A link into a folder that is not there cannot be written through, not even by root.
  symlinkSync('not/there', path.join(root, 'charts/shop/stageline.yaml'));
  await expect(init(root)).rejects.toMatchObject({
    code: 'INIT_WRITE',
    hint: expect.stringContaining('--user'),
  });
});

test('stages can be named where names say nothing', async () => {
  const root = repository({
    'a/values.yaml': 'release: 1\n',
    'b/values.yaml': 'release: 0\n',
    'apps.yaml': [application('blue', '    path: a'), application('green', '    path: b')].join('---\n'),
  });
  await expect(init(root)).rejects.toMatchObject({ code: 'INIT_NO_STAGES' });
  const named = ['--yes', '--stage', 'first=green', '--stage', 'second=blue', '--pipeline', 'colours'];
  await expect(init(root, named)).rejects.toMatchObject({ code: 'INIT_NOTHING_MOVES' });
  await init(root, [...named, '--key', 'release']);
  const { pipeline } = parsePipeline(read(root, 'stageline.yaml'), 'stageline.yaml');
  expect(pipeline.pipeline).toBe('colours');
  expect(pipeline.stages.map(({ application: of }) => of)).toEqual(['green', 'blue']);
});

test.each([
  [['--stage', 'dev=nobody'], 'INIT_STAGE'],
  [['--wrong'], 'USAGE'],
])('%j is refused with what to do', async (args, code) => {
  const root = repository(HELM);
  await expect(init(root, args)).rejects.toMatchObject({
    code,
    hint: expect.stringMatching(/stageline init|--stage/),
  });
});

test('a pipeline file that is there is never overwritten', async () => {
  const root = repository({ ...HELM, 'stageline.yaml': 'mine\n' });
  await expect(init(root)).rejects.toMatchObject({ code: 'INIT_FILE_EXISTS' });
  expect(read(root, 'stageline.yaml')).toBe('mine\n');
});

test('outside a Git repository it says so', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'stageline-init-'));
  folders.push(folder);
  await expect(init(folder)).rejects.toMatchObject({ code: 'INIT_NO_REPOSITORY' });
});
