/** What hooks make of a cluster that is slow, busy, forbidding or wrong about the time. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { LEDGER_KEY } from '../../core/ledger/types.ts';
import { ledgerName } from '../../core/names.ts';
import type { Plan } from '../../core/plan.ts';
import { deliverySpans } from '../../core/spans.ts';
import type { ApiCall, Fault } from '../../sandbox/kube/index.ts';
import { runTaskJobs, type JobRunner } from './support/job-runner.ts';
import { startService, type TestService } from './support/service.ts';
import { check, NAMESPACE, OPERATION, planFor, startHookWorld, type HookWorld } from './support/world.ts';

let world: HookWorld;
let service: TestService;
let jobs: JobRunner;
let fault: (call: ApiCall) => Fault | undefined = () => undefined;
/** Each test delivers a version of its own. */
let version = 2;

beforeAll(async () => {
  world = await startHookWorld({ beforeRequest: (call) => fault(call) });
  service = await startService((_request, response) => response.end('ok'));
  jobs = runTaskJobs(world.store, () => ({ exitCode: 0 }));
});

afterEach(() => {
  fault = () => undefined;
  version += 1;
});

afterAll(async () => {
  jobs.stop();
  await service.close();
  await world.close();
});

function plan(): Plan {
  const probe = check('probe', { kind: 'http', url: service.url });
  const task = check('task', { kind: 'task', image: 'task' });
  return planFor(world, {
    version: `v${version}`,
    pre: [[probe], [task]],
    post: [[{ ...probe, name: 'after' }]],
  });
}

async function deliver(): Promise<string[]> {
  const lines: string[] = [];
  const planned = plan();
  for (const role of ['pre', 'post'] as const) lines.push((await world.run(role, planned)).line);
  return lines;
}

const PASSED = ['stageline: pre-deployment succeeded', 'stageline: post-deployment succeeded'];

describe('an API server', () => {
  it('that is slow only takes longer', async () => {
    fault = () => ({ delayMs: 40 });
    expect(await deliver()).toEqual(PASSED);
  });

  it('that answers every other call with 429, 503 or a conflict is asked again, and nothing happens twice', async () => {
    const [probed, ran] = [service.requests.length, jobs.ran.length];
    const answers = [429, 503, 409];
    const seen = new Map<string, number>();
    let injected = 0;
    fault = ({ verb, resource, name }) => {
      const call = `${verb} ${resource} ${name}`;
      const count = (seen.get(call) ?? 0) + 1;
      seen.set(call, count);
      // Kubernetes answers 409 to writes alone.
      const status = answers[(injected + seen.size) % answers.length] ?? 503;
      if (count % 2 === 0 || (status === 409 && verb !== 'update')) return undefined;
      injected += 1;
      return { status, headers: { 'retry-after': '0' } };
    };
    expect(await deliver()).toEqual(PASSED);
    expect(injected).toBeGreaterThan(5);
    expect(service.requests.length - probed).toBe(2);
    expect(jobs.ran.length - ran).toBe(1);
    const [delivery] = world.ledger().deliveries;
    expect(delivery?.attempts.map(({ run, status }) => [run, status])).toEqual([[1, 'succeeded']]);
  });
});

describe('a hook that is not allowed to', () => {
  it.each([
    ['get', 'configmaps', '', 'get configmaps "stageline-ledger-shop-dev"'],
    ['update', 'configmaps', '', 'update configmaps "stageline-ledger-shop-dev"'],
    ['create', 'jobs', 'batch', 'create jobs.batch'],
    ['get', 'jobs', 'batch', 'get jobs.batch'],
  ])('%s %s names verb, resource and the rule that its Role lacks', async (verb, resource, group, says) => {
    fault = (call) => (call.verb === verb && call.resource === resource ? { status: 403 } : undefined);
    const end = await world.run('pre', plan());
    expect(end.exitCode).toBe(1);
    expect(end.line).toContain(`KUBE_FORBIDDEN: no right to ${says}`);
    expect(end.line).toContain(`in namespace ${NAMESPACE}`);
    expect(end.line).toContain(`{apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["${verb}"]}`);
    expect(end.line).not.toContain('\n');
  });

  it('reach the API at all, without a ServiceAccount, says so in one line', async () => {
    const end = await world.run('pre', plan(), { env: { KUBECONFIG: '' } });
    expect(end.exitCode).toBe(1);
    expect(end.line).toMatch(
      /^stageline: KUBE_CONFIG: .*no ServiceAccount token\. Give the hook Jobs a ServiceAccount/,
    );
  });
});

describe('a ledger', () => {
  const ref = { group: '', kind: 'ConfigMap', namespace: NAMESPACE, name: ledgerName('shop-dev') };

  it.each(['{"version": 1, "deliveries": [7]}', 'deliveries: []', '[]'])(
    'that was edited into %s is kept aside, and the delivery goes on with a new one',
    async (nonsense) => {
      const object = world.store.get(ref);
      if (!object) throw new Error('no ledger yet');
      world.store.update({ ...object, data: { [LEDGER_KEY]: nonsense } });
      const planned = plan();
      const end = await world.run('pre', planned);
      expect(end.exitCode).toBe(0);
      expect(end.log.join('')).toMatch(/is no ledger: .*it is kept aside and a new one begun/);
      const data = Object.entries(world.store.get(ref)?.['data'] as Record<string, string>);
      expect(data.filter(([key]) => key.startsWith('ledger.broken.')).map(([, text]) => text)).toEqual([
        nonsense,
      ]);
      expect((await world.run('post', planned)).exitCode).toBe(0);
      expect(world.ledger().deliveries.map(({ status }) => status)).toEqual(['succeeded']);
    },
  );
});

describe('clocks that differ', () => {
  afterEach(() => vi.useRealTimers());

  it.each([
    ['ahead', 600_000],
    ['behind', -600_000],
  ])('between the nodes of two hooks, the first %s, leave an order that holds', async (_word, skew) => {
    const planned = plan();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + skew });
    await world.run('pre', planned, { operation: OPERATION + version });
    vi.useRealTimers();
    expect((await world.run('post', planned, { operation: OPERATION + version })).line).toBe(PASSED[1]);
    const ledger = world.ledger();
    const [delivery] = ledger.deliveries;
    expect(delivery?.status).toBe('succeeded');
    const spans = delivery ? deliverySpans(ledger, delivery) : [];
    expect(spans.map(({ name }) => name).toSorted()).toEqual([
      'after',
      'attempt 1',
      'deliver shop dev',
      'deployment',
      'post-deployment',
      'pre-deployment',
      'probe',
      'task',
    ]);
    for (const span of spans)
      expect(Date.parse(span.finishedAt) - Date.parse(span.startedAt), span.name).toBeGreaterThanOrEqual(0);
  });
});
