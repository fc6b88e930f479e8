/**
 * The hook runner's figures: start to first check begun (at most 250 ms on Node 24), API writes a phase beyond one a
 * finished check (at most 2), size of a full ledger (under 512 KiB) and the time of its update (under 50 ms).
 * Prints JSON; ends with 1 if a figure is missed. Needs dist/hooks.cjs.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { boundLedger, MESSAGE_LIMIT } from '../../core/ledger/bound.ts';
import { emptyLedger } from '../../core/ledger/delivery.ts';
import { LEDGER_KEY, type CheckRecord, type DeliveryRecord, type Ledger } from '../../core/ledger/types.ts';
import type { Plan } from '../../core/plan.ts';
import { KubeClient } from '../../runtime/kube/client.ts';
import { loadKubeEndpoint } from '../../runtime/kube/config.ts';
import { LedgerStore } from '../../runtime/kube/ledger-store.ts';
import { createLogger } from '../../runtime/log.ts';
import { startService } from '../hooks/support/service.ts';
import {
  check,
  NAMESPACE,
  OPERATION,
  planFor,
  startHookWorld,
  type HookWorld,
} from '../hooks/support/world.ts';

const ROUNDS = 15;
const LIMITS = { startMs: 250, writesBeyondChecks: 2, ledgerBytes: 512 * 1024, updateMs: 50 };
const runner = path.join(import.meta.dirname, '../../dist/hooks.cjs');
const cache = mkdtempSync(path.join(tmpdir(), 'stageline-bench-'));

const start = await measureStart();
const ledger = await measureLedger();
rmSync(cache, { recursive: true });
const figures = { ...start, ...(await measureWrites()), ...ledger };
console.log(JSON.stringify({ node: process.version, limits: LIMITS, figures }, null, 2));
const met =
  figures.startMs <= LIMITS.startMs &&
  figures.writesBeyondChecks <= LIMITS.writesBeyondChecks &&
  figures.ledgerBytes < LIMITS.ledgerBytes &&
  figures.updateMs < LIMITS.updateMs;
process.exit(met ? 0 : 1);

/** From the spawn of the process to the arrival of its first check's request, with the image's compile cache. */
async function measureStart(): Promise<{ startMs: number; startWithoutCacheMs: number }> {
  const world = await startHookWorld();
  let arrived = 0;
  const service = await startService((_request, response) => {
    arrived ||= performance.now();
    response.end('ok');
  });
  const plan = planFor(world, { pre: [[check('probe', { kind: 'http', url: service.url })]] });
  const once = async (operation: number, env: NodeJS.ProcessEnv): Promise<number> => {
    arrived = 0;
    const began = performance.now();
    const child = spawn(process.execPath, [runner, 'run'], {
      env: { ...world.hookEnv('pre', operation), STAGELINE_PLAN: JSON.stringify(plan), ...env },
      stdio: 'ignore',
    });
    await new Promise((resolve) => child.on('close', resolve));
    return arrived - began;
  };
  const withCache: number[] = [];
  const without: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    world.createHookJob('pre', OPERATION + 2 * round);
    withCache.push(await once(OPERATION + 2 * round, { NODE_COMPILE_CACHE: cache }));
    without.push(await once(OPERATION + 2 * round + 1, {}));
  }
  await service.close();
  await world.close();
  return { startMs: median(withCache.slice(1)), startWithoutCacheMs: median(without) };
}

/**
 * The most that a hook of a delivery with a check before, a check after and a promotion makes; a promotion counts as
 * a check, since its result is written as one is.
 */
async function measureWrites(): Promise<{ writesBeyondChecks: number }> {
  const world = await startHookWorld();
  const service = await startService((_request, response) => response.end('ok'));
  const probe = check('probe', { kind: 'http', url: service.url });
  const plan = planFor(world, { pre: [[probe]], post: [[{ ...probe, name: 'after' }]], promotions: [{}] });
  let most = 0;
  // The anchor and the ledger are made once, by a first version.
  for (const version of ['v1', 'v2']) {
    for (const role of ['pre', 'post', 'promote'] as const) {
      const before = writesOf(world);
      await world.run(role, { ...plan, definition: version });
      if (version === 'v2') most = Math.max(most, writesOf(world) - before - 1);
    }
  }
  await service.close();
  await world.close();
  return { writesBeyondChecks: most };
}

