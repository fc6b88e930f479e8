/**
 * Everything that the demo needs on this machine: Git, a cluster, Argo CD (stand-ins, all three but Git itself)
 * and an OTLP receiver, with an example's applications in them: the shop's, unless told otherwise.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { readLedger } from '../../core/ledger/read.ts';
import { LEDGER_KEY, type Ledger } from '../../core/ledger/types.ts';
import { ledgerName } from '../../core/names.ts';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import type { Pipeline } from '../../core/pipeline/schema.ts';
import { startArgoCd, type ArgoCd } from '../argocd/index.ts';
import { startGitServer } from '../git/server.ts';
import { startControllers, startServiceProxy, type Controllers, type Programs } from '../jobs/index.ts';
import { createObjectStore, startKubeApi } from '../kube/index.ts';
import type { KubeObject, ObjectStore } from '../kube/types.ts';
import { jaegerUpload, startOtlpReceiver, type OtlpReceiver } from '../otlp/index.ts';
import { hookPrograms, shopPrograms } from './programs.ts';
import { createShopRepository, type ShopRepository } from './repository.ts';

export interface World {
  argocd: ArgoCd;
  controllers: Controllers;
  store: ObjectStore;
  /** Holds the repository, the clone and what `save` writes. */
  directory: string;
  repository: ShopRepository;
  pipeline: Pipeline;
  receiver: OtlpReceiver;
  /** For commands at a terminal: an admin's, or a ServiceAccount's. */
  kubeconfig(user?: { namespace: string; name: string }): string;
  ledgers(): Map<string, Ledger>;
  /** Writes ledgers and traces into the folder, for those who keep it. */
  save(): void;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Root of this repository. */
  root: string;
  directory: string;
  log: (line: string) => void;
  /** What is delivered; default the shop of examples/shop. */
  example?: WorldExample;
}

/** An example GitOps repository and what stands around it. */
export interface WorldExample {
  /** Its folder, with `stageline.yaml` at the top. */
  folder: string;
  /** Its Applications; the address of their repository is filled in. */
  applications: KubeObject[];
  /** What is in the cluster before them. */
  platform: KubeObject[];
  /** Its images. */
  programs: Programs;
}

const HOOK_IMAGE = 'ghcr.io/stageline/stageline:sandbox';
const GIT_USER = { name: 'stageline', token: 'sandbox-token' };

/** Starts it all. What was started is stopped again if a later part fails. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { root, directory } = options;
  const example = options.example ?? shop(root);
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    mkdirSync(directory, { recursive: true });
    const repository = await createShopRepository(directory, example.folder);
    const running: { argocd?: ArgoCd } = {};
    const gitServer = await startGitServer({
      root: directory,
      users: { [GIT_USER.name]: GIT_USER.token },
      onPush: () => running.argocd?.webhook(),
    });
    closers.push(() => gitServer.close());
    const forwardTo = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    const receiver = await startOtlpReceiver({
      directory: path.join(directory, 'otlp'),
      ...(forwardTo ? { forwardTo } : {}),
      onForwardError: (reason) => options.log(`traces do not reach OTEL_EXPORTER_OTLP_ENDPOINT: ${reason}`),
    });
    closers.push(() => receiver.close());

    const store = createObjectStore({ now: () => new Date() });
    const kubeApi = await startKubeApi({ store });
    closers.push(() => kubeApi.close());
    const hooks = hookPrograms({ root, node: process.execPath, hookImage: HOOK_IMAGE });
    const controllers = await startControllers({
      store,
      kubeApi,
      programs: { match: (image) => hooks.match(image) ?? example.programs.match(image) },
    });
    closers.push(() => controllers.close());
    const proxy = await startServiceProxy({ store, controllers });
    closers.push(() => proxy.close());
    seed(store, root, example);

    const pipeline = parsePipeline(
      readFileSync(path.join(example.folder, 'stageline.yaml'), 'utf8'),
      'stageline.yaml',
    ).pipeline;
    const argocd = await startArgoCd({
      store,
      applications: example.applications.map((raw) => fromRepository(raw, `${gitServer.url}/shop.git`)),
      plugin: {
        command: ['bash', path.join(root, 'cmp/generate.sh'), path.join(root, 'dist/cmp.cjs')],
        env: pluginEnvironment(root, receiver.url),
      },
      workDir: path.join(directory, 'argocd'),
      intervals: {
        pollMs: 1000,
        waveDelayMs: 50,
        retryBackoff: { duration: '500ms', factor: 2, maxDuration: '2s' },
      },
      jobHealthOverride: true,
    });
    running.argocd = argocd;
    closers.push(() => argocd.close());
    const ledgers = (): Map<string, Ledger> => readLedgers(store, example);
    return {
      argocd,
      controllers,
      store,
      directory,
      repository,
      pipeline,
      receiver,
      kubeconfig: (user) => kubeApi.kubeconfig(user),
      ledgers,
      save: () => save(directory, { ledgers: ledgers(), receiver }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function pluginEnvironment(root: string, otlpUrl: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    STAGELINE_HELM: tool(root, 'helm'),
    STAGELINE_KUBECTL: tool(root, 'kubectl'),
    STAGELINE_HOOK_IMAGE: HOOK_IMAGE,
    STAGELINE_HOOK_ENV_OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
  };
}

/** The program that `npm run` has unpacked, where there is one for this machine; else the one on PATH. */
function tool(root: string, name: string): string {
  const unpacked = path.join(root, 'node_modules/.cache/stageline/bin', name);
  return existsSync(unpacked) ? unpacked : name;
}

