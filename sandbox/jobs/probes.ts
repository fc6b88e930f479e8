/** Readiness, liveness and startup probes of containers that run as local processes. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { containerPort } from './ports.ts';
import type { Container, Probe } from '../kube/schemas.ts';

/** How often a container that is not ready yet is asked: a laptop's services start faster than a cluster's. */
const eagerMs = 100;

export interface ProbeTarget {
  container: Container;
  ports: ReadonlyMap<number, number>;
}

/** Whether one probe succeeds now; a kind of probe that does not run here counts as success. */
export async function probeOnce(probe: Probe, target: ProbeTarget): Promise<boolean> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet !== undefined) {
    const { path = '/', port, httpHeaders = [] } = probe.httpGet;
    const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
    return httpAnswers({ port: localPort(port, target), path, headers, timeoutMs });
  }
  if (probe.tcpSocket !== undefined) return tcpAnswers(localPort(probe.tcpSocket.port, target), timeoutMs);
  return true;
}

/** Whether the stand-in can carry out this kind of probe. */
export function canProbe(probe: Probe): boolean {
  return probe.httpGet !== undefined || probe.tcpSocket !== undefined;
}

export interface ProbeLoop {
  stop(): void;
}

/**
 * Probes again and again and tells each change: true after `successThreshold` successes, false after
 * `failureThreshold` failures in a row. Until the first success it asks every 100 ms if `eager`.
 */
export function startProbe(
  probe: Probe,
  target: ProbeTarget,
  options: { eager: boolean; onChange: (healthy: boolean) => void },
): ProbeLoop {
  const periodMs = (probe.periodSeconds ?? 10) * 1000;
  let stopped = false;
  let healthy: boolean | undefined;
  let streak = { success: false, count: 0 };
  let timer: NodeJS.Timeout | undefined;

  async function tick(): Promise<void> {
    const success = await probeOnce(probe, target);
    if (stopped) return;
    streak = { success, count: success === streak.success ? streak.count + 1 : 1 };
    const enough = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (streak.count >= enough && healthy !== success) {
      healthy = success;
      options.onChange(success);
    }
    if (!stopped)
      timer = setTimeout(() => void tick(), options.eager && healthy !== true ? eagerMs : periodMs);
  }

  timer = setTimeout(
    () => void tick(),
    options.eager ? 0 : (probe.initialDelaySeconds ?? 0) * 1000 + periodMs,
  );
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function localPort(port: number | string, { container, ports }: ProbeTarget): number {
  const declared = containerPort([container], port);
  return ports.get(declared ?? Number(port)) ?? 0;
}

function httpAnswers(options: {
  port: number;
  path: string;
  headers: Record<string, string>;
  timeoutMs: number;
}): Promise<boolean> {
  const { port, path, headers, timeoutMs } = options;
  return new Promise((resolve) => {
    const call = request(
      { host: '127.0.0.1', port, path, headers, agent: false, timeout: timeoutMs },
      (response) => {
        response.resume();
        const code = response.statusCode ?? 0;
        resolve(code >= 200 && code < 400);
      },
    );
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.on('close', () => resolve(false));
    call.end();
  });
}

function tcpAnswers(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs });
    const answer = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}
