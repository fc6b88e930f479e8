/**
 * The example in the sandbox: real Git, Helm and Prometheus, the example's own programs, stand-ins for the cluster,
 * Argo CD, GitHub's API and Deno, and a receiver of traces.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { GENERATE } from '../../../cmp/testing/repository.ts';
import { emptyLedger } from '../../../core/ledger/delivery.ts';
import { readLedger } from '../../../core/ledger/read.ts';
import { LEDGER_KEY, type DeliveryRecord, type Ledger } from '../../../core/ledger/types.ts';
import { ledgerName } from '../../../core/names.ts';
import { startArgoCd, type ArgoCd } from '../../../sandbox/argocd/index.ts';
import { startGitServer } from '../../../sandbox/git/server.ts';
import { startGitHubStandIn, type GitHubStandIn } from '../../../sandbox/github/index.ts';
import { startControllers, startServiceProxy, type Programs } from '../../../sandbox/jobs/index.ts';
import { createObjectStore, startKubeApi } from '../../../sandbox/kube/index.ts';
import type { KubeObject, ObjectStore } from '../../../sandbox/kube/types.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../../../sandbox/otlp/index.ts';
import { EXAMPLE, filesOf, ROOT } from './files.ts';

export const REPOSITORY = 'example/tickets';
/** Starts workflows and nothing else. */
export const DISPATCH_TOKEN = 'token-that-starts-workflows';
/** What a workflow itself has. */
export const WORKFLOW_TOKEN = 'token-of-the-workflow';

export type Stage = 'dev' | 'prod';

export interface KeptnWorld {
  argocd: ArgoCd;
  store: ObjectStore;
  github: GitHubStandIn;
  receiver: OtlpReceiver;
  bare: string;
  directory: string;
  /** Writes the version into dev's values, commits and pushes; the commit. */
  release(version: string): string;
  git(...args: string[]): string;
  /** Makes or replaces the Secret that the promotion task reads. */
  setToken(token: string): void;
  ledger(stage: Stage): Ledger;
  /** What a pod of the Job wrote. */
  log(stage: Stage, job: string): string;
  delivery(stage: Stage, version: string): DeliveryRecord | undefined;
  /** Resolves when the condition holds; looks again whenever anything happens. */
  until(condition: () => boolean): Promise<void>;
  /** Resolves when Argo CD has no operation left to run. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const HOOK_IMAGE = 'ghcr.io/stageline/stageline:test';
const STAGES = ['tickets-dev', 'tickets-prod'];

export async function startKeptnWorld(): Promise<KeptnWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'stageline-keptn-'));
  const closers: (() => Promise<void> | void)[] = [() => rmSync(directory, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const bare = join(directory, 'tickets.git');
    const [owner = '', name = ''] = REPOSITORY.split('/');
    const github = await startGitHubStandIn({
      repositories: [
        { owner, name, gitDir: bare, workflows: { 'promote.yaml': { inputs: ['traceParent'] } } },
      ],
      tokens: [
        { token: DISPATCH_TOKEN, login: 'tickets-bot', rights: { permissions: { actions: 'write' } } },
        {
          token: WORKFLOW_TOKEN,
          login: 'workflow',
          rights: { permissions: { contents: 'write', pull_requests: 'write' } },
        },
      ],
    });
    closers.push(() => github.close());
    const work = makeRepository(directory, bare, github.url);
    const running: { argocd?: ArgoCd } = {};
    const gitServer = await startGitServer({ root: directory, users: {} });
    closers.push(() => gitServer.close());
    const receiver = await startOtlpReceiver();
    closers.push(() => receiver.close());

    const store = createObjectStore({ now: () => new Date() });
    const kubeApi = await startKubeApi({ store });
    closers.push(() => kubeApi.close());
    const controllers = await startControllers({ store, kubeApi, programs: programs() });
    closers.push(() => controllers.close());
    const proxy = await startServiceProxy({ store, controllers });
    closers.push(() => proxy.close());
    seed(store, proxy.url);

    const argocd = await startArgoCd({
      store,
      applications: applications(`${gitServer.url}/tickets.git`),
      plugin: {
        command: [...GENERATE],
        env: {
          PATH: process.env['PATH'] ?? '',
          STAGELINE_HELM: join(ROOT, 'node_modules/.cache/stageline/bin/helm'),
          STAGELINE_HOOK_IMAGE: HOOK_IMAGE,
          STAGELINE_HOOK_ENV_OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        },
      },
      workDir: join(directory, 'argocd'),
      intervals: {
        pollMs: 0,
        waveDelayMs: 20,
        retryBackoff: { duration: '200ms', factor: 1, maxDuration: '1s' },
      },
      jobHealthOverride: true,
    });
    running.argocd = argocd;
    closers.push(() => argocd.close());

    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', work, ...args], { encoding: 'utf8' });
    const ledger = (stage: Stage): Ledger => readStage(store, `tickets-${stage}`);
    const until = waiter(store, argocd);
    return {
      argocd,
      store,
      github,
      receiver,
      bare,
      directory,
      git,
      release: (version) => {
        git('pull', '--quiet', '--rebase', 'origin', 'main');
        const file = join(work, 'chart-dev/values.yaml');
        writeFileSync(
          file,
          readFileSync(file, 'utf8').replace(/^serviceVersion: .*/m, `serviceVersion: ${version}`),
        );
        git('commit', '--quiet', '--all', '--message', `Release ${version} to dev`);
        git('push', '--quiet', 'origin', 'main');
        argocd.webhook();
        return git('rev-parse', 'HEAD').trim();
      },
      setToken: (apiToken) => {
        const data = JSON.stringify({ githubRepoOwner: owner, githubRepo: name, apiToken });
        store.apply({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'github-token', namespace: 'tickets-dev' },
          type: 'Opaque',
          data: { SECURE_DATA: Buffer.from(data).toString('base64') },
        });
      },
      ledger,
      log: (stage, job) =>
        store
          .list({ group: '', kind: 'Pod' }, { namespace: `tickets-${stage}` })
          .filter(({ metadata }) => metadata.name.startsWith(job))
          .flatMap(({ metadata }) => controllers.podLog(`tickets-${stage}`, metadata.name) ?? [])
          .map((line) => line.text)
          .join('\n'),
      delivery: (stage, version) =>
        ledger(stage).deliveries.find(({ freight }) => freight.items.every((item) => item.value === version)),
      until,
      settled: () => until(() => STAGES.every((stage) => isOver(argocd, stage))),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The example as it is, with the address of the API; a promotion that cannot start is not waited for for a minute. */
