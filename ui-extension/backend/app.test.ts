import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TraceAnswer } from './answers.ts';
import { call, codeOf, headersWith, startTestBackend } from './testing/harness.ts';
import type { TestBackend } from './testing/harness.ts';
import { startJaegerStandIn } from './testing/jaeger-stand-in.ts';
import type { JaegerStandIn } from './testing/jaeger-stand-in.ts';
import { NOW_MS, STARTED_NS, TRACE, deliveryTrace } from './testing/spans.ts';

const OTHER = 'f'.repeat(32);

let jaeger: JaegerStandIn;
let backend: TestBackend;
let now = NOW_MS;
beforeEach(async () => {
  now = NOW_MS;
  jaeger = await startJaegerStandIn();
  jaeger.traces.set(TRACE, deliveryTrace('shop-dev'));
  jaeger.traces.set(OTHER, deliveryTrace('other', { traceId: OTHER, count: 3 }));
  backend = await startTestBackend({ JAEGER_URL: jaeger.address }, () => now);
});
afterEach(async () => {
  await backend.stop();
  await jaeger.stop();
});

async function metric(line: string): Promise<string | undefined> {
  const { text } = await call(backend.metricsPort, '/metrics');
  return text
    .split('\n')
    .find((candidate) => candidate.startsWith(`${line} `))
    ?.slice(line.length + 1);
}

