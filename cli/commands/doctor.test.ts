import { createServer } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startArgoCd, startArgoCdApi } from '../../sandbox/argocd/index.ts';
import type { KubeObject } from '../../sandbox/kube/index.ts';
import { DUE_RIGHTS, HOOK_RIGHTS } from './doctor/hook-rights.ts';
import { runDoctor } from './doctor/run-doctor.ts';
import {
  api,
  application,
  cluster,
  doctor,
  findings,
  folder,
  healthy,
  installed,
  of,
  pod,
  project,
  root,
  runningPods,
  setVersion,
  store,
  type Result,
} from './doctor/testing.ts';

test('an installation from the manifests has no failure and no warning', async () => {
  healthy();
  const results = await findings();
  expect(results.filter(({ status }) => status === 'failed' || status === 'warning')).toEqual([]);
  expect((await doctor()).exitCode).toBe(0);
});

test('every finding that is not ok says what to do', async () => {
  installed({});
  application('shop-dev', 'stageline');
  const results = await findings();
  expect(results.some(({ status }) => status === 'failed')).toBe(true);
  expect(results.filter(({ status, advice }) => status !== 'ok' && !advice)).toEqual([]);
});

test('an Argo CD that has nothing of Stageline fails, with what to install', async () => {
  installed({});
  const { exitCode, text } = await doctor();
  expect(exitCode).toBe(1);
  expect(text).toContain('FAILED   sidecar');
  expect(text).toContain('manifests/argocd/repo-server');
  expect(text).toMatch(/\d failed, \d warnings?, \d ok/);
});

test('the wrong namespace is named', async () => {
  healthy();
  const [version] = of(await findings('--namespace', 'elsewhere'), 'version');
  expect(version?.found).toContain('namespace elsewhere');
  expect(version?.advice).toContain('--namespace');
});

test.each([
  ['v2.14.3', 'failed', 'Upgrade to 3.0'],
  ['v3.1.0', 'ok', undefined],
])('Argo CD %s is %s', async (version, status, advice) => {
  installed({ components: ['argocd'] });
  setVersion(version);
  const [found] = of(await findings(), 'version');
  expect(found?.status).toBe(status);
  if (advice !== undefined) expect(found?.advice).toContain(advice);
});

test('Argo CD before 3.2 is told about the actions of Jobs, until the component brings them', async () => {
  installed({ components: ['argocd'] });
  setVersion('v3.1.0');
  expect(of(await findings(), 'job-actions')[0]).toMatchObject({ status: 'warning' });
  installed({ components: ['argocd', 'argocd/job-actions'] });
  setVersion('v3.1.0');
  expect(of(await findings(), 'job-actions')[0]).toMatchObject({ status: 'ok' });
});

test('a misspelt plugin name is found, another plugin is not', async () => {
  healthy();
  application('shop-prod', 'stage-line');
  application('other', 'lovely');
  application('shop-uat', 'stageline-v1');
  const names = of(await findings(), 'plugin-name');
  expect(names.map(({ status, found }) => [status, found])).toEqual([
    ['failed', 'Application shop-prod names the plugin "stage-line"'],
    ['failed', 'Application shop-uat names the plugin "stageline-v1"'],
  ]);
});

test('a sidecar that does not start is named with its reason', async () => {
  healthy();
  const stuck = store.get({ group: '', kind: 'Pod', namespace: 'argocd', name: 'argocd-repo-server-1' });
  if (stuck) {
    const state = { waiting: { reason: 'ImagePullBackOff' } };
    store.updateStatus({ ...stuck, status: { containerStatuses: [{ name: 'stageline', state }] } });
  }
  const [found] = of(await findings(), 'sidecar-runs');
  expect(found).toMatchObject({ status: 'failed', found: expect.stringContaining('ImagePullBackOff') });
});

