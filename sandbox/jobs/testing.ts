/** For the tests of this folder: a stand-in cluster whose images are short Node programs. */
import {
  createObjectStore,
  startKubeApi,
  valueAt,
  type KubeApi,
  type KubeObject,
  type ObjectRef,
  type ObjectStore,
} from '../kube/index.ts';
import { startControllers, type Controllers, type ControllersOptions } from './controllers.ts';
import type { Programs } from './programs.ts';
import { startServiceProxy, type ServiceProxy } from './service-proxy.ts';

export const namespace = 'shop-dev';

/** `script:<anything>` runs its first argument as a Node program; `shell:<anything>` takes any command. */
export const scripts: Programs = {
  match(image) {
    if (image.startsWith('script:')) return { command: [process.execPath, '-e'] };
    return image.startsWith('shell:') ? { command: ['sh'], allowCommand: true } : undefined;
  },
};

export interface Bed {
  store: ObjectStore;
  api: KubeApi;
  controllers: Controllers;
  proxy: ServiceProxy;
  /** Faults of the stand-in itself; a test that expects none leaves it empty. */
  errors: unknown[];
  close(): Promise<void>;
}

/** A running cluster with the namespace `shop-dev`; waits are short, and there is no Docker. */
export async function startBed(options: Partial<ControllersOptions> = {}): Promise<Bed> {
  const errors: unknown[] = [];
  const store = createObjectStore({ now: () => new Date() });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const api = await startKubeApi({ store });
  const controllers = await startControllers({
    store,
    programs: scripts,
    kubeApi: api,
    docker: '/nonexistent/docker',
    timings: { jobBackoffMs: 10, crashBackoffMs: 10, closeGraceMs: 500 },
    onError: (error) => errors.push(error),
    ...options,
  });
  const proxy = await startServiceProxy({ store, controllers });
  return {
    store,
    api,
    controllers,
    proxy,
    errors,
    async close() {
      await controllers.close();
      await proxy.close();
      await api.close();
    },
  };
}

/** Resolves as soon as the condition holds; it is looked at after every change of the store. */
export function eventually<Value>(
  store: ObjectStore,
  condition: () => Value | undefined | false,
): Promise<Value> {
  return new Promise((resolve) => {
    const stop = store.watch(look);
    function look(): void {
      const value = condition();
      if (value === undefined || value === false) return;
      stop();
      resolve(value);
    }
    look();
  });
}

export function ref(kind: string, name: string): ObjectRef {
  const groups: Readonly<Record<string, string>> = { Job: 'batch', Deployment: 'apps', ReplicaSet: 'apps' };
  return { group: groups[kind] ?? '', kind, namespace, name };
}

export function statusOf(store: ObjectStore, kind: string, name: string): Record<string, unknown> {
  const status = store.get(ref(kind, name))?.['status'];
  return typeof status === 'object' && status !== null ? { ...status } : {};
}

/** The condition's status, `True` or `False`; undefined without the condition. */
export function conditionOf(
  store: ObjectStore,
  kind: string,
  name: string,
  type: string,
): Record<string, unknown> | undefined {
  const conditions = statusOf(store, kind, name)['conditions'];
  return Array.isArray(conditions)
    ? conditions.find((one: unknown) => valueAt(one, ['type']) === type)
    : undefined;
}

export function holds(store: ObjectStore, kind: string, name: string, type: string): boolean {
  return conditionOf(store, kind, name, type)?.['status'] === 'True';
}

export function podsNamed(store: ObjectStore, prefix: string): KubeObject[] {
  return store
    .list({ group: '', kind: 'Pod' }, { namespace })
    .filter(({ metadata }) => metadata.name.startsWith(prefix));
}

export interface JobParts {
  spec?: Record<string, unknown>;
  pod?: Record<string, unknown>;
  container?: Record<string, unknown>;
}

/** A Job that runs a Node program. */
export function scriptJob(name: string, script: string, parts: JobParts = {}): KubeObject {
  const container = { name: 'main', image: 'script:1', args: [script], ...parts.container };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: {
      backoffLimit: 0,
      template: { spec: { restartPolicy: 'Never', containers: [container], ...parts.pod } },
      ...parts.spec,
    },
  };
}

/** A web server that answers with the text, ready as soon as it listens. */
export function webDeployment(
  name: string,
  text: string,
  parts: { spec?: object; container?: object } = {},
): KubeObject {
  const script = `require('http').createServer((q, s) => s.end(${JSON.stringify(text)})).listen(process.env.PORT)`;
  const container = {
    name: 'web',
    image: 'script:1',
    args: [script],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 'http' } },
    ...parts.container,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
      ...parts.spec,
    },
  };
}

export function webService(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}