describe('a trace', () => {
  it('of an application outside the control-plane namespace goes by its instance name', async () => {
    jaeger.traces.set(TRACE, deliveryTrace('team_shop-dev', { count: 3 }));
    const headers = headersWith({ 'Argocd-Application-Name': 'team:shop-dev' });
    expect((await call(backend.port, `/v1/traces/${TRACE}`, { headers })).status).toBe(200);
    expect((await call(backend.port, `/v1/traces/${TRACE}`)).status).toBe(404);
  });

  it('is fetched once when it is finished, and again when it was kept long enough', async () => {
    for (let index = 0; index < 3; index += 1) await call(backend.port, `/v1/traces/${TRACE}`);
    expect(jaeger.requests).toHaveLength(1);
    expect(await metric('stageline_backend_trace_lookups_total{result="hit"}')).toBe('2');
    expect(Number(await metric('stageline_backend_cache_bytes'))).toBeGreaterThan(10_000);
    now += 301_000;
    await call(backend.port, `/v1/traces/${TRACE}`);
    expect(jaeger.requests).toHaveLength(2);
  });

  it('is fetched again when the caller asks for a fresh one', async () => {
    await call(backend.port, `/v1/traces/${TRACE}`);
    jaeger.traces.set(TRACE, deliveryTrace('shop-dev', { count: 101 }));
    const kept = await call(backend.port, `/v1/traces/${TRACE}`);
    const fresh = await call(backend.port, `/v1/traces/${TRACE}`, {
      headers: headersWith({ 'Cache-Control': 'no-cache' }),
    });
    const after = await call(backend.port, `/v1/traces/${TRACE}`);
    expect([kept, fresh, after].map(({ text }) => TraceAnswer.parse(JSON.parse(text)).spanCount)).toEqual([
      100, 101, 101,
    ]);
  });

  it('that still runs is fetched each time', async () => {
    now = Number(STARTED_NS / 1_000_000n) + 11_000;
    for (let index = 0; index < 2; index += 1) await call(backend.port, `/v1/traces/${TRACE}`);
    expect(jaeger.requests).toHaveLength(2);
  });

  it('is fetched once for all who ask at the same time, and is still only the owner’s', async () => {
    const asked = Promise.withResolvers<() => void>();
    const body = JSON.stringify({ result: { resourceSpans: [] } });
    jaeger.answer = (_, response) => asked.resolve(() => void response.end(body));
    const first = call(backend.port, `/v1/traces/${TRACE}`);
    const release = await asked.promise;
    const foreign = call(backend.port, `/v1/traces/${TRACE}`, {
      headers: headersWith({ 'Argocd-Application-Name': 'argocd:other' }),
    });
    // Both are in: the second one's turn is over once a later request was answered.
    await call(backend.port, '/healthz');
    release();
    expect([(await first).status, (await foreign).status]).toEqual([404, 404]);
    expect(jaeger.requests).toHaveLength(1);
  });

  it('is compressed for those who can read that', async () => {
    const plain = await call(backend.port, `/v1/traces/${TRACE}`);
    const headers = headersWith({ 'Accept-Encoding': 'br, gzip' });
    const zipped = await call(backend.port, `/v1/traces/${TRACE}`, { headers });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.bytes).equals(plain.bytes)).toBe(true);
    const refusing = headersWith({ 'Accept-Encoding': 'gzip;q=0' });
    const refused = await call(backend.port, `/v1/traces/${TRACE}`, { headers: refusing });
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('that is large is kept compressed only, and unfolded for those who cannot read that', async () => {
    jaeger.traces.set(TRACE, deliveryTrace('shop-dev', { count: 1000 }));
    const plain = await call(backend.port, `/v1/traces/${TRACE}`);
    expect(TraceAnswer.parse(JSON.parse(plain.text)).spans).toHaveLength(1000);
    const headers = headersWith({ 'Accept-Encoding': 'gzip' });
    const zipped = await call(backend.port, `/v1/traces/${TRACE}`, { headers });
    expect(gunzipSync(zipped.bytes).equals(plain.bytes)).toBe(true);
    expect(zipped.headers.etag).toBe(plain.headers.etag);
    expect(Number(await metric('stageline_backend_cache_bytes'))).toBeLessThan(plain.bytes.length / 5);
    const head = await call(backend.port, `/v1/traces/${TRACE}`, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('is kept by no shared cache, and told apart by application and project', async () => {
    const { headers } = await call(backend.port, `/v1/traces/${TRACE}`);
    expect(headers['cache-control']).toBe('private, no-cache');
    expect(headers.vary).toBe('Accept-Encoding, Argocd-Application-Name, Argocd-Project-Name');
  });

  it('that cannot be fetched is asked for again by the next request', async () => {
    jaeger.answer = (_, response) => void response.writeHead(500).end('broken');
    expect((await call(backend.port, `/v1/traces/${TRACE}`)).status).toBe(502);
    jaeger.answer = undefined;
    expect((await call(backend.port, `/v1/traces/${TRACE}`)).status).toBe(200);
    expect(
      await metric('stageline_backend_jaeger_request_duration_seconds_count{outcome="JAEGER_ANSWER"}'),
    ).toBe('1');
    expect(backend.logged()).toContain('"code":"JAEGER_ANSWER"');
  });

  it('holds nothing of another trace that the store mixes in', async () => {
    const mixed = [
      ...deliveryTrace('shop-dev', { count: 2 }),
      ...deliveryTrace('other', { traceId: OTHER, count: 3 }),
    ];
    jaeger.traces.set(TRACE, mixed);
    const answer = await call(backend.port, `/v1/traces/${TRACE}`);
    expect(TraceAnswer.parse(JSON.parse(answer.text)).spanCount).toBe(2);
  });
});

describe('a search', () => {
  it('finds the application’s own traces, even if the store leaves its attributes out of account', async () => {
    const older = 'a'.repeat(32);
    const begun = deliveryTrace('shop-dev', { traceId: older, count: 2 }).map((span) => ({
      ...span,
      startTimeUnixNano: String(BigInt(span.startTimeUnixNano) - 3_600_000_000_000n),
    }));
    jaeger.traces.set(older, begun);
    const answer = await call(backend.port, '/v1/traces?limit=5&hours=24&name=deliver%20shop%20dev');
    const { traces } = JSON.parse(answer.text);
    expect(traces.map(({ traceId }: { traceId: string }) => traceId)).toEqual([TRACE, older]);
    const query = new URL(jaeger.requests[0] ?? '', jaeger.address).searchParams;
    expect(query.get('query.attributes')).toBe('{"stageline.application":"shop-dev"}');
    expect(query.get('query.startTimeMin')).toBe(new Date(now - 86_400_000).toISOString());
    expect(query.get('query.operationName')).toBe('deliver shop dev');
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=1&limit=2',
    'hours=721',
    'name=',
    'application=other',
    'project=other',
    'service=other',
  ])('with a query that is not described is refused: %s', async (query) => {
    const answer = await call(backend.port, `/v1/traces?${query}`);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'QUERY_INVALID']);
    expect(jaeger.requests).toEqual([]);
  });
});

describe('the routes', () => {
  it.each([
    ['GET', `/v1/traces/${TRACE.toUpperCase()}`, 400, 'TRACE_ID_INVALID'],
    ['GET', `/v1/traces/${'0'.repeat(32)}`, 400, 'TRACE_ID_INVALID'],
    ['GET', '/v1/traces/..%2F..%2Fservices', 400, 'TRACE_ID_INVALID'],
    ['GET', `/v1/traces/${TRACE}%0a`, 400, 'TRACE_ID_INVALID'],
    ['GET', '/v1/traces/%', 400, 'REQUEST_INVALID'],
    ['GET', '/v1/services', 404, 'ROUTE_UNKNOWN'],
    ['GET', '/metrics', 404, 'ROUTE_UNKNOWN'],
    ['POST', '/v1/links', 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE', `/v1/traces/${TRACE}`, 405, 'METHOD_NOT_ALLOWED'],
  ])('refuse %s %s', async (method, route, status, code) => {
    const answer = await call(backend.port, route, { method });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(jaeger.requests).toEqual([]);
  });

  it('answer HEAD without a body', async () => {
    const head = await call(backend.port, `/v1/traces/${TRACE}`, { method: 'HEAD' });
    const get = await call(backend.port, `/v1/traces/${TRACE}`);
    expect([head.status, head.text, head.headers['content-length']]).toEqual([
      200,
      '',
      String(get.bytes.length),
    ]);
  });

  it('are counted by their pattern, so that no request makes a series of its own', async () => {
    await call(backend.port, `/v1/traces/${TRACE}`);
    await call(backend.port, '/v1/random-1');
    await call(backend.port, '/v1/random-2');
    const count = 'stageline_backend_request_duration_seconds_count';
    expect(await metric(`${count}{route="/v1/traces/{traceId}",status="200"}`)).toBe('1');
    expect(await metric(`${count}{route="other",status="404"}`)).toBe('2');
    expect((await call(backend.metricsPort, '/v1/traces')).status).toBe(404);
  });
});

describe('without a trace store', () => {
  it('the answers say so and hold nothing', async () => {
    const bare = await startTestBackend({ TRACE_LINK: 'https://jaeger.example.com/trace/{traceId}' });
    const bodies = await Promise.all(
      [`/v1/traces/${TRACE}`, '/v1/traces', '/v1/links'].map(async (route) => {
        const answer = await call(bare.port, route);
        return [answer.status, JSON.parse(answer.text)];
      }),
    );
    expect(bodies).toEqual([
      [200, { source: 'none', traceId: TRACE, finished: false, truncated: false, spanCount: 0, spans: [] }],
      [200, { source: 'none', traces: [] }],
      [200, { source: 'none', trace: 'https://jaeger.example.com/trace/{traceId}' }],
    ]);
    await bare.stop();
  });
});