test('a failed render shows the plugin’s own line', async () => {
  healthy();
  const message =
    'Failed to load target state: `node /app/cmp.cjs` failed exit status 1: stageline: STAGE_NOT_FOUND: no stage. Add one';
  application('shop-prod', 'stageline', { status: { conditions: [{ type: 'ComparisonError', message }] } });
  const [found] = of(await findings(), 'renders');
  expect(found?.found).toBe('shop-prod does not render: stageline: STAGE_NOT_FOUND: no stage. Add one');
});

test('without the health override Kueue makes it a failure', async () => {
  installed({ components: ['argocd/repo-server'] });
  expect(of(await findings(), 'job-health')[0]?.status).toBe('warning');
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kueue-system' } });
  store.create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'kueue-controller-manager', namespace: 'kueue-system' },
    spec: {
      selector: { matchLabels: { app: 'kueue' } },
      template: {
        metadata: { labels: { app: 'kueue' } },
        spec: { containers: [{ name: 'manager', image: 'kueue:1' }] },
      },
    },
  });
  expect(of(await findings(), 'job-health')[0]).toMatchObject({
    status: 'failed',
    advice: 'Install manifests/argocd/job-health',
  });
});

test('without the health override a queue that suspends hooks makes it a failure', async () => {
  healthy();
  const cm = store.get({ group: '', kind: 'ConfigMap', namespace: 'argocd', name: 'argocd-cm' });
  if (cm) store.update({ ...cm, data: {} });
  store.create({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'sl-shop-dev-pre-1', namespace: 'shop-dev', labels: { 'stageline.dev/part': 'hook' } },
    spec: {
      suspend: true,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'hook', image: 'x:1' }] } },
    },
  });
  const job = store.get({ group: 'batch', kind: 'Job', namespace: 'shop-dev', name: 'sl-shop-dev-pre-1' });
  // Kubernetes leaves the condition there, as false, when a Job was resumed.
  const conditions = [{ type: 'Suspended', status: 'False' }];
  if (job) store.updateStatus({ ...job, status: { conditions } });
  expect(of(await findings(), 'job-health')[0]).toMatchObject({
    status: 'failed',
    found: expect.stringContaining('a queue suspends the hook Jobs of namespace shop-dev'),
  });
});

test('parts of another release are named', async () => {
  healthy();
  expect(of(await findings(), 'releases')).toMatchObject([
    { status: 'ok', found: 'all that is installed is of release 0.1.0' },
  ]);
  const name = { group: 'apps', kind: 'Deployment', namespace: 'argocd', name: 'argocd-repo-server' };
  const text = JSON.stringify(store.get(name)).replaceAll(
    'stageline/stageline:v0.1.0',
    'stageline/stageline:v0.2.0',
  );
  store.update(JSON.parse(text) as KubeObject);
  expect(of(await findings(), 'releases')).toMatchObject([
    { status: 'warning', found: 'several releases are installed: the sidecar 0.2.0, the tab 0.1.0' },
  ]);
});

test('the Secret is asked for where the pipeline file says that a stage writes Git with it', async () => {
  healthy();
  application('shop-prod', 'stageline');
  const at = { group: '', kind: 'Secret', namespace: 'shop-dev', name: 'stageline-git' };
  store.delete(at);
  const without = async (): Promise<string[]> =>
    of(await findings(), 'git-secret').map(({ status, found }) => `${status}: ${found}`);
  const missing = (name: string): string =>
    `warning: namespace ${name} has no Secret stageline-git, or you may not read it`;
  expect(await without()).toEqual([missing('shop-dev'), missing('shop-prod')]);
  const pipeline = (promotion: string): string => `apiVersion: stageline.dev/v1
pipeline: shop
moves: [{ files: [v] }]
stages:
  - { name: dev, application: shop-dev, path: dev }
  - { name: prod, application: shop-prod, path: prod, after: dev, promotion: ${promotion} }
`;
  writeFileSync(path.join(folder, 'stageline.yaml'), pipeline('{ push: {} }'));
  expect(await without()).toEqual([missing('shop-dev')]);
  writeFileSync(path.join(folder, 'stageline.yaml'), pipeline('{ push: {}, by: due }'));
  expect(await without()).toEqual([]);
  const keys = { githubAppID: 'MQ==', githubAppInstallationID: 'MQ==', githubAppPrivateKey: 'MQ==' };
  store.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: at.name, namespace: at.namespace },
    data: keys,
  });
  expect(await without()).toEqual(['ok: namespace shop-dev has the Secret stageline-git']);
});

