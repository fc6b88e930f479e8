/** Load tests with real sockets, and what later checks make of their figures. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckRecord } from '../../core/ledger/types.ts';
import type { PlannedCheck } from '../../core/plan.ts';
import { startService, type TestService } from './support/service.ts';
import { check, OPERATION, planFor, startHookWorld, type HookWorld } from './support/world.ts';

let world: HookWorld;
let service: TestService;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  world = await startHookWorld();
  answer = (_request, response) => response.end('ok');
  service = await startService((request, response) => answer(request, response));
});

afterEach(async () => {
  await service.close();
  await world.close();
});

const load = (more: object = {}, name = 'load'): PlannedCheck =>
  check(name, { kind: 'load', url: service.url, duration: '300ms', connections: 4, ...more });

async function run(
  steps: PlannedCheck[][],
  options: { version?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<CheckRecord[]> {
  const { version = 'v2', env = {} } = options;
  await world.run('pre', planFor(world, { version, pre: steps }), { env });
  return world.ledger().deliveries[0]?.attempts.at(-1)?.phases[0]?.checks ?? [];
}

describe('a load test', () => {
  it('leaves its figures in base units, in order of size', async () => {
    const [record] = await run([[load()]]);
    const { mean, p50, p90, p95, p99, max, rate, errors, requests } = record?.figures ?? {};
    const ordered = [0, p50, p90, p95, p99, max].map(Number);
    expect(ordered).toEqual(ordered.toSorted((a, b) => a - b));
    expect(mean).toBeLessThan(1);
    expect(errors).toBe(0);
    expect(requests).toBeGreaterThan(4);
    expect(rate).toBeGreaterThan(10);
    expect(record?.status).toBe('passed');
  });

  it('sends method, headers, body and query', async () => {
    await run([
      [load({ url: `${service.url}/cart?x=1`, method: 'POST', headers: { 'x-a': 'b' }, body: '{}' })],
    ]);
    expect(service.requests[0]).toMatchObject({
      method: 'POST',
      url: '/cart?x=1',
      body: '{}',
      headers: { 'x-a': 'b' },
    });
  });

  it('fails on a threshold that is missed, naming the figure', async () => {
    const [record] = await run([[load({ thresholds: { p95: '<0.000001', errors: '<1%' } })]]);
    expect(record).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/p95 is [\d.e-]+, outside target <0.000001/),
    });
  });

  it('counts answers outside 2xx as errors, and fails when all are', async () => {
    let asked = 0;
    answer = (_request, response) => response.writeHead((asked += 1) % 2 === 0 ? 500 : 200).end();
    const [half] = await run([[load({ thresholds: { errors: '<1%' } })]]);
    expect(half).toMatchObject({ status: 'failed' });
    expect(half?.figures?.['errors']).toBeGreaterThan(0.3);
    answer = (_request, response) => response.writeHead(500).end();
    const [all] = await run([[load()]], { version: 'v3' });
    expect(all).toMatchObject({ status: 'failed', message: expect.stringContaining('every request failed') });
  });

  it('keeps to its rate', async () => {
    const [record] = await run([[load({ rate: 20, duration: '1s' })]]);
    expect(record?.figures?.['requests']).toBeLessThanOrEqual(44);
  });

  it('is errored without any answer', async () => {
    await service.close();
    const [record] = await run([[load()]]);
    expect(record).toMatchObject({
      status: 'errored',
      message: expect.stringMatching(/^LOAD_UNREACHABLE: .*ECONNREFUSED/),
    });
  });

  it('fails a service that breaks down on the way, however well it began', async () => {
    let asked = 0;
    answer = (_request, response) => {
      asked += 1;
      if (asked > 50) response.destroy();
      else response.end('ok');
    };
    const [record] = await run([[load({ duration: '5s', thresholds: { p95: '<10s' } })]]);
    expect(record?.status).toBe('failed');
  });

  it('counts what is not answered any more, however good the answers before it were', async () => {
    let asked = 0;
    answer = (_request, response) => {
      if ((asked += 1) <= 20) response.end('ok');
    };
    const [record] = await run([[load({ thresholds: { errors: '<1%' } })]]);
    expect(record).toMatchObject({ status: 'failed', figures: { requests: 24, errors: 4 / 24 } });
  });

  it('asks again when a server closed the connection that it was about to use', async () => {
    answer = (request, response) => {
      response.end('ok');
      response.on('finish', () => request.socket.destroy());
    };
    const [record] = await run([[load({ rate: 50 })]]);
    expect(record).toMatchObject({ status: 'passed', figures: { errors: 0 } });
  });

  it('goes through HTTP_PROXY with whole addresses', async () => {
    const url = 'http://frontend.shop-dev.svc/cart';
    const [record] = await run([[load({ url })]], { env: { HTTP_PROXY: service.url } });
    expect(record?.status).toBe('passed');
    expect(service.requests[0]).toMatchObject({ url, headers: { host: 'frontend.shop-dev.svc' } });
  });

  it('gives its figures to a metric in a later step', async () => {
    const metric = check('p95', { kind: 'metric', load: 'load', figure: 'p95', target: '<5s' });
    const records = await run([[load()], [metric]]);
    expect(records[1]).toMatchObject({
      status: 'passed',
      value: records[0]?.figures?.['p95'],
      target: '<5s',
    });
  });

  describe('never gives old figures:', () => {
    const metric = (target: string): PlannedCheck =>
      check('p95', { kind: 'metric', load: 'load', figure: 'p95', target });
    const verdict = (): CheckRecord | undefined =>
      world
        .ledger()
        .deliveries[0]?.attempts.at(-1)
        ?.phases.at(-1)
        ?.checks.find(({ name }) => name === 'p95');

    it('none from before the deployment', async () => {
      const plan = planFor(world, { pre: [[load()]], post: [[metric('<5s')]] });
      await world.run('pre', plan);
      await world.run('post', plan);
      expect(verdict()).toMatchObject({
        status: 'errored',
        message: expect.stringMatching(/^FIGURE_MISSING: .*since the deployment/),
      });
    });

    it('none of an earlier attempt', async () => {
      await world.run('post', planFor(world, { post: [[load()], [metric('<0s')]] }));
      expect(verdict()?.status).toBe('failed');
      const probe = check('probe', { kind: 'http', url: service.url });
      const skipped: PlannedCheck = { ...load(), when: { check: { name: 'probe', is: ['skipped'] } } };
      const plan = planFor(world, { post: [[probe], [skipped], [metric('<5s')]] });
      await world.run('post', plan, { operation: OPERATION + 60 });
      expect(verdict()).toMatchObject({
        status: 'errored',
        message: expect.stringMatching(/^FIGURE_MISSING: /),
      });
    });
  });

  it('gives nothing where there was no load test', async () => {
    const [record] = await run([
      [check('p95', { kind: 'metric', load: 'other', figure: 'p95', target: '<5s' })],
    ]);
    expect(record).toMatchObject({ status: 'errored', message: expect.stringMatching(/^FIGURE_MISSING: /) });
  });
});

describe('a scored analysis', () => {
  const analysis = (objectives: object[], more: object = {}): PlannedCheck =>
    check('score', { kind: 'analysis', objectives, ...more } as PlannedCheck['spec']);

  it('passes, warns or fails by its score, and keeps its values for the deliveries to come', async () => {
    const objectives = [
      { name: 'errors', load: 'load', figure: 'errors', pass: ['<=0'], weight: 1 },
      { name: 'speed', load: 'load', figure: 'p95', pass: ['<0'], warning: ['<5'], weight: 1 },
    ];
    const [, warned] = await run([[load()], [analysis(objectives)]]);
    expect(warned).toMatchObject({ status: 'warning', value: 75, figures: { errors: 0, score: 75 } });
    expect(warned?.objectives).toEqual([
      {
        name: 'errors',
        status: 'pass',
        value: 0,
        target: '<=0',
        query: 'errors of load test "load"',
        sampledAt: expect.stringMatching(/^2.+Z$/),
      },
      expect.objectContaining({
        name: 'speed',
        status: 'warning',
        reason: expect.stringMatching(/is not < 0$/),
      }),
    ]);
    expect(warned?.message).toMatch(/^score 75 of 100; speed warning: [\d.e-]+ is not < 0$/);
    const [, failed] = await run([[load()], [analysis([{ ...objectives[1], warning: undefined }])]], {
      version: 'v3',
    });
    expect(failed).toMatchObject({ status: 'failed', value: 0 });
  });

  it('compares with earlier deliveries of the stage', async () => {
    const relative = [
      { name: 'requests', load: 'load', figure: 'requests', pass: ['<-100%'], warning: ['>=0'] },
    ];
    const [, first] = await run([[load()], [analysis(relative)]]);
    expect(first).toMatchObject({ status: 'passed', value: 100 });
    await world.run('post', planFor(world, { pre: [[load()], [analysis(relative)]] }));
    const [, second] = await run([[load()], [analysis(relative, { totalScore: { warning: 50 } })]], {
      version: 'v3',
    });
    expect(second).toMatchObject({ status: 'warning', value: 50 });
    expect(second?.message).toContain('(<-100% of ');
  });

  it('fails an objective whose figure is missing, and a key objective fails all', async () => {
    const objectives = [
      { name: 'errors', load: 'load', figure: 'errors', pass: ['<=0'], weight: 99 },
      { name: 'gone', load: 'other', figure: 'p95', pass: ['<1'] },
    ];
    const [, lenient] = await run([[load()], [analysis(objectives)]]);
    expect(lenient).toMatchObject({
      status: 'passed',
      value: 99,
      message: expect.stringContaining('gone fail: load test "other" left no figure'),
    });
    const [, strict] = await run(
      [[load()], [analysis([objectives[0] ?? {}, { ...objectives[1], key: true }])]],
      { version: 'v3' },
    );
    expect(strict?.status).toBe('failed');
  });

  it('is errored, not scored, when its metrics server cannot be reached', async () => {
    const objectives = [{ name: 'up', query: 'up', prometheus: 'http://127.0.0.1:9', pass: ['>0'] }];
    const [record] = await run([[analysis(objectives)]]);
    expect(record).toMatchObject({
      status: 'errored',
      message: expect.stringMatching(/^METRIC_UNREACHABLE: /),
    });
  });
});

describe('a check with a condition', () => {
  const probe = (name: string, when?: PlannedCheck['when']): PlannedCheck =>
    check(name, { kind: 'http', url: service.url }, when === undefined ? {} : { when });

  it('runs only if the freight that it names has changed since the last verified version', async () => {
    const steps = [
      [
        probe('always'),
        probe('on-change', { changed: ['frontend.tag'] }),
        probe('never', { changed: ['backend.tag'] }),
      ],
    ];
    const plan = planFor(world, { pre: steps });
    const first = await run(steps);
    expect(first.map(({ name, skipped }) => [name, skipped])).toEqual([
      ['always', undefined],
      ['never', undefined],
      ['on-change', undefined],
    ]);
    await world.run('post', plan);
    const second = await run(steps, { version: 'v3' });
    expect(second.map(({ name, status, skipped }) => [name, status, skipped])).toEqual([
      ['always', 'passed', undefined],
      ['never', 'passed', true],
      ['on-change', 'passed', undefined],
    ]);
    expect(second[1]?.message).toBe('skipped: none of backend.tag changed since the last verified version');
  });

  it('runs only if an earlier check ended as it says', async () => {
    const records = await run([
      [probe('first')],
      [
        probe('deeper', { check: { name: 'first', is: ['warning'] } }),
        probe('next', { check: { name: 'first', is: ['passed'] } }),
      ],
    ]);
    expect(records.map(({ name, skipped }) => [name, skipped])).toEqual([
      ['first', undefined],
      ['deeper', true],
      ['next', undefined],
    ]);
  });
});

describe('a wait for a resource', () => {
  const waitFor = (more: object, timeoutMs = 10_000): PlannedCheck =>
    check(
      'wait',
      {
        kind: 'wait-for',
        resource: { apiVersion: 'v1', kind: 'ConfigMap', name: 'migration' },
        every: '20ms',
        ...more,
      } as PlannedCheck['spec'],
      { timeoutMs },
    );

  it('passes as soon as the resource is as expected', async () => {
    const running = run([[waitFor({ json: [{ path: '$.data.done', equals: 'yes' }] })]]);
    const create = (done: string): void => {
      world.store.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'migration', namespace: 'shop-dev' },
        data: { done },
      });
    };
    create('yes');
    expect(await running).toMatchObject([
      { status: 'passed', message: 'ConfigMap "migration" is as expected' },
    ]);
  });

  it('says what was last seen when its time is over', async () => {
    expect(await run([[waitFor({ condition: { type: 'Ready' } }, 200)]])).toMatchObject([
      {
        status: 'failed',
        message: 'ConfigMap "migration" was not as expected within 200ms: it is not there',
      },
    ]);
  });

  it('does not take a condition from before the last change for one of now', async () => {
    const deployment = world.store.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shop', namespace: 'shop-dev' },
      spec: {
        selector: { matchLabels: { app: 'shop' } },
        template: {
          metadata: { labels: { app: 'shop' } },
          spec: { containers: [{ name: 'shop', image: 'shop' }] },
        },
      },
    });
    const generation = deployment.metadata['generation'] as number;
    const resource = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' };
    const available = (observedGeneration: number): void => {
      const live = world.store.get({
        group: 'apps',
        kind: 'Deployment',
        namespace: 'shop-dev',
        name: 'shop',
      });
      const status = { observedGeneration, conditions: [{ type: 'Available', status: 'True' }] };
      if (live) world.store.updateStatus({ ...live, status });
    };
    available(generation - 1);
    const [old] = await run([[waitFor({ resource, condition: { type: 'Available' } }, 150)]]);
    expect(old).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('from before its last change'),
    });
    available(generation);
    const [now] = await run([[waitFor({ resource, condition: { type: 'Available' } })]], { version: 'v3' });
    expect(now?.status).toBe('passed');
  });

  it('is errored at once, with the Role’s rule, without the right to look', async () => {
    await world.close();
    world = await startHookWorld({
      beforeRequest: ({ name }) => (name === 'migration' ? { status: 403 } : undefined),
    });
    const [record] = await run([[waitFor({})]]);
    expect(record).toMatchObject({ status: 'errored', message: expect.stringContaining('verbs: ["get"]}') });
  });
});
