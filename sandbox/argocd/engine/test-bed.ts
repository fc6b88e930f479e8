/** A bed for the engine's tests: a Git repository, a plugin that prints its files, a cluster and the engine. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createObjectStore } from '../../kube/index.ts';
import type { KubeObject, ObjectStore } from '../../kube/types.ts';
import { startArgoCd } from './engine.ts';
import type { Application, OperationState } from './application.ts';
import type { ArgoCd, ArgoCdOptions } from './options.ts';

export interface TestBed {
  store: ObjectStore;
  argo: ArgoCd;
  repository: string;
  logs: string[];
  /** Writes files (undefined removes one), commits them and returns the commit. */
  commit(files: Record<string, string | undefined>, message?: string): string;
  /** Resolves with the application once a condition holds; each change of it is looked at. */
  until(condition: (application: Application) => boolean, name?: string): Promise<Application>;
  /** Waits until the operation is over and returns its state. */
  finished(name?: string): Promise<OperationState>;
  /** Waits until a Job exists whose name starts so. */
  job(prefix: string): Promise<KubeObject>;
  finishJob(job: KubeObject, condition: 'Complete' | 'Failed', message?: string): void;
  close(): Promise<void>;
}

export interface TestBedOptions {
  files: Record<string, string>;
  application?: Record<string, unknown>;
  /** More Applications, by name. */
  others?: Record<string, Record<string, unknown>>;
  argo?: Partial<ArgoCdOptions>;
}

const FAST = { pollMs: 0, waveDelayMs: 1, tickMs: 200, selfHealBackoffMs: 30, debounceMs: 1 };

/** Starts an engine with the application `shop` (path `app`, namespace `web`), automated unless told. */
export async function startTestBed(options: TestBedOptions): Promise<TestBed> {
  const folder = mkdtempSync(join(tmpdir(), 'argocd-test-'));
  const repository = join(folder, 'repository');
  mkdirSync(repository);
  git(repository, 'init', '--quiet', '--initial-branch=main');
  const commit: TestBed['commit'] = (files, message = 'change') => {
    for (const [path, text] of Object.entries(files)) {
      const file = join(repository, path);
      mkdirSync(dirname(file), { recursive: true });
      if (text === undefined) rmSync(file);
      else writeFileSync(file, text);
    }
    git(repository, 'add', '--all');
    git(repository, 'commit', '--quiet', '--allow-empty', '-m', message);
    return git(repository, 'rev-parse', 'HEAD').trim();
  };
  commit(options.files, 'first');

  const store = createObjectStore({ now: () => new Date() });
  for (const name of ['argocd', 'web']) {
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const logs: string[] = [];
  const applications = [
    applicationObject('shop', repository, options.application ?? {}),
    ...Object.entries(options.others ?? {}).map(([name, spec]) => applicationObject(name, repository, spec)),
  ];
  const argo = await startArgoCd({
    store,
    applications,
    plugin: { command: ['sh', '-c', 'cat *.yaml'], env: { PATH: process.env['PATH'] ?? '' } },
    workDir: folder,
    log: (line) => void logs.push(line),
    ...options.argo,
    intervals: { ...FAST, ...options.argo?.intervals },
  });

  const until: TestBed['until'] = (condition, name = 'shop') =>
    new Promise((resolve) => {
      const check = (): void => {
        const application = argo.application(name);
        if (!application || !condition(application)) return;
        stop();
        resolve(application);
      };
      const stop = argo.onChange(check);
      check();
    });

  return {
    store,
    argo,
    repository,
    logs,
    commit,
    until,
    async finished(name) {
      const application = await until(
        ({ operation, status }) => !operation && status?.operationState?.finishedAt !== undefined,
        name,
      );
      await argo.idle();
      return application.status?.operationState ?? { operation: {}, phase: 'Error', startedAt: '' };
    },
    job(prefix) {
      return new Promise((resolve) => {
        const check = (): void => {
          const found = store
            .list({ group: 'batch', kind: 'Job' })
            .find(({ metadata }) => metadata.name.startsWith(prefix) && !metadata.deletionTimestamp);
          if (!found) return;
          stop();
          resolve(found);
        };
        const stop = store.watch(check);
        check();
      });
    },
    finishJob(job, type, message = '') {
      const live = store.get({ group: 'batch', kind: 'Job', namespace: 'web', name: job.metadata.name });
      if (!live) throw new Error(`no Job ${job.metadata.name}`);
      store.updateStatus({ ...live, status: { conditions: [{ type, status: 'True', message }] } });
    },
    async close() {
      await argo.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A hook Job as a manifest; `annotations` are added to the hook annotation. */
export function hookJob(
  name: string | { generateName: string },
  hook: string,
  annotations: Record<string, string> = {},
): string {
  const metadata = typeof name === 'string' ? { name } : name;
  return manifest({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...metadata, annotations: { 'argocd.argoproj.io/hook': hook, ...annotations } },
    spec: {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1' }] } },
    },
  });
}

export function configMap(
  name: string,
  data: Record<string, string>,
  annotations?: Record<string, string>,
): string {
  return manifest({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...(annotations && { annotations }) },
    data,
  });
}

export function manifest(object: Record<string, unknown>): string {
  return `---\n${JSON.stringify(object)}\n`;
}

export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'] ?? '',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.com',
      GIT_COMMITTER_NAME: 'Ann',
      GIT_COMMITTER_EMAIL: 'ann@example.com',
    },
  });
}

function applicationObject(name: string, repository: string, spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: repository, path: 'app', targetRevision: 'main', plugin: { name: 'test' } },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'web' },
      syncPolicy: { automated: { prune: true } },
      ...spec,
    },
  };
}
