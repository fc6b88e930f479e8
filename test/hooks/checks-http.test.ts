/** HTTP probes and metrics servers that misbehave, through real sockets. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckRecord } from '../../core/ledger/types.ts';
import type { CheckSpec } from '../../core/plan.ts';
import { startConnectProxy, startService, type TestService } from './support/service.ts';
import { check, planFor, startHookWorld, type HookWorld } from './support/world.ts';

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

async function run(
  spec: CheckSpec,
  more: { timeoutMs?: number; retries?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<CheckRecord> {
  const { env = {}, ...rest } = more;
  await world.run('pre', planFor(world, { pre: [[check('it', spec, rest)]] }), { env });
  const record = world.ledger().deliveries[0]?.attempts.at(-1)?.phases[0]?.checks[0];
  if (!record) throw new Error('no record');
  return record;
}

describe('an HTTP probe', () => {
  it('passes on any 2xx, tells its latency, and sends the trace on', async () => {
    const record = await run({ kind: 'http', url: service.url });
    expect(record).toMatchObject({ status: 'passed', tries: 1, value: expect.any(Number) });
    expect(service.requests[0]?.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('takes secrets of the hook out of what it says, also in the last line', async () => {
    answer = (_request, response) => response.end('{"user":"it-is-hunter22"}');
    const json = [{ path: '$.user', equals: 'nobody' }];
    const probe = check('it', { kind: 'http', url: service.url, expect: { json } });
    const plan = {
      ...planFor(world, { pre: [[probe]] }),
      secretEnv: [{ name: 'METRICS_PASSWORD', secret: 'metrics', key: 'password' }],
    };
    const end = await world.run('pre', plan, { env: { METRICS_PASSWORD: 'hunter22' } });
    const ledger = JSON.stringify(world.ledger());
    for (const text of [end.line, end.log.join(), ledger]) {
      expect(text).toContain('it-is-[redacted]');
      expect(text).not.toContain('hunter22');
    }
  });

  it('sends method, headers and body', async () => {
    await run({ kind: 'http', url: service.url, method: 'POST', headers: { 'x-a': 'b' }, body: 'text' });
    expect(service.requests[0]).toMatchObject({ method: 'POST', body: 'text', headers: { 'x-a': 'b' } });
  });

  it.each([
    [{ status: 404 }, 200, 'answered 200, expected 404'],
    [{ status: [301, 302] }, 302, undefined],
    [{}, 302, 'answered 302 (to /else), expected 200 to 299'],
    [{ bodyContains: 'ready' }, 200, 'its body does not contain "ready"'],
    [{ maxLatency: '0ms' }, 200, 'allowed are 0ms'],
  ])('with %j judges status %i', async (expected, status, problem) => {
    answer = (_request, response) => response.writeHead(status, { location: '/else' }).end('ok');
    const record = await run({ kind: 'http', url: service.url, expect: expected });
    if (problem === undefined) expect(record.status).toBe('passed');
    else expect(record).toMatchObject({ status: 'failed', message: expect.stringContaining(problem) });
  });

  it.each([
    [[{ path: '$.status', equals: 'ok' }], undefined],
    [[{ path: '$.parts[*].ready', equals: true }], '$.parts[*].ready is false, expected true'],
    [[{ path: '$.version', matches: '^v2' }], '$.version is "v1.9", which does not match /^v2/'],
    [[{ path: '$.load', target: '<0.5' }], '$.load is 0.7, outside target <0.5'],
    [[{ path: '$.nothing' }], '$.nothing is not there'],
    [[{ path: "$['odd key']" }], undefined],
  ])('holds a JSON body to %j', async (json, problem) => {
    answer = (_request, response) =>
      response.end(
        JSON.stringify({
          status: 'ok',
          parts: [{ ready: true }, { ready: false }],
          version: 'v1.9',
          load: 0.7,
          'odd key': 0,
        }),
      );
    const record = await run({ kind: 'http', url: service.url, expect: { json } });
    if (problem === undefined) expect(record.status).toBe('passed');
    else expect(record).toMatchObject({ status: 'failed', message: expect.stringContaining(problem) });
  });

  it('is failed when the service does not answer in time, and errored when there is none', async () => {
    answer = () => undefined;
    expect(await run({ kind: 'http', url: service.url }, { timeoutMs: 100 })).toMatchObject({
      status: 'failed',
      message: `${service.url} did not answer within 100ms`,
    });
    await service.close();
    world.store.delete({
      group: '',
      kind: 'ConfigMap',
      namespace: 'shop-dev',
      name: 'stageline-ledger-shop-dev',
    });
    const record = await run({ kind: 'http', url: service.url });
    expect(record).toMatchObject({
      status: 'errored',
      message: expect.stringMatching(/^HTTP_UNREACHABLE: .*ECONNREFUSED/),
    });
  });

  it('is tried again with growing waits, and passes when the service comes up', async () => {
    let asked = 0;
    answer = (_request, response) => response.writeHead((asked += 1) < 3 ? 503 : 200).end();
    expect(await run({ kind: 'http', url: service.url }, { retries: 5 })).toMatchObject({
      status: 'passed',
      tries: 3,
    });
  });

  it('goes through HTTP_PROXY with the whole address, and past it for NO_PROXY', async () => {
    const url = 'http://frontend.shop-dev.svc/healthz?x=1';
    expect(await run({ kind: 'http', url }, { env: { HTTP_PROXY: service.url } })).toMatchObject({
      status: 'passed',
    });
    expect(service.requests[0]).toMatchObject({ url, headers: { host: 'frontend.shop-dev.svc' } });
    world.store.delete({
      group: '',
      kind: 'ConfigMap',
      namespace: 'shop-dev',
      name: 'stageline-ledger-shop-dev',
    });
    const env = { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' };
    expect(await run({ kind: 'http', url: service.url }, { env })).toMatchObject({ status: 'passed' });
  });

  it('verifies certificates unless told otherwise, and takes a CA of its own, as load tests do', async () => {
    const key = path.join(world.folder, 'key.pem');
    const certificate = path.join(world.folder, 'certificate.pem');
    const openssl = 'openssl';
    execFileSync(
      openssl,
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'].concat(
        [
          '-keyout',
          key,
          '-out',
          certificate,
          '-subj',
          '/CN=shop.test',
          '-addext',
          'subjectAltName=DNS:shop.test',
        ],
      ),
      { stdio: 'ignore' },
    );
    const server = createTlsServer(
      { key: readFileSync(key), cert: readFileSync(certificate) },
      (_request, response) => response.end('ok'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ca = readFileSync(certificate, 'utf8');
    const load = { kind: 'load', duration: '100ms', connections: 2 } as const;
    const checks = [
      check('load-strict', { ...load, url }),
      check('load-lax', { ...load, url, tls: { insecureSkipVerify: true } }),
      check('load-wrong-name', { ...load, url, tls: { ca } }),
      check('load-right-name', { ...load, url, tls: { ca, serverName: 'shop.test' } }),
      check('strict', { kind: 'http', url }),
      check('lax', { kind: 'http', url, tls: { insecureSkipVerify: true } }),
      check('wrong-name', { kind: 'http', url, tls: { ca } }),
      check('right-name', { kind: 'http', url, tls: { ca, serverName: 'shop.test' } }),
    ];
    await world.run('pre', planFor(world, { pre: [checks] }));
    const proxy = await startConnectProxy(url);
    const far = { url: 'https://shop.test/healthz', tls: { ca } };
    const through = [check('probe', { kind: 'http', ...far }), check('load', { ...load, ...far })];
    const end = await world.run('post', planFor(world, { version: 'v3', post: [through] }), {
      env: { HTTPS_PROXY: proxy.url },
    });
    await proxy.close();
    server.close();
    expect(end).toMatchObject({ exitCode: 0 });
    expect(proxy.asked.length).toBeGreaterThanOrEqual(2);
    expect(new Set(proxy.asked)).toEqual(new Set(['shop.test:443']));
    const records = world.ledger().deliveries[1]?.attempts[0]?.phases[0]?.checks ?? [];
    expect(records.find(({ name }) => name === 'load-strict')?.message).toMatch(
      /^LOAD_UNREACHABLE: .*under load: self-signed certificate/,
    );
    expect(Object.fromEntries(records.map(({ name, status }) => [name, status]))).toEqual({
      'load-strict': 'errored',
      'load-lax': 'passed',
      'load-wrong-name': 'errored',
      'load-right-name': 'passed',
      strict: 'errored',
      lax: 'passed',
      'wrong-name': 'errored',
      'right-name': 'passed',
    });
  });
});

describe('a metric from a server that misbehaves', () => {
  const metric = (): CheckSpec => ({ kind: 'metric', prometheus: service.url, query: 'up', target: '>=0' });
  const series = (count: number): string =>
    JSON.stringify({
      status: 'success',
      data: {
        resultType: 'vector',
        result: Array.from({ length: count }, (_, index) => ({ metric: { i: `${index}` }, value: [1, '1'] })),
      },
    });

  const scalarSeries = (time: number, value: string): string =>
    JSON.stringify({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [time, value] }] },
    });

  it('is asked with user and password from the hook’s environment, which stay out of plan, ledger and log', async () => {
    answer = (_request, response) => response.end(series(1));
    const access = { basicAuth: { userEnv: 'METRICS_USER', passwordEnv: 'METRICS_PASSWORD' } };
    const spec: CheckSpec = { ...metric(), access } as CheckSpec;
    const env = { METRICS_USER: 'reader', METRICS_PASSWORD: 'pass-for-tests' };
    expect(await run(spec, { env })).toMatchObject({ status: 'passed' });
    const credentials = Buffer.from('reader:pass-for-tests').toString('base64');
    expect(service.requests[0]?.headers['authorization']).toBe(`Basic ${credentials}`);
    expect(JSON.stringify(world.ledger())).not.toContain('pass-for-tests');
  });

  it('is asked with the headers of a multi-tenant server, as analyses and waits are', async () => {
    answer = (_request, response) => response.end(series(1));
    const at = { prometheus: service.url, headers: { 'X-Scope-OrgID': 'shop' } };
    const checks = [
      check('metric', { kind: 'metric', ...at, query: 'up', target: '>=0' }),
      check('wait', { kind: 'wait-for', ...at, up: { job: 'shop' } }),
      check('score', { kind: 'analysis', ...at, objectives: [{ name: 'up', query: 'up', pass: ['>=0'] }] }),
    ];
    expect((await world.run('pre', planFor(world, { pre: [checks] }))).exitCode).toBe(0);
    expect(service.requests.length).toBeGreaterThanOrEqual(3);
    for (const { headers } of service.requests) expect(headers['x-scope-orgid']).toBe('shop');
  });

  it('is judged by the server’s clock where that differs from ours', async () => {
    const serverTime = Date.now() + 3_600_000;
    answer = (_request, response) => {
      response.setHeader('date', new Date(serverTime).toUTCString());
      // A sample of half an hour ago by the server’s clock, yet in the future by ours.
      response.end(scalarSeries(serverTime / 1000, String(serverTime / 1000 - 1800)));
    };
    const plan = planFor(world, { post: [[check('skewed', metric(), { timeoutMs: 700 })]] });
    const end = await world.run('post', plan);
    expect(end.line).toContain('METRIC_STALE');
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['hangs', () => undefined, 'CHECK_TIMEOUT'],
    [
      'redirects',
      (response) => response.writeHead(302, { location: 'http://login/' }).end(),
      'METRIC_REDIRECTED',
    ],
    ['answers HTML', (response) => response.end('<html>Log in</html>'), 'METRIC_ANSWER'],
    ['answers a million series', (response) => response.end(series(1_000_000)), 'METRIC_TOO_LARGE'],
    ['answers two series', (response) => response.end(series(2)), 'METRIC_AMBIGUOUS'],
    [
      'refuses',
      (response) => response.writeHead(503).end('{"status":"error","error":"overloaded"}'),
      'METRIC_REFUSED',
    ],
    ['breaks off', (response) => response.destroy(), 'METRIC_UNREACHABLE'],
    ['answers null', (response) => response.end('null'), 'METRIC_REFUSED'],
    [
      'answers an empty text',
      (response) => response.end('{"status":"success","data":{"resultType":"scalar","result":[1,""]}}'),
      'METRIC_NAN',
    ],
  ])('is errored when it %s', { timeout: 30_000 }, async (_name, respond, code) => {
    answer = (_request, response) => respond(response);
    const record = await run(metric(), { timeoutMs: code === 'CHECK_TIMEOUT' ? 300 : 20_000 });
    expect(record.status).toBe('errored');
    expect(record.message).toMatch(new RegExp(`^${code}: `));
    expect(record.value).toBeUndefined();
  });
});
