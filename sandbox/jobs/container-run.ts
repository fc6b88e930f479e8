/** One container of a Pod: started, probed, restarted with growing waits, and stopped. */
import type { Container, ContainerState, ContainerStatus } from '../kube/schemas.ts';
import { prepareLaunch, type Launch, type PodPlace } from './container-start.ts';
import { cannotRunHere } from './host.ts';
import { createLogBuffer, type LogBuffer } from './log-buffer.ts';
import type { LogCopies } from './log-copies.ts';
import { canProbe, startProbe, type ProbeLoop } from './probes.ts';
import { startProcess, type Exit, type RunningProcess } from './processes.ts';
import { backoff, timestamp } from './timings.ts';
import type { Signal } from './signal.ts';

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

/** Why a container will not run again. */
export type ContainerEnd = { kind: 'ended'; exitCode: number } | { kind: 'cannot-run'; message: string };

export interface ContainerRunOptions {
  place: PodPlace;
  container: Container;
  restart: RestartPolicy;
  /** Fires when the Pod is being stopped. */
  stopping: Signal;
  /** Fires when ConfigMaps or Secrets of the namespace changed. */
  configChanged: Signal;
  copies: LogCopies;
  /** Something that the Pod's status shows has changed. */
  onChange: () => void;
  onEvent: (event: { type: 'Normal' | 'Warning'; reason: string; message: string }) => void;
}

export interface ContainerRun {
  status(): ContainerStatus;
  /** Undefined until the container was started for the first time. */
  log(previous: boolean): LogBuffer | undefined;
  /** Resolves when it will not run again. */
  done: Promise<ContainerEnd>;
  terminate(): void;
  kill(): void;
  pid(): number | undefined;
}

/** Starts running the container at once. */
export function runContainer(options: ContainerRunOptions): ContainerRun {
  return new LocalContainer(options);
}

class LocalContainer implements ContainerRun {
  readonly done: Promise<ContainerEnd>;
  readonly #options: ContainerRunOptions;
  #state: ContainerState = { waiting: { reason: 'ContainerCreating' } };
  #lastState: ContainerState = {};
  #starts = 0;
  #ready = false;
  #started = false;
  #log: LogBuffer | undefined;
  #previousLog: LogBuffer | undefined;
  #process: RunningProcess | undefined;
  #dockerName: string | undefined;
  #probes: ProbeLoop[] = [];

  constructor(options: ContainerRunOptions) {
    this.#options = options;
    this.done = this.#run();
  }

  status(): ContainerStatus {
    const { container } = this.#options;
    return {
      name: container.name,
      image: container.image ?? '',
      imageID: '',
      ready: this.#ready,
      started: this.#started,
      restartCount: Math.max(0, this.#starts - 1),
      state: this.#state,
      lastState: this.#lastState,
    };
  }

  log(previous: boolean): LogBuffer | undefined {
    return previous ? this.#previousLog : this.#log;
  }

  terminate(): void {
    this.#process?.terminate();
  }

  kill(): void {
    this.#process?.kill();
    if (this.#dockerName !== undefined && this.#process !== undefined) {
      this.#options.place.host.docker.remove(this.#dockerName);
    }
  }

  pid(): number | undefined {
    return this.#process?.pid;
  }

  async #run(): Promise<ContainerEnd> {
    const { stopping, restart, place } = this.#options;
    const { crashBackoffMs, maxCrashBackoffMs } = place.host.timings;
    for (;;) {
      if (stopping.fired) return { kind: 'ended', exitCode: 0 };
      const launch = await this.#launchable();
      if (launch === undefined) return { kind: 'ended', exitCode: 0 };
      if (launch.kind === 'cannot-run') return this.#refuse(launch.message);
      const exitCode = await this.#runOnce(launch);
      const again = restart === 'Always' || (restart === 'OnFailure' && exitCode !== 0);
      if (stopping.fired || !again) return { kind: 'ended', exitCode };
      if (this.#starts > 1) await this.#backOff(backoff(this.#starts - 1, crashBackoffMs, maxCrashBackoffMs));
    }
  }

  /** Waits until everything that the container names is there; undefined when the Pod stops before. */
  async #launchable(): Promise<Exclude<Launch, { kind: 'config-error' }> | undefined> {
    const { place, container, stopping, configChanged } = this.#options;
    for (;;) {
      const changed = configChanged.next();
      const launch = await prepareLaunch(place, container);
      if (launch.kind !== 'config-error') return launch;
      this.#state = { waiting: { reason: 'CreateContainerConfigError', message: launch.message } };
      this.#options.onEvent({ type: 'Warning', reason: 'Failed', message: `Error: ${launch.message}` });
      this.#options.onChange();
      await Promise.race([changed, stopping.next()]);
      if (stopping.fired) return undefined;
    }
  }