function makeRepository(directory: string, bare: string, apiUrl: string): string {
  const work = join(directory, 'work');
  for (const [file, text] of Object.entries(filesOf(EXAMPLE))) {
    mkdirSync(dirname(join(work, file)), { recursive: true });
    const changed = text.replace('https://api.github.com', apiUrl).replace('timeout: 1m', 'timeout: 4s');
    writeFileSync(join(work, file), file.startsWith('chart-') ? changed : text);
  }
  const git = (...args: string[]): void => void execFileSync('git', ['-C', work, ...args]);
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Dana');
  git('config', 'user.email', 'dana@example.com');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Start the tickets on v1');
  execFileSync('git', ['clone', '--quiet', '--bare', work, bare]);
  git('remote', 'add', 'origin', bare);
  return work;
}

/** As the plugin: the bundle where it was built for the tests. */
const RUNNER_PROGRAM = join(
  ROOT,
  process.env['STAGELINE_TEST_BUNDLES'] === undefined ? 'hooks/main.ts' : 'dist/hooks.cjs',
);

function programs(): Programs {
  const node = process.execPath;
  return {
    match(image) {
      if (image === HOOK_IMAGE) {
        const places = { node, '/app/hooks.cjs': RUNNER_PROGRAM };
        return { command: [node], allowCommand: true, places };
      }
      if (image.startsWith('ghcr.io/keptn/deno-runtime:'))
        return { command: [node, join(import.meta.dirname, 'deno-runtime.mjs')] };
      if (image.startsWith('quay.io/prometheus/prometheus:')) {
        const script = 'exec prometheus "$@" --web.listen-address=127.0.0.1:$PORT --log.level=error';
        return { command: ['sh', '-c', script, 'prometheus'] };
      }
      const [, service = '', version = ''] =
        /^ghcr\.io\/example\/tickets-([a-z-]+):([\w.-]+)$/.exec(image) ?? [];
      if (service === '') return undefined;
      return { command: [node, join(EXAMPLE, 'services', `${service}.mjs`)], env: { VERSION: version } };
    },
  };
}

/** What an admin installs before: namespaces, the hooks' rights, a Prometheus that scrapes every second here. */
function seed(store: ObjectStore, proxyUrl: string): void {
  for (const name of ['argocd', 'default', ...STAGES])
    store.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const prometheus = readFileSync(join(EXAMPLE, 'platform/prometheus.yaml'), 'utf8')
    .replace(/scrape_interval: \S+/, 'scrape_interval: 1s')
    .replace(/scrape_timeout: \S+/, 'scrape_timeout: 900ms')
    .replaceAll(/^( +)- job_name: .*/gm, `$&\n$1  proxy_url: ${proxyUrl}`);
  for (const object of manifests(prometheus)) store.apply(object);
  const folder = join(ROOT, 'manifests/hooks');
  const rights = readdirSync(folder)
    .filter((file) => file !== 'kustomization.yaml')
    .flatMap((file) => manifests(readFileSync(join(folder, file), 'utf8')));
  for (const namespace of STAGES) for (const object of rights) store.apply(inNamespace(object, namespace));
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  const subjects = object['subjects'];
  return {
    ...object,
    metadata: { ...object.metadata, namespace },
    ...(Array.isArray(subjects)
      ? { subjects: subjects.map((subject: Record<string, unknown>) => ({ ...subject, namespace })) }
      : {}),
  };
}

function applications(repoURL: string): KubeObject[] {
  const text = readFileSync(join(EXAMPLE, 'argocd/applications.yaml'), 'utf8');
  return manifests(
    text.replaceAll('https://git.example.com/tickets.git', repoURL).replaceAll('limit: 1', 'limit: 0'),
  );
}

function manifests(text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const object: KubeObject | null = document.toJS();
    return object === null ? [] : [object];
  });
}

function readStage(store: ObjectStore, application: string): Ledger {
  const name = ledgerName(application);
  const object = store.get({ group: '', kind: 'ConfigMap', namespace: application, name });
  const data = object?.['data'] as Record<string, string> | undefined;
  const reading = readLedger(data?.[LEDGER_KEY] ?? '');
  return reading.kind === 'ledger' ? reading.ledger : emptyLedger({ pipeline: '', stage: '', application });
}

function isOver(argocd: ArgoCd, name: string): boolean {
  const application = argocd.application(name);
  const phase = application?.status?.operationState?.phase;
  return application?.operation === undefined && phase !== 'Running' && phase !== 'Terminating';
}

function waiter(store: ObjectStore, argocd: ArgoCd): (condition: () => boolean) => Promise<void> {
  return (condition) =>
    new Promise((resolve) => {
      const stops: (() => void)[] = [];
      const look = (): void => {
        if (!condition()) return;
        for (const stop of stops.splice(0)) stop();
        resolve();
      };
      stops.push(
        store.watch(() => look()),
        argocd.onChange(() => look()),
      );
      look();
    });
}
