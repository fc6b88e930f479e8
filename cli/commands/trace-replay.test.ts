import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  closeAttempt,
  emptyLedger,
  finishPhase,
  openDelivery,
  startPhase,
} from '../../core/ledger/delivery.ts';
import { LEDGER_KEY } from '../../core/ledger/types.ts';
import { ledgerName } from '../../core/names.ts';
import { deliverySpans } from '../../core/spans.ts';
import { planOf } from '../../core/testing.ts';
import { createObjectStore, startKubeApi, type KubeApi } from '../../sandbox/kube/index.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../../sandbox/otlp/index.ts';
import type { CommandIo } from '../command.ts';
import { traceReplayCommand } from './trace-replay.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'stageline-replay-'));
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

function finishedLedger() {
  const plan = planOf('v1');
  const opened = openDelivery(emptyLedger(plan), plan, {
    operation: '1700000000',
    now: at(0),
    newTraceId: 'a'.repeat(32),
  });
  const id = opened.ledger.deliveries[0]?.id ?? '';
  const started = startPhase(opened.ledger, id, { name: 'post-deployment', now: at(1) });
  const ended = finishPhase(started, id, { name: 'post-deployment', status: 'succeeded', now: at(2) });
  return closeAttempt(ended, id, { status: 'succeeded', now: at(3) });
}

const ledger = finishedLedger();
const file = path.join(folder, 'ledger.json');
let receiver: OtlpReceiver;
let kube: KubeApi;

beforeAll(async () => {
  writeFileSync(file, JSON.stringify(ledger));
  const store = createObjectStore({ now: () => new Date() });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop-dev' } });
  store.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: ledgerName('shop-dev'), namespace: 'shop-dev' },
    data: { [LEDGER_KEY]: JSON.stringify(ledger) },
  });
  kube = await startKubeApi({ store });
  writeFileSync(path.join(folder, 'kubeconfig'), kube.kubeconfig());
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await receiver?.close();
});

afterAll(async () => {
  await kube.close();
  rmSync(folder, { recursive: true, force: true });
});

async function replay(args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const io: CommandIo = {
    cwd: folder,
    env: process.env,
    colour: false,
    stdout: (text) => (out += text),
    stderr: (text) => (err += text),
  };
  return { exitCode: await traceReplayCommand.run(args, io), out, err };
}

async function listen(): Promise<void> {
  receiver = await startOtlpReceiver();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
}

const idsOf = (spans: { spanId: string; parentSpanId?: string }[]): string[][] =>
  spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId ?? '']).toSorted();

describe('stageline trace replay', () => {
  test('sends the spans of a ledger file with the ids that the hooks sent', async () => {
    await listen();
    const { exitCode, out } = await replay(['--file', 'ledger.json']);
    expect([exitCode, out]).toEqual([0, '3 spans sent\n']);
    const expected = ledger.deliveries.flatMap((delivery) => deliverySpans(ledger, delivery));
    expect(idsOf(receiver.spans())).toEqual(idsOf(expected));
  });

  test('finds the ledger in the cluster, and sends the same bytes every time', async () => {
    await listen();
    vi.stubEnv('KUBECONFIG', path.join(folder, 'kubeconfig'));
    await replay(['--application', 'shop-dev']);
    const first = receiver.spans();
    await replay(['--application', 'shop-dev', '--delivery', 'a'.repeat(32)]);
    expect(receiver.spans().slice(first.length)).toEqual(first);
    await expect(replay(['--application', 'shop-uat', '--namespace', 'shop-dev'])).rejects.toMatchObject({
      code: 'LEDGER_MISSING',
    });
  });

  test('says what is missing', async () => {
    await expect(replay(['--file', 'ledger.json'])).rejects.toMatchObject({ code: 'REPLAY_NO_ENDPOINT' });
    await expect(replay([])).rejects.toMatchObject({ code: 'USAGE' });
    await expect(replay(['--file', 'none.json'])).rejects.toMatchObject({ code: 'LEDGER_MISSING' });
    await listen();
    await expect(replay(['--file', 'ledger.json', '--delivery', 'x'])).rejects.toMatchObject({
      code: 'REPLAY_UNKNOWN',
    });
  });

  test('fails when nobody takes the spans', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:1');
    const { exitCode, err } = await replay(['--file', 'ledger.json']);
    expect(exitCode).toBe(1);
    expect(err).toContain('nothing was sent');
  });
});