test('a missing Role names the rights that hooks lack', async () => {
  healthy();
  store.delete({
    group: 'rbac.authorization.k8s.io',
    kind: 'Role',
    namespace: 'shop-dev',
    name: 'stageline',
  });
  const [found] = of(await findings(), 'hook-rights');
  expect(found).toMatchObject({ status: 'failed', advice: 'Install manifests/hooks in namespace shop-dev' });
  expect(found?.found).toContain('create jobs.batch');
});

test.each([
  [{ namespaceResourceBlacklist: [{ group: 'batch', kind: '*' }] }, 'does not permit Job'],
  [
    { namespaceResourceWhitelist: [{ group: 'apps', kind: 'Deployment' }] },
    'does not permit Job and ConfigMap',
  ],
])('a project with %j is named', async (spec, words) => {
  healthy();
  project(spec);
  expect(of(await findings(), 'projects')[0]).toMatchObject({
    status: 'failed',
    found: expect.stringContaining(words),
  });
});

test('Jobs that Argo CD excludes are named', async () => {
  healthy();
  const cm = store.get({ group: '', kind: 'ConfigMap', namespace: 'argocd', name: 'argocd-cm' });
  const exclusions = '- apiGroups: ["batch"]\n  kinds: ["*"]\n';
  if (cm) store.update({ ...cm, data: { 'resource.exclusions': exclusions } });
  expect(of(await findings(), 'exclusions')).toMatchObject([{ status: 'failed' }]);
});

test('with the backend the proxy, its Secret and the trace store are checked one by one', async () => {
  installed({ resources: ['backend'], components: ['argocd', 'argocd/proxy', 'argocd/tracing'] });
  runningPods();
  project();
  const before = await findings();
  expect(of(before, 'proxy').map(({ found }) => found)).toEqual([
    'no pod of the backend is ready',
    'Secret stageline-backend with key secret is not there, or you may not read it',
  ]);
  expect(of(before, 'tracing').map(({ status }) => status)).toEqual(['failed', 'failed']);
  pod('stageline-backend', { conditions: [{ type: 'Ready', status: 'True' }] });
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'stageline-backend', namespace: 'argocd' },
    data: { secret: 'c2VjcmV0LXNlY3JldC1zZWNyZXQ=' },
  };
  store.apply(secret);
  expect(of(await findings(), 'proxy')[0]?.advice).toContain('app.kubernetes.io/part-of=argocd');
  store.apply({
    ...secret,
    metadata: { ...secret.metadata, labels: { 'app.kubernetes.io/part-of': 'argocd' } },
  });
  const results = await findings();
  expect(of(results, 'proxy')).toMatchObject([{ status: 'ok' }]);
  expect(JSON.stringify(results)).not.toContain('c2VjcmV0');
});

test('a proxy extension that is not turned on is named', async () => {
  installed({ resources: ['backend'], components: ['argocd', 'argocd/proxy'] });
  store.delete({ group: '', kind: 'ConfigMap', namespace: 'argocd', name: 'argocd-cmd-params-cm' });
  const words = of(await findings(), 'proxy').map(({ found }) => found);
  expect(words).toContain('argocd-cmd-params-cm does not turn proxy extensions on');
});

