/** The real process: started with an environment, stopped by signals, bounded in memory. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { GOOD_HEADERS, SECRET, call } from './testing/harness.ts';
import { startJaegerStandIn } from './testing/jaeger-stand-in.ts';
import type { JaegerStandIn } from './testing/jaeger-stand-in.ts';
import { TRACE, deliveryTrace, tracesData } from './testing/spans.ts';

const MAIN = path.join(import.meta.dirname, 'main.ts');

interface Running {
  child: ChildProcess;
  port: number;
  metricsPort: number;
  /** Resolves when a line with this text was logged. */
  says(text: string): Promise<void>;
  exit: Promise<number | null>;
}

const open: { kill(): void }[] = [];
let jaeger: JaegerStandIn | undefined;
afterEach(async () => {
  for (const one of open.splice(0)) one.kill();
  await jaeger?.stop();
  jaeger = undefined;
});

function run(env: Record<string, string>, flags: string[] = []) {
  const child = spawn(process.execPath, [...flags, MAIN], {
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [`STAGELINE_BACKEND_${name}`, value])),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  open.push({ kill: () => child.kill('SIGKILL') });
  let output = '';
  const waiting = new Set<() => void>();
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    for (const check of waiting) check();
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (output.includes(text)) resolve();
      };
      waiting.add(check);
      check();
      void exit.then(() => reject(new Error(`it ended without "${text}": ${output}`)));
    });
  return { child, says, exit, output: () => output };
}

async function start(env: Record<string, string> = {}, flags: string[] = []): Promise<Running> {
  const free = { LISTEN: '127.0.0.1:0', METRICS_LISTEN: '127.0.0.1:0' };
  const { child, says, exit, output } = run({ SECRET, ...free, ...env }, flags);
  await says('"listening"');
  const line: { port: number; metricsPort: number } = JSON.parse(output().split('\n')[0] ?? '');
  return { child, says, exit, port: line.port, metricsPort: line.metricsPort };
}

/** A trace store that answers when it is told to. */
async function heldJaeger(): Promise<{ address: string; asked: Promise<void>; release: () => void }> {
  const standIn = await startJaegerStandIn();
  jaeger = standIn;
  const asked = Promise.withResolvers<void>();
  const held: (() => void)[] = [];
  const body = JSON.stringify({ result: tracesData(deliveryTrace('shop-dev', { count: 3 })) });
  standIn.answer = (_, response) => {
    held.push(() => void response.end(body));
    asked.resolve();
  };
  return {
    address: standIn.address,
    asked: asked.promise,
    release: () => held.forEach((answer) => answer()),
  };
}

describe('the process', () => {
  it('says in one line what is wrong with its settings, and ends', async () => {
    const { exit, output } = run({ SECRET, LISTEN: 'everywhere' });
    expect(await exit).toBe(1);
    expect(output()).toMatch(/^stageline: SETTING_INVALID: STAGELINE_BACKEND_LISTEN must be [^\n]+\n$/);
    expect(output()).not.toContain(SECRET);
  });

  it('says so when its port is taken', async () => {
    const first = await start();
    const second = run({ SECRET, LISTEN: '127.0.0.1:0', METRICS_LISTEN: `127.0.0.1:${first.port}` });
    expect(await second.exit).toBe(1);
    expect(second.output()).toContain('stageline: LISTEN_FAILED:');
  });

  it('finishes what it was asked before SIGTERM, takes nothing new, and ends with 0', async () => {
    const held = await heldJaeger();
    const running = await start({ JAEGER_URL: held.address });
    // An idle connection, as Argo CD keeps them, must not hold up the end.
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve) => {
      request({ agent, host: '127.0.0.1', port: running.port, path: '/readyz' }, (response) =>
        response.resume().on('end', resolve),
      ).end();
    });
    const asked = call(running.port, `/v1/traces/${TRACE}`);
    await held.asked;
    running.child.kill('SIGTERM');
    await running.says('"draining"');
    await expect(call(running.port, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    held.release();
    const answer = await asked;
    expect([answer.status, JSON.parse(answer.text).spanCount]).toEqual([200, 3]);
    expect(await running.exit).toBe(0);
    await running.says('"answered":true');
    agent.destroy();
  });

  it('cuts off what takes longer than it may, and still ends with 0', async () => {
    const held = await heldJaeger();
    const running = await start({ JAEGER_URL: held.address, SHUTDOWN_SECONDS: '0' });
    const asked = call(running.port, `/v1/traces/${TRACE}`);
    const cut = expect(asked).rejects.toMatchObject({ code: 'ECONNRESET' });
    await held.asked;
    running.child.kill('SIGTERM');
    await cut;
    expect(await running.exit).toBe(0);
    await running.says('"answered":false');
  });

  it('tells a connection that it keeps to go away while it drains', async () => {
    const held = await heldJaeger();
    const running = await start({ JAEGER_URL: held.address });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answers: Promise<[number | undefined, string | undefined]>[] = [
      '/healthz',
      `/v1/traces/${TRACE}`,
    ].map(
      (route) =>
        new Promise((resolve, reject) => {
          request(
            {
              agent,
              host: '127.0.0.1',
              port: running.port,
              path: route,
              headers: ['Host', 'x', ...GOOD_HEADERS],
            },
            (response) =>
              response.resume().on('end', () => resolve([response.statusCode, response.headers.connection])),
          )
            .on('error', reject)
            .end();
        }),
    );
    await held.asked;
    running.child.kill('SIGTERM');
    await running.says('"draining"');
    held.release();
    expect(await Promise.all(answers)).toEqual([
      [200, 'keep-alive'],
      [200, 'close'],
    ]);
    expect(await running.exit).toBe(0);
    agent.destroy();
  });

  it('is bounded in memory when many traces are as large as they may be', async () => {
    const standIn = await startJaegerStandIn();
    jaeger = standIn;
    const whole = JSON.stringify({ result: tracesData(deliveryTrace('shop-dev', { count: 7000 })) });
    expect(whole.length).toBeGreaterThan(7_000_000);
    standIn.answer = (incoming, response) => {
      const id = /[0-9a-f]{32}/.exec(incoming.url ?? '')?.[0] ?? TRACE;
      response.end(whole.replaceAll(TRACE, id));
    };
    // The heap's bounds are those of docs/backend.md: beyond them the process would end.
    const running = await start({ JAEGER_URL: standIn.address, TIMEOUT_SECONDS: '60' }, [
      '--max-old-space-size=128',
      '--max-semi-space-size=4',
    ]);
    const idle = await metricOf(running, 'process_resident_memory_bytes');
    const ids = Array.from({ length: 8 }, (_, index) => (index + 1).toString(16).padStart(32, 'a'));
    const answers = await Promise.all(ids.map((id) => call(running.port, `/v1/traces/${id}`)));
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
    const kept = await metricOf(running, 'stageline_backend_cache_bytes');
    expect(kept).toBeGreaterThan(500_000);
    expect(kept).toBeLessThanOrEqual(33_554_432);
    const grown = (await metricOf(running, 'process_resident_memory_bytes')) - idle;
    expect(grown).toBeLessThan(250_000_000);
  });
});

async function metricOf(running: Running, name: string): Promise<number> {
  const { text } = await call(running.metricsPort, '/metrics');
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]);
}
