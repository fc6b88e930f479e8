/**
 * The backend under load: requests a second for a cached trace of 100 spans, as a browser asks for it, and memory.
 * The backend is a process of its own with one thread, so one core; a stand-in plays Jaeger's query API. Runs
 * dist/backend.cjs if it is built. Prints one JSON document; ends with 1 if a target is missed.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { GOOD_HEADERS, SECRET, call } from '../../ui-extension/backend/testing/harness.ts';
import { startJaegerStandIn } from '../../ui-extension/backend/testing/jaeger-stand-in.ts';
import { TRACE, deliveryTrace } from '../../ui-extension/backend/testing/spans.ts';

const ROUNDS = 9;
const SECONDS = 2;
const TARGETS = { requestsPerSecond: 1500, memoryMB: 150 };

const root = path.resolve(import.meta.dirname, '../..');
const bundle = path.join(root, 'dist/backend.cjs');
const program = existsSync(bundle) ? bundle : path.join(root, 'ui-extension/backend/main.ts');

interface Ports {
  port: number;
  metricsPort: number;
}

function startBackend(jaeger: string) {
  const child = spawn(process.execPath, ['--max-old-space-size=128', '--max-semi-space-size=4', program], {
    env: {
      STAGELINE_BACKEND_SECRET: SECRET,
      STAGELINE_BACKEND_LISTEN: '127.0.0.1:0',
      STAGELINE_BACKEND_METRICS_LISTEN: '127.0.0.1:0',
      STAGELINE_BACKEND_JAEGER_URL: jaeger,
      STAGELINE_BACKEND_CACHE_SECONDS: '3600',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ports = new Promise<Ports>((resolve, reject) => {
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) resolve(JSON.parse(output.split('\n')[0] ?? ''));
    });
    void ended.then(() => reject(new Error(`the backend ended: ${output}`)));
  });
  return { child, ended, ports };
}

async function metrics(metricsPort: number, names: readonly string[]): Promise<number[]> {
  const { text } = await call(metricsPort, '/metrics');
  return names.map((name) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]));
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

interface Fired {
  requests: { total: number };
  latency: { p99: number };
  /** Seconds. */
  duration: number;
  non2xx: number;
  errors: number;
}

/** autocannon in a process of its own, so that it takes no time from the stand-in. */
async function fire(url: string): Promise<Fired> {
  const headers = [...GOOD_HEADERS, 'Accept-Encoding', 'gzip'];
  const flags = headers.flatMap((name, index) =>
    index % 2 === 0 ? ['--headers', `${name}=${headers[index + 1] ?? ''}`] : [],
  );
  const { stdout } = await promisify(execFile)(process.execPath, [
    path.join(root, 'node_modules/autocannon/autocannon.js'),
    '--json',
    '--connections',
    '10',
    '--duration',
    String(SECONDS),
    ...flags,
    url,
  ]);
  return JSON.parse(stdout);
}

async function round({ port, metricsPort }: Ports) {
  const [before = 0] = await metrics(metricsPort, ['process_cpu_seconds_total']);
  const result = await fire(`http://127.0.0.1:${port}/v1/traces/${TRACE}`);
  const [after = 0, memory = 0] = await metrics(metricsPort, [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
  ]);
  if (result.non2xx > 0 || result.errors > 0) throw new Error('not every request was answered with 200');
  return {
    perSecond: result.requests.total / result.duration,
    perCpuSecond: result.requests.total / (after - before),
    p99: result.latency.p99,
    memoryMB: memory / 1e6,
  };
}

const jaeger = await startJaegerStandIn();
jaeger.traces.set(TRACE, deliveryTrace('shop-dev', { count: 100 }));
const backend = startBackend(jaeger.address);
try {
  const ports = await backend.ports;
  const [idle = 0] = await metrics(ports.metricsPort, ['process_resident_memory_bytes']);
  const trace = await call(ports.port, `/v1/traces/${TRACE}`);
  const rounds = [];
  for (let index = 0; index < ROUNDS; index += 1) rounds.push(await round(ports));
  const requestsPerSecond = Math.round(median(rounds.map(({ perSecond }) => perSecond)));
  const memoryMB = Math.round(Math.max(...rounds.map((one) => one.memoryMB)));
  const ok =
    requestsPerSecond >= TARGETS.requestsPerSecond &&
    memoryMB < TARGETS.memoryMB &&
    jaeger.requests.length === 1;
  const figures = {
    requestsPerSecond,
    requestsPerCpuSecond: Math.round(median(rounds.map(({ perCpuSecond }) => perCpuSecond))),
    latencyP99Ms: median(rounds.map(({ p99 }) => p99)),
    memoryMB,
    idleMemoryMB: Math.round(idle / 1e6),
    answerBytes: trace.bytes.length,
    requestsToJaeger: jaeger.requests.length,
  };
  const document = {
    bench: 'backend',
    program: path.relative(root, program),
    rounds: ROUNDS,
    figures,
    targets: TARGETS,
    ok,
  };
  console.log(JSON.stringify(document, undefined, 2));
  process.exitCode = ok ? 0 : 1;
} finally {
  backend.child.kill('SIGTERM');
  await backend.ended;
  await jaeger.stop();
}
