/** Puts the backend together from its settings: the routes on one port, the metrics on another. */
import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { trustOf } from './caller.ts';
import { createJaegerClient } from './jaeger/client.ts';
import { listen } from './listen.ts';
import type { RunningServer } from './listen.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import type { Settings } from './settings.ts';
import { createTraceStore } from './traces/store.ts';

export interface Backend {
  port: number;
  metricsPort: number;
  /** Drains as the settings say. True if every request was answered. */
  stop(): Promise<boolean>;
}

export interface BackendOptions {
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** @throws StagelineError LISTEN_FAILED */
export async function startBackend(settings: Settings, { log, now }: BackendOptions): Promise<Backend> {
  const metrics = createMetrics();
  const traces = tracesOf(settings, metrics, now);
  let draining = false;
  const app = createApp({
    trust: trustOf(settings.secrets, settings.controlPlaneNamespace),
    ...(traces ? { traces } : {}),
    ...(settings.traceLink === undefined ? {} : { traceLink: settings.traceLink }),
    metrics,
    log,
    now,
    draining: () => draining,
  });
  const main = await listen(app, settings.listen);
  const side = await orStop(main, listen(metricsHandler(metrics, log), settings.metricsListen));

  async function stop(): Promise<boolean> {
    draining = true;
    const answered = await main.stop(settings.shutdownMs);
    await side.stop(0);
    return answered;
  }

  return { port: main.port, metricsPort: side.port, stop };
}

function tracesOf(settings: Settings, metrics: Metrics, now: () => number) {
  if (settings.jaeger === undefined) return undefined;
  const source = createJaegerClient({
    address: settings.jaeger,
    timeoutMs: settings.timeoutMs,
    maxBytes: settings.maxTraceBytes,
    concurrency: settings.concurrency,
    observe: metrics.jaeger,
  });
  const store = createTraceStore({
    source,
    cacheBytes: settings.cacheBytes,
    cacheMs: settings.cacheMs,
    maxSpans: settings.maxSpans,
    now,
    observe: metrics.cache,
  });
  metrics.watchCache(store.bytes);
  return { store, source, service: settings.traceService };
}

async function orStop(first: RunningServer, second: Promise<RunningServer>): Promise<RunningServer> {
  try {
    return await second;
  } catch (error) {
    await first.stop(0);
    throw error;
  }
}

function metricsHandler({ registry }: Metrics, log: Logger): RequestListener {
  return (request, response) => {
    if (request.url !== '/metrics' || request.method !== 'GET') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
      (error: unknown) => {
        log.error({ err: error }, 'metrics failed');
        response.writeHead(500).end();
      },
    );
  };
}
