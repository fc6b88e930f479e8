/** The ledger's store against a stand-in API server that misbehaves. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finishPhase, openDelivery, startPhase } from '../../core/ledger/delivery.ts';
import { ledgerTransitions, type Transition } from '../../core/ledger/transitions.ts';
import { LEDGER_KEY, type Ledger } from '../../core/ledger/types.ts';
import type { Plan } from '../../core/plan.ts';
import { KubeClient } from '../../runtime/kube/client.ts';
import { loadKubeEndpoint } from '../../runtime/kube/config.ts';
import { LedgerStore } from '../../runtime/kube/ledger-store.ts';
import { createLogger } from '../../runtime/log.ts';
import type { ApiCall, Fault } from '../../sandbox/kube/index.ts';
import { startTap } from './support/tap.ts';
import { ledgerIn, NAMESPACE, OPERATION, planFor, startHookWorld, type HookWorld } from './support/world.ts';

let world: HookWorld;
let plan: Plan;
let fault: (call: ApiCall) => Fault | undefined;
let lines: string[];
let waits: number[];

beforeEach(async () => {
  fault = () => undefined;
  lines = [];
  waits = [];
  world = await startHookWorld({ beforeRequest: (call) => fault(call) });
  plan = planFor(world, {});
});

afterEach(() => world.close());

function openStore(): LedgerStore {
  const sleep = (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  const client = new KubeClient({
    endpoint: loadKubeEndpoint(world.hookEnv('pre', OPERATION)),
    sleep,
    random: () => 1,
  });
  const log = createLogger({ write: (line) => lines.push(line), now: () => 0 });
  return new LedgerStore({ client, namespace: NAMESPACE, plan, log, now: () => 0, sleep, random: () => 1 });
}

const at = (second: number): string => new Date(second * 1000).toISOString();
const open = (ledger: Ledger): Ledger =>
  openDelivery(ledger, plan, { operation: '1', now: at(0), newTraceId: 'a'.repeat(32) }).ledger;
const ref = () => ({ group: '', kind: 'ConfigMap', namespace: NAMESPACE, name: plan.ledger.name });
const id = (ledger: Ledger): string => ledger.deliveries[0]?.id ?? '';
const failing = (times: number, status: number, headers?: Record<string, string>) => {
  let left = times;
  fault = () => (left-- > 0 ? { status, ...(headers ? { headers } : {}) } : undefined);
};

function putText(text: string): void {
  const object = world.store.get(ref());
  const data = { ...(object?.['data'] as Record<string, string> | undefined), [LEDGER_KEY]: text };
  if (object) world.store.update({ ...object, data });
  else
    world.store.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: plan.ledger.name, namespace: NAMESPACE },
      data,
    });
}

describe('the ledger store', () => {
  it('loses no change when two processes write at once', async () => {
    const [a, b] = [openStore(), openStore()];
    await a.update(open);
    await b.read();
    await a.update((ledger) => startPhase(ledger, id(ledger), { name: 'deployment', now: at(1) }));
    await b.update((ledger) =>
      finishPhase(ledger, id(ledger), { name: 'deployment', status: 'succeeded', now: at(2) }),
    );
    const [phase] = ledgerIn(world.store).deliveries[0]?.attempts[0]?.phases ?? [];
    expect(phase).toMatchObject({
      name: 'deployment',
      status: 'succeeded',
      startedAt: at(1),
      finishedAt: at(2),
    });
  });

  it('survives that two processes make it at once', async () => {
    const [a, b] = [openStore(), openStore()];
    await Promise.all([a.update(open), b.update(open)]);
    expect(ledgerIn(world.store).deliveries).toHaveLength(1);
  });

  it('writes nothing when nothing changes', async () => {
    const store = openStore();
    await store.update(open);
    await store.update((ledger) => ({ ...ledger }));
    expect(store.writes).toBe(1);
  });

  it('waits as long as a busy server asks, and tries again', async () => {
    failing(2, 429, { 'retry-after': '7' });
    await openStore().update(open);
    expect(waits).toEqual([7000, 7000]);
  });

  it('tries again when the server fails, with growing waits', async () => {
    failing(3, 503);
    await openStore().update(open);
    expect(waits).toEqual([200, 400, 800]);
  });

  it('gives up after so many tries, naming what it wanted', async () => {
    failing(99, 500);
    await expect(openStore().update(open)).rejects.toThrow(
      /answered 500 to "get configmaps "stageline-ledger-shop-dev" in namespace shop-dev"/,
    );
  });

  it('waits for a server that refuses connections, and says so when it gives up', async () => {
    const store = openStore();
    await world.api.close();
    await expect(store.update(open)).rejects.toMatchObject({
      code: 'KUBE_UNAVAILABLE',
      message: expect.stringMatching(/did not answer "get configmaps .*ECONNREFUSED/),
    });
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000]);
  });

  it('tells of a write that came through although its answer was lost', async () => {
    await openStore().update(open);
    let lost = 0;
    const tap = await startTap(world.api.url, (label, moment) => {
      const isLost = label.startsWith('PUT') && moment === 'after' && lost === 0;
      if (isLost) lost += 1;
      return isLost;
    });
    const endpoint = { ...loadKubeEndpoint(world.hookEnv('pre', OPERATION)), server: tap.url };
    const told: Transition[] = [];
    const store = new LedgerStore({
      client: new KubeClient({ endpoint, sleep: () => Promise.resolve() }),
      namespace: NAMESPACE,
      plan,
      log: createLogger({ write: () => undefined, now: () => 0 }),
      now: () => 0,
      sleep: () => Promise.resolve(),
      onWrite: (before, after) => told.push(...ledgerTransitions(before, after)),
    });
    await store.update((ledger) => startPhase(ledger, id(ledger), { name: 'deployment', now: at(1) }));
    await tap.close();
    expect(lost).toBe(1);
    expect(ledgerIn(world.store).deliveries[0]?.attempts[0]?.phases).toHaveLength(1);
    expect(told.map(({ subject, change, name }) => `${subject} ${name} ${change}`)).toEqual([
      'phase deployment started',
    ]);
  });

  it('gives up a request that takes too long, and says so', async () => {
    fault = () => ({ delayMs: 60_000 });
    const client = new KubeClient({
      endpoint: loadKubeEndpoint(world.hookEnv('pre', OPERATION)),
      timeoutMs: 20,
      retry: { tries: 2, firstMs: 1, maxMs: 1, deadlineMs: 1000 },
    });
    const action = {
      verb: 'get',
      group: '',
      resource: 'configmaps',
      namespace: NAMESPACE,
      name: 'x',
    } as const;
    await expect(client.find(action)).rejects.toMatchObject({
      code: 'KUBE_UNAVAILABLE',
      message: expect.stringContaining('it took too long'),
    });
  });

  it('says which rule the Role lacks', async () => {
    fault = (call) => (call.verb === 'create' ? { status: 403 } : undefined);
    await expect(openStore().update(open)).rejects.toMatchObject({
      code: 'KUBE_FORBIDDEN',
      message: 'no right to create configmaps in namespace shop-dev',
      hint: expect.stringContaining('{apiGroups: [""], resources: ["configmaps"], verbs: ["create"]}'),
    });
  });

  it('gives up on a ledger that someone else keeps changing', async () => {
    const store = openStore();
    await store.update(open);
    fault = (call) => (call.verb === 'update' ? { status: 409 } : undefined);
    await expect(
      store.update((ledger) => startPhase(ledger, id(ledger), { name: 'deployment', now: at(1) })),
    ).rejects.toMatchObject({ code: 'LEDGER_CONTENDED' });
  });

  it('keeps nonsense aside, begins a new ledger and says so', async () => {
    putText('{"version": 1, "deliveries": "edited by hand"}');
    await openStore().update(open);
    expect(ledgerIn(world.store).deliveries).toHaveLength(1);
    const data = world.store.get(ref())?.['data'] as Record<string, string>;
    expect(data['ledger.broken.1970-01-01T00-00-00-000Z.json']).toContain('edited by hand');
    expect(lines.join('')).toContain('is no ledger: it has no list of deliveries; it is kept aside');
  });

  it('keeps at most two of them, each cut', async () => {
    putText('nonsense'.repeat(50_000));
    for (const time of ['1960', '1965']) {
      const object = world.store.get(ref());
      if (object)
        world.store.update({
          ...object,
          data: { ...(object['data'] as object), [`ledger.broken.${time}.json`]: 'x' },
        });
    }
    await openStore().update(open);
    const data = world.store.get(ref())?.['data'] as Record<string, string>;
    const broken = Object.keys(data).filter((key) => key.startsWith('ledger.broken.'));
    expect(broken).toEqual(['ledger.broken.1965.json', 'ledger.broken.1970-01-01T00-00-00-000Z.json']);
    expect(JSON.stringify(data).length).toBeLessThan(512 * 1024);
  });

  it('never overwrites a ledger of a newer version', async () => {
    const newer = '{"version": 99, "deliveries": []}';
    putText(newer);
    await expect(openStore().update(open)).rejects.toMatchObject({ code: 'LEDGER_NEWER' });
    expect(world.store.get(ref())).toMatchObject({ data: { [LEDGER_KEY]: newer } });
  });

  it('makes it again when it was deleted while a hook ran', async () => {
    const store = openStore();
    await store.update(open);
    world.store.delete(ref());
    await store.update((ledger) =>
      startPhase(open(ledger), id(open(ledger)), { name: 'deployment', now: at(1) }),
    );
    expect(ledgerIn(world.store).deliveries[0]?.attempts[0]?.phases).toHaveLength(1);
  });
});