test('the page is asked for its version and the tab', async () => {
  healthy();
  const argo = await startArgoCd({
    store,
    applications: [],
    plugin: { command: ['false'], env: {} },
    workDir: path.join(folder, 'argo'),
  });
  const bundle = path.join(folder, 'extension-stageline.js');
  const page = await startArgoCdApi({ argo, extensionFiles: [bundle], version: 'v3.5.1+abc' });
  try {
    expect(of(await findings('--server', page.url), 'tab')).toMatchObject([{ status: 'failed' }]);
    writeFileSync(
      bundle,
      'window.extensionsAPI.registerResourceExtension(x,"argoproj.io","Application","Stageline")',
    );
    const results = await findings('--server', page.url);
    expect(of(results, 'tab')).toMatchObject([{ status: 'ok' }]);
    expect(of(results, 'version')[0]?.found).toBe('Argo CD is v3.5.1');
  } finally {
    await page.close();
    await argo.close();
  }
});

test('the branch that a promotion writes to is asked of its Git host', async () => {
  healthy();
  const host = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        name: 'main',
        protected: true,
        user_can_push: false,
        commit: { id: 'a'.repeat(40) },
      }),
    );
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const address = host.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    application('shop-prod', 'stageline', {
      spec: {
        project: 'default',
        source: {
          repoURL: `http://127.0.0.1:${port}/acme/shop.git`,
          path: 'prod',
          targetRevision: 'main',
          plugin: { name: 'stageline' },
        },
      },
    });
    const stages = ['dev', 'prod'].map(
      (name) =>
        `  - { name: ${name}, application: shop-${name}, path: ${name}${name === 'prod' ? ', after: dev, promotion: { push: {} }' : ''} }`,
    );
    const file = `apiVersion: stageline.dev/v1\npipeline: shop\nmoves: [{ files: [v] }]\nstages:\n${stages.join('\n')}\n`;
    writeFileSync(path.join(folder, 'stageline.yaml'), file);
    const [unasked] = of(await findings(), 'branches');
    expect(unasked).toMatchObject({
      status: 'skipped',
      advice: expect.stringContaining('STAGELINE_GIT_TOKEN'),
    });
    const output: string[] = [];
    await runDoctor(
      ['--json'],
      {
        cwd: folder,
        env: {
          KUBECONFIG: path.join(folder, 'kubeconfig'),
          STAGELINE_GIT_TOKEN: 'token-for-tests',
          STAGELINE_GIT_PROVIDER: 'gitea',
        },
        stdout: (text) => output.push(text),
        stderr: () => undefined,
        colour: false,
      },
      cluster,
    );
    const [asked] = of(JSON.parse(output.join('')) as Result[], 'branches');
    expect(asked).toMatchObject({
      status: 'failed',
      found: 'promotions into prod write to main, which refuses direct pushes',
    });
  } finally {
    await new Promise((resolve) => host.close(resolve));
  }
});

test.each([
  { file: 'hooks/role.yaml', rights: HOOK_RIGHTS },
  { file: 'due/stage/role.yaml', rights: DUE_RIGHTS },
])('the rights that it looks for are those of manifests/$file', ({ file, rights }) => {
  const role = parse(readFileSync(path.join(root, 'manifests', file), 'utf8')) as {
    rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  };
  const inManifest = role.rules.flatMap(({ apiGroups, resources, verbs }) =>
    resources.map((resource) => ({ group: apiGroups[0], resource, verbs })),
  );
  const sorted = (list: readonly { resource: string }[]): unknown =>
    list.toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
  expect(sorted(rights)).toEqual(sorted(inManifest));
});

test('a cluster that does not answer is one line with what to do', async () => {
  await api.close();
  await expect(
    runDoctor([], {
      cwd: folder,
      env: { KUBECONFIG: path.join(folder, 'kubeconfig') },
      stdout: () => undefined,
      stderr: () => undefined,
      colour: false,
    }),
  ).rejects.toMatchObject({ code: 'KUBE_UNAVAILABLE' });
});
