import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { connectKube } from '../../runtime/kube/client.ts';
import { startArgoCd, startArgoCdApi } from '../../sandbox/argocd/index.ts';
import {
  createObjectStore,
  startKubeApi,
  type KubeApi,
  type KubeObject,
  type ObjectStore,
} from '../../sandbox/kube/index.ts';
import { kubeCluster, type Cluster } from './doctor/cluster.ts';
import { HOOK_RIGHTS } from './doctor/hook-rights.ts';
import { runDoctor } from './doctor/run-doctor.ts';

const root = path.resolve(import.meta.dirname, '../..');
const kubectl = path.join(root, 'node_modules/.cache/stageline/bin/kubectl');

let store: ObjectStore;
let api: KubeApi;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'stageline-doctor-'));
  store = createObjectStore({ now: () => new Date() });
  for (const name of ['argocd', 'shop-dev']) {
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  api = await startKubeApi({ store });
  writeFileSync(path.join(folder, 'kubeconfig'), api.kubeconfig());
});

afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Result {
  check: string;
  status: string;
  found: string;
  advice?: string;
}

/** The stand-in cluster over HTTP; Argo CD's own kinds, which it does not serve, out of its store. */
function cluster(env: NodeJS.ProcessEnv): Cluster {
  const http = kubeCluster(connectKube(env));
  const kinds = new Map([
    ['applications', 'Application'],
    ['appprojects', 'AppProject'],
  ]);
  return {
    get: http.get,
    async list(kind, namespace, labels) {
      const own = kinds.get(kind.resource);
      if (own === undefined) return http.list(kind, namespace, labels);
      const objects = store.list({ group: 'argoproj.io', kind: own }, { namespace });
      return objects.map((object) => kind.schema.parse(object));
    },
  };
}

async function doctor(...args: string[]) {
  const output: string[] = [];
  const exitCode = await runDoctor(
    args,
    {
      cwd: folder,
      env: { KUBECONFIG: path.join(folder, 'kubeconfig') },
      stdout: (text) => output.push(text),
      stderr: () => undefined,
      colour: false,
    },
    cluster,
  );
  return { exitCode, text: output.join('') };
}

async function findings(...args: string[]): Promise<Result[]> {
  return JSON.parse((await doctor('--json', ...args)).text) as Result[];
}

const of = (results: Result[], check: string): Result[] => results.filter((result) => result.check === check);

function setVersion(version: string): void {
  const server = store.get({ group: 'apps', kind: 'Deployment', namespace: 'argocd', name: 'argocd-server' });
  const text = JSON.stringify(server).replaceAll(/argoproj\/argocd:v[\d.]+/g, `argoproj/argocd:${version}`);
  store.update(JSON.parse(text) as KubeObject);
}

/** Argo CD with what a folder of manifests/ makes of it, as its admin would get it. */
function installed(overlay: { resources?: string[]; components?: string[] }): void {
  const base = path.join(folder, 'overlay');
  mkdirSync(base, { recursive: true });
  const link = (name: string): string => path.relative(base, path.join(root, 'manifests', name));
  copyFileSync(path.join(root, 'test/manifests/fixture/argocd.yaml'), path.join(base, 'argocd.yaml'));
  writeFileSync(
    path.join(base, 'kustomization.yaml'),
    JSON.stringify({
      namespace: 'argocd',
      resources: ['argocd.yaml', ...(overlay.resources ?? []).map(link)],
      components: (overlay.components ?? []).map(link),
    }),
  );
  const built = spawnSync(kubectl, ['kustomize', base], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
  for (const document of built.stdout.split('\n---\n')) store.apply(parse(document));
}

function pod(name: string, status: Record<string, unknown>): void {
  store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-1`, namespace: 'argocd', labels: { 'app.kubernetes.io/name': name } },
    spec: { containers: [{ name: 'main', image: 'x:1' }] },
  });
  const made = store.get({ group: '', kind: 'Pod', namespace: 'argocd', name: `${name}-1` });
  if (made) store.updateStatus({ ...made, status });
}

function runningPods(): void {
  pod('argocd-repo-server', {
    containerStatuses: [{ name: 'stageline', ready: true, state: { running: {} } }],
  });
  pod('argocd-server', {
    initContainerStatuses: [{ name: 'stageline-tab', state: { terminated: { exitCode: 0 } } }],
  });
}

function application(name: string, plugin: string, more: Record<string, unknown> = {}): void {
  store.create({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name,
      namespace: 'argocd',
      annotations: { 'argocd.argoproj.io/manifest-generate-paths': '.;/stageline.yaml' },
    },
    spec: {
      project: 'default',
      source: { repoURL: 'https://git.example.com/shop.git', path: name, plugin: { name: plugin } },
      destination: { server: 'https://kubernetes.default.svc', namespace: name },
    },
    ...more,
  });
}

function project(spec: Record<string, unknown> = {}): void {
  store.apply({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'default', namespace: 'argocd' },
    spec,
  });
}

function hookRights(namespace: string): void {
  for (const file of ['service-account', 'role', 'role-binding']) {
    const object = parse(readFileSync(path.join(root, `manifests/hooks/${file}.yaml`), 'utf8')) as KubeObject;
    store.apply({ ...object, metadata: { ...object.metadata, namespace } });
  }
  store.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'stageline-git', namespace },
    data: { username: 'eA==', token: 'eA==' },
  });
}

function healthy(): void {
  installed({ components: ['argocd'] });
  runningPods();
  project();
  application('shop-dev', 'stageline');
  hookRights('shop-dev');
}

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
  expect(text).toMatch(/\d failed, \d warnings, \d ok/);
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
  const names = of(await findings(), 'plugin-name');
  expect(names.map(({ status, found }) => [status, found])).toEqual([
    ['failed', 'Application shop-prod names the plugin "stage-line"'],
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

test('the rights that it looks for are those of the manifests', () => {
  const role = parse(readFileSync(path.join(root, 'manifests/hooks/role.yaml'), 'utf8')) as {
    rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  };
  const inManifest = role.rules.flatMap(({ apiGroups, resources, verbs }) =>
    resources.map((resource) => ({ group: apiGroups[0], resource, verbs })),
  );
  const sorted = (list: readonly { resource: string }[]): unknown =>
    list.toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
  expect(sorted(HOOK_RIGHTS)).toEqual(sorted(inManifest as { resource: string }[]));
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
  api = await startKubeApi({ store });
});
