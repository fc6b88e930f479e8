/** One Pod on the stand-in's only node: its folder, its containers, its status, its end. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerLog } from '../kube/index.ts';
import { podSchema, type Container, type ContainerStatus, type Pod } from '../kube/schemas.ts';
import { recordEvent, type ClusterEvent } from './cluster-events.ts';
import { runContainer, type ContainerEnd, type ContainerRun, type RestartPolicy } from './container-run.ts';
import type { PodPlace } from './container-start.ts';
import { podKind, type Host } from './host.ts';
import { createLogCopies, type LogCopies } from './log-copies.ts';
import { writeVolumes } from './pod-files.ts';
import { podStatus, type PodEnd } from './pod-status.ts';
import { freePort, portsAnnotation, releasePorts } from './ports.ts';
import { createSignal } from './signal.ts';
import { timestamp } from './timings.ts';

/** The name of the stand-in's node. */
export const nodeName = 'laptop';

export class PodRun {
  readonly #host: Host;
  readonly #uid: string;
  readonly #stopping = createSignal('once');
  readonly #configChanged = createSignal('each');
  readonly #containers = new Map<string, ContainerRun>();
  readonly #ports = new Map<number, number>();
  readonly #copies: LogCopies;
  readonly #finished: Promise<void>;
  #pod: Pod;
  #startTime: string | undefined;
  #end: PodEnd | undefined;
  #killer: NodeJS.Timeout | undefined;
  #killAt = Infinity;
  /** No container runs any more, and none will. */
  #over = false;

  constructor(host: Host, pod: Pod) {
    this.#host = host;
    this.#pod = pod;
    this.#uid = pod.metadata.uid ?? '';
    this.#copies = createLogCopies(host.logsDir, pod);
    this.#finished = this.#run().catch(host.onError);
  }

  /** ConfigMaps or Secrets of the namespace changed: what waits for one looks again. */
  configChanged(): void {
    this.#configChanged.fire();
  }

  log(container: string, previous: boolean): ContainerLog | undefined {
    return this.#containers.get(container)?.log(previous);
  }

