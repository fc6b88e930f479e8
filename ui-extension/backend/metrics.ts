/** The backend's own Prometheus metrics, on a registry of their own. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  registry: Registry;
  request(labels: { route: string; status: number }, seconds: number): void;
  cache(result: 'hit' | 'miss' | 'shared'): void;
  jaeger(outcome: string, seconds: number): void;
  /** `bytes` is asked for whenever the metrics are read. */
  watchCache(bytes: () => number): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'stageline_backend_request_duration_seconds',
    help: 'Requests answered, by route and status',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30],
    registers,
  });
  const lookups = new Counter({
    name: 'stageline_backend_trace_lookups_total',
    help: 'Traces asked for: kept (hit), fetched (miss), or fetched already for another request (shared)',
    labelNames: ['result'],
    registers,
  });
  const fetches = new Histogram({
    name: 'stageline_backend_jaeger_request_duration_seconds',
    help: 'Requests to Jaeger, by outcome',
    labelNames: ['outcome'],
    buckets: [0.01, 0.05, 0.25, 1, 5, 10, 30],
    registers,
  });
  return {
    registry,
    request: ({ route, status }, seconds) => requests.labels(route, String(status)).observe(seconds),
    cache: (result) => lookups.labels(result).inc(),
    jaeger: (outcome, seconds) => fetches.labels(outcome).observe(seconds),
    watchCache(bytes) {
      registry.registerMetric(cacheGauge(bytes));
    },
  };
}

function cacheGauge(bytes: () => number): Gauge {
  return new Gauge({
    name: 'stageline_backend_cache_bytes',
    help: 'Size of the traces that are kept',
    registers: [],
    collect() {
      this.set(bytes());
    },
  });
}
