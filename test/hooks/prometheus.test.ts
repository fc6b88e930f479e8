/** Metric evaluations against a real Prometheus. Skipped where the program is not installed. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prometheusSource } from '../../hooks/metrics/prometheus.ts';
import type { Sample } from '../../hooks/metrics/types.ts';
import { hasPrometheus, startPrometheus, type RealPrometheus } from './support/prometheus.ts';
import { check, planFor, startHookWorld, type HookWorld } from './support/world.ts';

const every15s = (from: number, to: number, value: (ago: number) => string): [number, string][] =>
  Array.from({ length: Math.floor((from - to) / 15) + 1 }, (_, index) => {
    const ago = from - index * 15;
    return [ago, value(ago)];
  });

/** The sum of so many different selectors of one fresh series, and another term. */
function manySelectors(count: number, last: string): string {
  const each = (_: unknown, index: number): string => `sum(response_seconds{other!="${index}"})`;
  return [...Array.from({ length: count }, each), last].join(' + ');
}

describe.skipIf(!hasPrometheus())('evaluations against Prometheus', () => {
  let prometheus: RealPrometheus;
  let target: Server;

  beforeAll(async () => {
    target = createServer((_request, response) => response.end('# TYPE live gauge\nlive 0.2\n'));
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const { port } = target.address() as AddressInfo;
    prometheus = await startPrometheus(
      {
        'response_seconds{app="shop"}': every15s(600, 10, () => '0.25'),
        'stopped_total{app="shop"}': every15s(600, 180, (ago) => String(600 - ago)),
        'long_gone{app="shop"}': every15s(3600, 1800, () => '1'),
        'pods_up{pod="a"}': every15s(600, 10, () => '1'),
        'pods_up{pod="b"}': every15s(600, 10, () => '3'),
        'broken{app="shop"}': every15s(600, 10, () => 'NaN'),
        'endless{app="shop"}': every15s(600, 10, () => '+Inf'),
        'up{job="recorded"}': every15s(600, 120, () => '1'),
        'requests{app="idle"}': every15s(600, 10, () => '0'),
      },
      { job: 'shop', address: `127.0.0.1:${port}` },
    );
  });

  afterAll(async () => {
    await prometheus?.close();
    target?.close();
  });

  const query = (text: string, secondsSinceDeployment?: number): Promise<Sample> =>
    prometheusSource({ url: prometheus.url, proxy: {} }, Date.now).query({
      query: text,
      signal: AbortSignal.timeout(10_000),
      ...(secondsSinceDeployment === undefined
        ? {}
        : { notBefore: Date.now() - secondsSinceDeployment * 1000 }),
    });

  it.each([
    ['response_seconds', 0.25],
    ['sum(pods_up)', 4],
    ['scalar(response_seconds) * 2', 0.5],
    ['response_seconds / on() group_left sum(pods_up)', 0.0625],
    ['max_over_time(response_seconds[5m])', 0.25],
    ['endless', Number.POSITIVE_INFINITY],
    ['vector(7)', 7],
  ])('gives the one value of %s', async (text, value) => {
    expect((await query(text)).value).toBe(value);
  });

  it('knows when a value was sampled, also behind functions', async () => {
    for (const text of ['response_seconds', 'sum(rate(response_seconds[2m])) + 0']) {
      const age = Date.now() / 1000 - ((await query(text)).time ?? 0);
      expect(age).toBeGreaterThan(9);
      expect(age).toBeLessThan(60);
    }
  });

  it.each([
    ['pods_up', 'METRIC_AMBIGUOUS', 'gives several series'],
    ['nothing_of_this_name', 'METRIC_MISSING', 'gives no value'],
    ['long_gone', 'METRIC_MISSING', 'gives no value'],
    ['broken', 'METRIC_NAN', 'gives NaN'],
    ['requests / requests', 'METRIC_NAN', 'gives NaN'],
    ['response_seconds[1m]', 'METRIC_ANSWER', 'gives a matrix'],
    ['"text"', 'METRIC_ANSWER', 'gives a string'],
    ['sum(', 'METRIC_REFUSED', 'parse error'],
  ])('never takes %s for a value: %s', async (text, code, message) => {
    await expect(query(text)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it.each([
    ['response_seconds', 5],
    ['stopped_total', 120],
    ['rate(stopped_total[10m])', 120],
    ['response_seconds + stopped_total * 0', 120],
    ['sum(stopped_total offset 1m) or sum(stopped_total)', 120],
    ['sum(nothing_of_this_name) or vector(0)', 120],
    ['count_over_time(long_gone[1h])', 120],
    ['sum(count_over_time(long_gone[1h])) + sum(pods_up)', 120],
    ['sum(max_over_time((long_gone * 2)[1h:1m])) + sum(pods_up)', 120],
    ['response_seconds offset 2m', 60],
    ['sum(rate(response_seconds[1m] offset 2m))', 60],
    [`response_seconds @ ${Math.round(Date.now() / 1000) - 200}`, 60],
    ['response_seconds offset 2m or response_seconds', 60],
    ['response_seconds offset 2m <= response_seconds', 60],
  ])('finds %s stale when the deployment ended %i s ago', async (text, seconds) => {
    await expect(query(text, seconds)).rejects.toMatchObject({
      code: 'METRIC_STALE',
      message: expect.stringContaining(prometheus.url),
    });
  });

  it('looks behind every selector, and takes none for fresh that has too many', async () => {
    const stale = { code: 'METRIC_STALE' };
    await expect(query(manySelectors(12, 'sum(stopped_total)'), 120)).rejects.toMatchObject(stale);
    await expect(query(manySelectors(70, '0'), 120)).rejects.toMatchObject(stale);
    expect((await query(manySelectors(12, '0'), 60)).value).toBe(3);
  });

  it('takes what was sampled since the deployment', async () => {
    expect((await query('response_seconds offset 30s', 120)).value).toBe(0.25);
    expect((await query('response_seconds - response_seconds offset 2m', 60)).value).toBe(0);
    expect((await query('sum(response_seconds @ end())', 60)).value).toBe(0.25);
    expect((await query('response_seconds', 60)).value).toBe(0.25);
    expect((await query('sum(pods_up) + sum(nothing_of_this_name or vector(0))', 60)).value).toBe(4);
  });

  describe('in a hook', () => {
    let world: HookWorld;
    beforeAll(async () => {
      world = await startHookWorld();
    });
    afterAll(() => world?.close());

    const metric = (name: string, text: string, aim: string, timeoutMs = 20_000) =>
      check(name, { kind: 'metric', prometheus: prometheus.url, query: text, target: aim }, { timeoutMs });

    it('waits for the first scrape after the deployment, then passes', async () => {
      const plan = planFor(world, { post: [[metric('live', 'live', '<0.25')]] });
      const end = await world.run('post', plan);
      expect(end).toMatchObject({ exitCode: 0 });
      const [record] = world.ledger().deliveries[0]?.attempts[0]?.phases.at(-1)?.checks ?? [];
      expect(record).toMatchObject({ status: 'passed', value: 0.2, target: '<0.25' });
      expect(record?.message).toMatch(/^query live \(sampled 2.+Z\) is 0.2, within target <0.25$/);
    });

    it('fails on what is infinite, whatever the target', async () => {
      const plan = planFor(world, {
        version: 'v8',
        // Before a deployment nothing can be stale, so the value alone decides.
        pre: [[metric('above', 'endless', '>1'), metric('unlike', '-endless', '!=1')]],
      });
      expect((await world.run('pre', plan)).exitCode).toBe(1);
      const checks = world.ledger().deliveries[0]?.attempts[0]?.phases.at(-1)?.checks ?? [];
      expect(checks.map(({ name, status, message, value }) => [name, status, message, value])).toEqual([
        [
          'above',
          'failed',
          expect.stringMatching(/sampled 2.+Z\) is Infinity, outside target >1$/),
          undefined,
        ],
        [
          'unlike',
          'failed',
          expect.stringMatching(/sampled 2.+Z\) is -Infinity, outside target !=1$/),
          undefined,
        ],
      ]);
    });

    it('never passes on what is stale, missing, NaN or several, whatever the target', async () => {
      const plan = planFor(world, {
        version: 'v9',
        post: [
          [
            metric('stale', 'response_seconds', '<1', 1200),
            metric('missing', 'nothing_of_this_name', '!=5', 1200),
            metric('nan', 'broken', '!=1', 1200),
            metric('several', 'pods_up', '>0', 1200),
          ],
        ],
      });
      expect((await world.run('post', plan)).exitCode).toBe(1);
      const checks = world.ledger().deliveries[0]?.attempts[0]?.phases.at(-1)?.checks ?? [];
      expect(new Map(checks.map(({ name, target }) => [name, target])).get('stale')).toBe('<1');
      const stale = checks.find(({ name }) => name === 'stale')?.message ?? '';
      expect(stale).toMatch(
        /query response_seconds at http\S+ gives 0\.25, .*newest sample is of 2.+Z, .*deployment ended at 2.+Z/,
      );
      expect(
        Object.fromEntries(
          checks.map(({ name, status, message }) => [name, [status, message?.split(':')[0]]]),
        ),
      ).toEqual({
        stale: ['errored', 'METRIC_STALE'],
        missing: ['errored', 'METRIC_MISSING'],
        nan: ['errored', 'METRIC_NAN'],
        several: ['errored', 'METRIC_AMBIGUOUS'],
      });
    });

    it('asks for the time since the deployment, which grows while samples are waited for', async () => {
      const analysis = check(
        'score',
        {
          kind: 'analysis',
          prometheus: prometheus.url,
          // A rate needs two scrapes, a second from each other.
          objectives: [{ name: 'live', query: 'rate(live[$DURATION_SECONDS])', pass: ['>=0'] }],
        },
        { timeoutMs: 20_000 },
      );
      expect((await world.run('post', planFor(world, { version: 'v15', post: [[analysis]] }))).exitCode).toBe(
        0,
      );
      const [record] = world.ledger().deliveries[0]?.attempts[0]?.phases.at(-1)?.checks ?? [];
      expect(record?.objectives).toMatchObject([
        { status: 'pass', query: expect.stringMatching(/^rate\(live\[([2-9]|1\d)s\]\)$/) },
      ]);
    });

    it('names query and sample time of each objective of an analysis', async () => {
      const analysis = check('score', {
        kind: 'analysis',
        prometheus: prometheus.url,
        objectives: [
          { name: 'time', query: 'response_seconds', pass: [['<0.5', '>0'], '<0.1'] },
          { name: 'gone', query: 'nothing_of_this_name', pass: ['<1'], weight: 0.1 },
          { name: 'endless', query: 'endless', pass: ['>1'], weight: 0.01 },
        ],
      });
      const plan = planFor(world, { version: 'v14', pre: [[analysis]] });
      expect((await world.run('pre', plan)).exitCode).toBe(0);
      const [record] = world.ledger().deliveries[0]?.attempts[0]?.phases[0]?.checks ?? [];
      expect(record?.objectives).toEqual([
        {
          name: 'time',
          status: 'pass',
          value: 0.25,
          target: '<0.5 and >0 or <0.1',
          query: 'response_seconds',
          sampledAt: expect.stringMatching(/^2.+Z$/),
        },
        expect.objectContaining({ name: 'gone', status: 'fail', query: 'nothing_of_this_name' }),
        expect.objectContaining({ name: 'endless', status: 'fail', reason: 'the value is Infinity' }),
      ]);
    });

    it('waits for a target that is up, and says which is not', async () => {
      const waitFor = (job: string, timeoutMs: number) =>
        check(
          'up',
          { kind: 'wait-for', prometheus: prometheus.url, up: { job }, every: '100ms' },
          { timeoutMs },
        );
      expect(
        (await world.run('pre', planFor(world, { version: 'v10', pre: [[waitFor('shop', 10_000)]] })))
          .exitCode,
      ).toBe(0);
      const end = await world.run('pre', planFor(world, { version: 'v11', pre: [[waitFor('other', 300)]] }));
      expect(end.line).toContain('up{job="other"}');
      expect(end.line).toContain('0 of 1 targets are up');
    });

    it('takes a target for up after a deployment only when it was scraped since', async () => {
      const waitFor = (job: string, timeoutMs: number) =>
        check(
          `up-${job}`,
          { kind: 'wait-for', prometheus: prometheus.url, up: { job }, every: '100ms' },
          { timeoutMs },
        );
      const before = planFor(world, { version: 'v12', pre: [[waitFor('recorded', 5000)]] });
      expect((await world.run('pre', before)).exitCode).toBe(0);
      const after = planFor(world, {
        version: 'v13',
        post: [[waitFor('shop', 10_000)], [waitFor('recorded', 300)]],
      });
      const end = await world.run('post', after);
      const checks = world.ledger().deliveries[0]?.attempts[0]?.phases.at(-1)?.checks ?? [];
      expect(checks.map(({ name, status }) => [name, status])).toEqual([
        ['up-shop', 'passed'],
        ['up-recorded', 'failed'],
      ]);
      expect(end.line).toContain('1 of 1 targets were not scraped since the deployment');
    });
  });
});