  pids(): number[] {
    return [...this.#containers.values()].flatMap((container) => container.pid() ?? []);
  }

  /** SIGTERM now, SIGKILL when the grace has passed; then the Pod goes from the store. A later call can only shorten it. */
  stop(graceMs: number): void {
    if (!this.#stopping.fired) for (const container of this.#containers.values()) container.terminate();
    this.#stopping.fire();
    const killAt = performance.now() + graceMs;
    if (killAt >= this.#killAt || this.#over) return;
    this.#killAt = killAt;
    clearTimeout(this.#killer);
    this.#killer = setTimeout(() => this.kill(), graceMs);
  }

  kill(): void {
    this.#stopping.fire();
    for (const container of this.#containers.values()) container.kill();
  }

  /** Resolves when no process is left and the folder is gone. */
  async finished(): Promise<void> {
    await this.#finished;
  }

  async #run(): Promise<void> {
    try {
      await this.#bind();
      this.#end = await this.#runContainers();
    } finally {
      this.#over = true;
      clearTimeout(this.#killer);
      releasePorts(this.#ports.values());
      await this.#copies.close();
      await rm(this.#folder(), { recursive: true, force: true });
    }
    this.#publish();
    // A finished Pod stays, with its logs, until it is deleted.
    await this.#stopping.next();
    this.#removeFromStore();
  }

  async #bind(): Promise<void> {
    for (const port of declaredPorts(this.#pod)) this.#ports.set(port, await freePort());
    const live = this.#live();
    if (live === undefined) return;
    const annotations = { ...live.metadata.annotations };
    if (this.#ports.size > 0) annotations[portsAnnotation] = JSON.stringify(Object.fromEntries(this.#ports));
    const bound = { ...live, metadata: { ...live.metadata, annotations }, spec: { ...live.spec, nodeName } };
    this.#pod = podSchema.parse(this.#host.store.update(bound));
    this.#startTime = timestamp(this.#host.now());
    this.#publish();
  }

  async #runContainers(): Promise<PodEnd> {
    const place = await this.#makePlace();
    if (place === undefined) return { kind: 'ended', ends: [] };
    const restart = restartPolicy(this.#pod);
    for (const container of this.#pod.spec.initContainers ?? []) {
      const end = await this.#start(place, container, restart === 'Never' ? 'Never' : 'OnFailure').done;
      if (this.#stopping.fired || !succeeded(end)) return { kind: 'ended', ends: [end] };
    }
    const runs = (this.#pod.spec.containers ?? []).map((container) => this.#start(place, container, restart));
    this.#publish();
    return { kind: 'ended', ends: await Promise.all(runs.map(({ done }) => done)) };
  }

  #start(place: PodPlace, container: Container, restart: RestartPolicy): ContainerRun {
    const run = runContainer({
      place,
      container,
      restart,
      stopping: this.#stopping,
      configChanged: this.#configChanged,
      copies: this.#copies,
      onChange: () => this.#publish(),
      onEvent: (event) => this.#event({ ...event, component: 'kubelet' }),
    });
    this.#containers.set(container.name, run);
    return run;
  }

  /** The Pod's folder with all volumes, as soon as what they name is there; undefined when the Pod stops before. */
  async #makePlace(): Promise<PodPlace | undefined> {
    const folder = this.#folder();
    await Promise.all(
      ['home', 'tmp', 'volumes'].map((name) => mkdir(join(folder, name), { recursive: true })),
    );
    const { namespace = '' } = this.#pod.metadata;
    const account = { namespace, name: this.#pod.spec.serviceAccountName ?? 'default' };
    const api = this.#host.kubeApi;
    const kubeconfig = api !== undefined && mountsToken(this.#host, this.#pod);
    if (kubeconfig) await writeFile(join(folder, 'kubeconfig'), api.kubeconfig(account), { mode: 0o600 });
    const proxy = this.#host.proxy;
    const proxyUrl = typeof proxy === 'function' ? await proxy(namespace) : proxy;
    const token = api?.token(account);
    for (;;) {
      if (this.#stopping.fired) return undefined;
      const { store } = this.#host;
      const changed = this.#configChanged.next();
      const volumes = await writeVolumes({ store, pod: this.#pod, folder, token });
      if ('written' in volumes) break;
      const message = `MountVolume.SetUp failed: ${volumes.problem}`;
      this.#event({ type: 'Warning', reason: 'FailedMount', message, component: 'kubelet' });
      await Promise.race([changed, this.#stopping.next()]);
    }
    return { host: this.#host, pod: this.#pod, folder, ports: this.#ports, proxyUrl, kubeconfig };
  }

  #publish(): void {
    const live = this.#live();
    if (live === undefined) return;
    const status = podStatus({
      pod: live,
      now: this.#host.now(),
      startTime: this.#startTime,
      init: this.#statuses(this.#pod.spec.initContainers),
      main: this.#statuses(this.#pod.spec.containers),
      end: this.#end,
    });
    this.#host.store.updateStatus({ ...live, status });
  }

  #statuses(containers: readonly Container[] | undefined): ContainerStatus[] {
    return (containers ?? []).map(
      (container) =>
        this.#containers.get(container.name)?.status() ?? notStarted(container, 'PodInitializing'),
    );
  }

  #live(): Pod | undefined {
    const { name, namespace } = this.#pod.metadata;
    const live = this.#host.store.get({
      ...podKind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    });
    return live?.metadata.uid === this.#uid ? podSchema.parse(live) : undefined;
  }

  #removeFromStore(): void {
    const live = this.#live();
    if (live?.metadata.deletionTimestamp === undefined) return;
    const { name, namespace } = live.metadata;
    const ref = { ...podKind, name, ...(namespace === undefined ? {} : { namespace }) };
    this.#host.store.delete(ref, { gracePeriodSeconds: 0 });
  }

  #event(event: ClusterEvent): void {
    recordEvent(this.#host.store, this.#host.now, this.#pod, event);
  }

  #folder(): string {
    return join(this.#host.root, this.#uid);
  }
}

function succeeded(end: ContainerEnd): boolean {
  return end.kind === 'ended' && end.exitCode === 0;
}

function restartPolicy(pod: Pod): RestartPolicy {
  const policy = pod.spec.restartPolicy;
  return policy === 'Never' || policy === 'OnFailure' ? policy : 'Always';
}

function declaredPorts(pod: Pod): number[] {
  return (pod.spec.containers ?? []).flatMap(({ ports }) =>
    (ports ?? []).map(({ containerPort }) => containerPort),
  );
}

/** Pods get their token unless they, or their service account, say no. */
function mountsToken(host: Host, pod: Pod): boolean {
  const own = pod.spec.automountServiceAccountToken;
  if (own !== undefined) return own;
  const { namespace = '' } = pod.metadata;
  const name = pod.spec.serviceAccountName ?? 'default';
  const account = host.store.get({ group: '', kind: 'ServiceAccount', namespace, name });
  return account?.['automountServiceAccountToken'] !== false;
}

function notStarted(container: Container, reason: string): ContainerStatus {
  const state = { waiting: { reason } };
  const image = container.image ?? '';
  return {
    name: container.name,
    image,
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state,
    lastState: {},
  };
}
