/** Starts what makes the stand-in cluster live: Jobs, Deployments and Pods become local processes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeApi, LogLine, ObjectStore, PodLogSource } from '../kube/index.ts';
import { podSchema } from '../kube/schemas.ts';
import { startDeploymentController } from './deployment-controller.ts';
import { createDocker } from './docker.ts';
import { podKind, type Host, type ProxyAddress } from './host.ts';
import { startJobController } from './job-controller.ts';
import { startKubelet } from './kubelet.ts';
import { startNamespaceController } from './namespace-controller.ts';
import type { Programs } from './programs.ts';
import { startReplicaSetController } from './replicaset-controller.ts';
import { kubernetesTimings, type Timings } from './timings.ts';

export interface ControllersOptions {
  store: ObjectStore;
  programs: Programs;
  /** Gives Pods their kubeconfig, and gets their logs to serve. */
  kubeApi?: Pick<KubeApi, 'kubeconfig' | 'token' | 'setPodLogs'>;
  /** What processes get as HTTP_PROXY; `startServiceProxy` can set it later. */
  proxyUrl?: ProxyAddress;
  logsDir?: string;
  /** Shorter waits than Kubernetes' own. */
  timings?: Partial<Timings>;
  /** The Docker client to ask for images without a local program. */
  docker?: string;
  now?: () => Date;
  /** Faults of the stand-in itself; written to stderr unless told. */
  onError?: (error: unknown) => void;
}

export interface Controllers {
  /** The log of a Pod's container (its only or first one unless named); undefined before it starts and once the Pod is gone. */
  podLog(namespace: string, pod: string, container?: string): readonly LogLine[] | undefined;
  /** The same for servers of logs, with following. */
  podLogs: PodLogSource;
  /** The processes that run now. */
  processes(): { namespace: string; pod: string; pid: number }[];
  /** Processes started from now on get this as their HTTP proxy. */
  useProxy(proxy: ProxyAddress): void;
  /** Ends every process and removes every file. */
  close(): Promise<void>;
}

/** Begins to run what the store holds and what comes into it. */
export async function startControllers(options: ControllersOptions): Promise<Controllers> {
  const { store, kubeApi } = options;
  const root = await mkdtemp(join(tmpdir(), 'stageline-sandbox-'));
  const host: Host = {
    store,
    programs: options.programs,
    docker: createDocker(options.docker),
    kubeApi,
    proxy: options.proxyUrl,
    logsDir: options.logsDir,
    root,
    timings: { ...kubernetesTimings, ...options.timings },
    now: options.now ?? (() => new Date()),
    onError: options.onError ?? reportError,
  };
  const removeRoot = () => rmSync(root, { recursive: true, force: true });
  process.on('exit', removeRoot);
  const controllers = [
    startNamespaceController(host),
    startJobController(host),
    startDeploymentController(host),
    startReplicaSetController(host),
  ];
  const kubelet = startKubelet(host);
  const podLogs: PodLogSource = { open: kubelet.log };
  kubeApi?.setPodLogs(podLogs);
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    for (const controller of controllers) controller.close();
    await kubelet.close();
    await rm(root, { recursive: true, force: true });
    process.off('exit', removeRoot);
  }

  return {
    podLogs,
    processes: kubelet.processes,
    podLog(namespace, name, container) {
      const found = store.get({ ...podKind, namespace, name });
      if (found === undefined) return undefined;
      const named = container ?? podSchema.parse(found).spec.containers?.[0]?.name ?? '';
      return kubelet.log({ namespace, name }, named, false)?.lines();
    },
    useProxy(proxy) {
      host.proxy = proxy;
    },
    close: () => (closing ??= close()),
  };
}

function reportError(error: unknown): void {
  process.stderr.write(
    `stageline sandbox: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
}