function writesOf(world: HookWorld): number {
  return world.api.calls().filter(({ verb }) => verb === 'create' || verb === 'update').length;
}

async function measureLedger(): Promise<{ ledgerBytes: number; updateMs: number }> {
  const world = await startHookWorld();
  const plan = planFor(world, {});
  const full = fullLedger(plan);
  const { text } = boundLedger(full);
  world.store.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: plan.ledger.name, namespace: NAMESPACE },
    data: { [LEDGER_KEY]: text },
  });
  const store = new LedgerStore({
    client: new KubeClient({ endpoint: loadKubeEndpoint(world.hookEnv('pre', OPERATION)) }),
    namespace: NAMESPACE,
    plan,
    log: createLogger({ write: () => undefined, now: Date.now }),
    now: Date.now,
  });
  await store.read();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    await store.update((ledger) => ({
      ...ledger,
      deliveries: ledger.deliveries.map((delivery, index) =>
        index === 0 ? { ...delivery, message: `round ${round}` } : delivery,
      ),
    }));
    times.push(performance.now() - began);
  }
  await world.close();
  return { ledgerBytes: Buffer.byteLength(text), updateMs: median(times) };
}

/** 20 whole deliveries of 25 checks with messages of common length, one of them an analysis, and 300 lines of history. */
function fullLedger(plan: Plan): Ledger {
  const at = (second: number): string => new Date(1_900_000_000_000 + second * 1000).toISOString();
  const record = (index: number): CheckRecord => ({
    name: `check-${index}`,
    kind: 'http',
    step: index,
    status: 'passed',
    startedAt: at(index),
    finishedAt: at(index + 1),
    tries: 1,
    value: 0.0123456789,
    message: `http://backend.shop-dev.svc/healthz answered 200 in 12ms ${'.'.repeat(Math.min(60, MESSAGE_LIMIT))}`,
  });
  const analysis = (index: number): CheckRecord => ({
    ...record(index),
    kind: 'analysis',
    objectives: Array.from({ length: 5 }, (_, objective) => ({
      name: `objective-${objective}`,
      status: 'pass',
      value: 0.0123456789,
      target: '<=+10% or <0.02',
      query: `sum(rate(http_requests_total{namespace="shop-dev",code=~"5.."}[1m])) / sum(rate(http_requests_total{namespace="shop-dev"}[1m]))`,
      sampledAt: at(index),
    })),
  });
  const delivery = (index: number): DeliveryRecord => ({
    id: index.toString(16).padStart(12, '0'),
    commit: plan.commit,
    head: plan.head,
    freight: plan.freight,
    definition: plan.definition,
    traceId: index.toString(16).padStart(32, 'a'),
    links: [],
    ancestry: [],
    metadata: plan.metadata,
    status: 'succeeded',
    openedAt: at(0),
    closedAt: at(60),
    firstVerdict: { status: 'succeeded', at: at(60) },
    attempts: [
      {
        operation: `${OPERATION + index}`,
        run: 1,
        status: 'succeeded',
        startedAt: at(0),
        finishedAt: at(60),
        phases: [
          {
            name: 'post-deployment',
            status: 'succeeded',
            startedAt: at(0),
            finishedAt: at(60),
            checks: [...Array.from({ length: 24 }, (_, check_) => record(check_)), analysis(24)],
          },
        ],
      },
    ],
    promotions: [],
  });
  return {
    ...emptyLedger(plan),
    deliveries: Array.from({ length: 20 }, (_, index) => delivery(index)),
    history: Array.from({ length: 300 }, (_, index) => ({
      id: index.toString(16).padStart(12, 'b'),
      commit: 'c'.repeat(40),
      freight: 'd'.repeat(12),
      status: 'succeeded',
      traceId: index.toString(16).padStart(32, 'e'),
      openedAt: at(0),
      closedAt: at(60),
      attempts: 1,
      subject: 'Use a version that is new, with a subject of common length',
    })),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) * 10) / 10;
}