  async #refuse(message: string): Promise<ContainerEnd> {
    this.#state = { waiting: { reason: cannotRunHere, message } };
    this.#options.onEvent({ type: 'Warning', reason: cannotRunHere, message });
    this.#options.onChange();
    // A server's Pod stays and says why, as one does whose image cannot be pulled.
    if (this.#options.restart === 'Always') await this.#options.stopping.next();
    return { kind: 'cannot-run', message };
  }

  async #runOnce(launch: Extract<Launch, { kind: 'run' }>): Promise<number> {
    const { place, container, copies } = this.#options;
    const startedAt = timestamp(place.host.now());
    this.#previousLog = this.#log;
    const log = createLogBuffer(place.host.now, copies.writer(container.name));
    this.#log = log;
    this.#dockerName = launch.dockerName;
    this.#starts += 1;
    const process = startProcess({
      argv: launch.argv,
      env: launch.env,
      cwd: launch.cwd,
      onOutput: (chunk, stream) => log.append(chunk, stream),
    });
    this.#process = process;
    if (this.#state.terminated !== undefined) this.#lastState = this.#state;
    this.#state = { running: { startedAt } };
    this.#startProbes(process);
    this.#options.onChange();
    // A stop that came while the launch was prepared found no process to tell.
    if (this.#options.stopping.fired) process.terminate();
    const exit = await process.exited;
    this.#process = undefined;
    this.#stopProbes();
    log.end();
    const exitCode = exit.kind === 'exited' ? exit.exitCode : 128;
    this.#state = {
      terminated: { ...termination(exit, exitCode), startedAt, finishedAt: timestamp(place.host.now()) },
    };
    this.#options.onChange();
    return exitCode;
  }

  async #backOff(ms: number): Promise<void> {
    const { container, place, stopping } = this.#options;
    const { name, namespace, uid } = place.pod.metadata;
    const wait = `back-off ${Math.round(ms / 1000)}s restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
    this.#lastState = this.#state;
    this.#state = { waiting: { reason: 'CrashLoopBackOff', message: wait } };
    this.#options.onEvent({
      type: 'Warning',
      reason: 'BackOff',
      message: `Back-off restarting failed container ${container.name} in pod ${name}_${namespace}(${uid})`,
    });
    this.#options.onChange();
    await stopping.within(ms);
  }

  #startProbes(process: RunningProcess): void {
    const { startupProbe } = this.#options.container;
    if (startupProbe === undefined || !this.#canProbe(startupProbe)) {
      this.#afterStartup(process);
      return;
    }
    this.#probe(startupProbe, true, (healthy) => {
      if (healthy) {
        this.#stopProbes();
        this.#afterStartup(process);
        this.#options.onChange();
      }
    });
  }

  #afterStartup(process: RunningProcess): void {
    const { readinessProbe, livenessProbe } = this.#options.container;
    this.#started = true;
    if (readinessProbe === undefined || !this.#canProbe(readinessProbe)) this.#ready = true;
    else {
      this.#probe(readinessProbe, true, (healthy) => {
        this.#ready = healthy;
        this.#options.onChange();
      });
    }
    if (livenessProbe === undefined || !this.#canProbe(livenessProbe)) return;
    this.#probe(livenessProbe, false, (healthy) => {
      if (healthy) return;
      const message = `Container ${this.#options.container.name} failed liveness probe, will be restarted`;
      this.#options.onEvent({ type: 'Normal', reason: 'Killing', message });
      process.terminate();
      const graceMs = (this.#options.place.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
      const killer = setTimeout(() => process.kill(), graceMs);
      void process.exited.then(() => clearTimeout(killer));
    });
  }

  #probe(
    probe: NonNullable<Container['readinessProbe']>,
    eager: boolean,
    onChange: (healthy: boolean) => void,
  ): void {
    const target = { container: this.#options.container, ports: this.#options.place.ports };
    this.#probes.push(startProbe(probe, target, { eager, onChange }));
  }

  #canProbe(probe: NonNullable<Container['readinessProbe']>): boolean {
    if (canProbe(probe)) return true;
    const message = 'the stand-in cluster has no exec and grpc probes: this one counts as passed';
    this.#options.onEvent({ type: 'Warning', reason: 'ProbeWarning', message });
    return false;
  }

  #stopProbes(): void {
    for (const probe of this.#probes) probe.stop();
    this.#probes = [];
    this.#ready = false;
    this.#started = false;
  }
}

function termination(
  exit: Exit,
  exitCode: number,
): { exitCode: number; reason: string; signal?: number; message?: string } {
  if (exit.kind === 'not-started') return { exitCode, reason: 'StartError', message: exit.message };
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return { exitCode, reason, ...(exit.signal === 0 ? {} : { signal: exit.signal }) };
}