function shop(root: string): WorldExample {
  const folder = path.join(root, 'examples/shop');
  return {
    folder,
    applications: manifests(path.join(folder, 'argocd/applications.yaml')),
    platform: manifests(path.join(folder, 'platform/status.yaml')),
    programs: shopPrograms({ root, node: process.execPath }),
  };
}

/** What an admin installs before: namespaces, the hooks' rights, the Git secret, the platform's own services. */
function seed(store: ObjectStore, root: string, example: WorldExample): void {
  const stages = new Set(example.applications.map(namespaceOf));
  for (const name of ['argocd', 'default', ...stages]) {
    store.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const object of example.platform) store.apply(object);
  const rights = readdirSync(path.join(root, 'manifests/hooks'))
    .filter((file) => file !== 'kustomization.yaml')
    .flatMap((file) => manifests(path.join(root, 'manifests/hooks', file)));
  for (const namespace of stages) {
    for (const object of rights) store.apply(inNamespace(object, namespace));
    const stringData = { username: GIT_USER.name, token: GIT_USER.token };
    const data = Object.fromEntries(
      Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    );
    store.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'stageline-git', namespace },
      type: 'Opaque',
      data,
    });
  }
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  const subjects = Array.isArray(object['subjects'])
    ? { subjects: object['subjects'].map((subject: Record<string, unknown>) => ({ ...subject, namespace })) }
    : {};
  return { ...object, metadata: { ...object.metadata, namespace }, ...subjects };
}

function fromRepository(application: KubeObject, repoURL: string): KubeObject {
  const spec = application['spec'] as { source: Record<string, unknown> };
  return { ...application, spec: { ...spec, source: { ...spec.source, repoURL } } };
}

/** Where an Application delivers to. */
function namespaceOf(application: KubeObject): string {
  return (application['spec'] as { destination: { namespace: string } }).destination.namespace;
}

function manifests(file: string): KubeObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap((document) => {
    const object: unknown = document.toJS();
    return object === null || object === undefined ? [] : [object as KubeObject];
  });
}

function readLedgers(store: ObjectStore, example: WorldExample): Map<string, Ledger> {
  const ledgers = new Map<string, Ledger>();
  for (const raw of example.applications) {
    const application = raw.metadata.name;
    const object = store.get({
      group: '',
      kind: 'ConfigMap',
      namespace: namespaceOf(raw),
      name: ledgerName(application),
    });
    const data = object?.['data'] as Record<string, string> | undefined;
    const reading = readLedger(data?.[LEDGER_KEY] ?? '');
    if (reading.kind === 'ledger') ledgers.set(application, reading.ledger);
  }
  return ledgers;
}

function save(directory: string, what: { ledgers: Map<string, Ledger>; receiver: OtlpReceiver }): void {
  for (const folder of ['ledgers', 'traces']) mkdirSync(path.join(directory, folder), { recursive: true });
  for (const [application, ledger] of what.ledgers) {
    writeFileSync(
      path.join(directory, 'ledgers', `${application}.json`),
      `${JSON.stringify(ledger, null, 2)}\n`,
    );
  }
  writeFileSync(
    path.join(directory, 'traces/jaeger.json'),
    `${JSON.stringify(jaegerUpload(what.receiver.spans()))}\n`,
  );
}
