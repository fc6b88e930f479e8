/** An Argo CD in a stand-in cluster, installed from the manifests, for the tests of `stageline doctor`; new for each test. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { parse } from 'yaml';
import { connectKube } from '../../../runtime/kube/client.ts';
import {
  createObjectStore,
  startKubeApi,
  type KubeApi,
  type KubeObject,
  type ObjectStore,
} from '../../../sandbox/kube/index.ts';
import { kubeCluster, type Cluster } from './cluster.ts';
import { runDoctor } from './run-doctor.ts';

export const root = path.resolve(import.meta.dirname, '../../..');
const kubectl = path.join(root, 'node_modules/.cache/stageline/bin/kubectl');

export let store: ObjectStore;
export let api: KubeApi;
export let folder: string;

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

export interface Result {
  check: string;
  status: string;
  found: string;
  advice?: string;
}

/** The stand-in cluster over HTTP; Argo CD's own kinds, which it does not serve, out of its store. */
export function cluster(env: NodeJS.ProcessEnv): Cluster {
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

export async function doctor(...args: string[]) {
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

export async function findings(...args: string[]): Promise<Result[]> {
  return JSON.parse((await doctor('--json', ...args)).text) as Result[];
}

export const of = (results: Result[], check: string): Result[] =>
  results.filter((result) => result.check === check);

export function setVersion(version: string): void {
  const server = store.get({ group: 'apps', kind: 'Deployment', namespace: 'argocd', name: 'argocd-server' });
  const text = JSON.stringify(server).replaceAll(/argoproj\/argocd:v[\d.]+/g, `argoproj/argocd:${version}`);
  store.update(JSON.parse(text) as KubeObject);
}

interface Overlay {
  resources?: string[];
  components?: string[];
}

/** Built once for the tests of a file. */
const built = new Map<string, string>();

/** Argo CD with what a folder of manifests/ makes of it, as its admin would get it. */
export function installed(overlay: Overlay): void {
  const key = JSON.stringify(overlay);
  const text = built.get(key) ?? build(overlay);
  built.set(key, text);
  for (const document of text.split('\n---\n')) store.apply(parse(document));
}

function build(overlay: Overlay): string {
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
  const result = spawnSync(kubectl, ['kustomize', base], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  return result.stdout;
}

export function pod(name: string, status: Record<string, unknown>): void {
  store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-1`, namespace: 'argocd', labels: { 'app.kubernetes.io/name': name } },
    spec: { containers: [{ name: 'main', image: 'x:1' }] },
  });
  const made = store.get({ group: '', kind: 'Pod', namespace: 'argocd', name: `${name}-1` });
  if (made) store.updateStatus({ ...made, status });
}

export function runningPods(): void {
  pod('argocd-repo-server', {
    containerStatuses: [{ name: 'stageline', ready: true, state: { running: {} } }],
  });
  pod('argocd-server', {
    initContainerStatuses: [{ name: 'stageline-tab', state: { terminated: { exitCode: 0 } } }],
  });
}

export function application(name: string, plugin: string, more: Record<string, unknown> = {}): void {
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

export function project(spec: Record<string, unknown> = {}): void {
  store.apply({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'default', namespace: 'argocd' },
    spec,
  });
}

export function hookRights(namespace: string): void {
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

export function healthy(): void {
  installed({ components: ['argocd'] });
  runningPods();
  project();
  application('shop-dev', 'stageline');
  hookRights('shop-dev');
}
