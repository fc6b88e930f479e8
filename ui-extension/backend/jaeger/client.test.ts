import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startJaegerStandIn } from '../testing/jaeger-stand-in.ts';
import type { JaegerStandIn } from '../testing/jaeger-stand-in.ts';
import { TRACE, deliveryTrace, tracesData } from '../testing/spans.ts';
import { createJaegerClient } from './client.ts';
import type { JaegerOptions } from './client.ts';

let jaeger: JaegerStandIn;
beforeAll(async () => {
  jaeger = await startJaegerStandIn();
  jaeger.traces.set(TRACE, deliveryTrace('shop-dev', { count: 3 }));
});
afterEach(() => {
  jaeger.answer = undefined;
  jaeger.requests.length = 0;
});
afterAll(() => jaeger.stop());

function client(options: Partial<JaegerOptions> = {}) {
  return createJaegerClient({
    address: jaeger.address,
    timeoutMs: 20_000,
    maxBytes: 1_000_000,
    concurrency: 2,
    ...options,
  });
}

function html(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Jaeger UI</title>');
}

describe('the client of the trace store', () => {
  it('reads a trace, and none where there is none', async () => {
    expect(await client().trace(TRACE)).toHaveLength(3);
    expect(await client().trace('9'.repeat(32))).toEqual([]);
    expect(jaeger.requests).toEqual([`/api/v3/traces/${TRACE}`, `/api/v3/traces/${'9'.repeat(32)}`]);
  });

  it('searches with the names that today’s Jaeger and older ones have for the parameters', async () => {
    const search = {
      service: 'stageline',
      attributes: { 'stageline.application': 'shop-dev' },
      name: 'deliver shop dev',
      from: new Date('2026-01-01T00:00:00Z'),
      to: new Date('2026-01-02T00:00:00Z'),
      limit: 20,
    };
    expect(await client().search(search)).toHaveLength(3);
    const query = new URL(jaeger.requests[0] ?? '', jaeger.address).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      'query.serviceName': 'stageline',
      'query.service_name': 'stageline',
      'query.operationName': 'deliver shop dev',
      'query.operation_name': 'deliver shop dev',
      'query.startTimeMin': '2026-01-01T00:00:00.000Z',
      'query.start_time_min': '2026-01-01T00:00:00.000Z',
      'query.startTimeMax': '2026-01-02T00:00:00.000Z',
      'query.start_time_max': '2026-01-02T00:00:00.000Z',
      'query.searchDepth': '20',
      'query.search_depth': '20',
      'query.num_traces': '20',
      'query.attributes': '{"stageline.application":"shop-dev"}',
    });
  });

  it('gives up on one that does not answer, before or in the midst of its answer', async () => {
    jaeger.answer = () => undefined;
    await expect(client({ timeoutMs: 50 }).trace(TRACE)).rejects.toMatchObject({ code: 'JAEGER_TIMEOUT' });
    jaeger.answer = (_, response) => void response.writeHead(200).write('{"result":');
    await expect(client({ timeoutMs: 50 }).trace(TRACE)).rejects.toMatchObject({ code: 'JAEGER_TIMEOUT' });
  });

  it('says that it cannot be reached, and keeps the reason for the log alone', async () => {
    const gone = await startJaegerStandIn();
    await gone.stop();
    const failure = client({ address: gone.address }).trace(TRACE);
    await expect(failure).rejects.toMatchObject({
      code: 'JAEGER_UNREACHABLE',
      cause: { code: 'ECONNREFUSED' },
      message: expect.not.stringContaining('127.0.0.1'),
    });
    jaeger.answer = (request) => void request.socket.destroy();
    await expect(client().trace(TRACE)).rejects.toMatchObject({ code: 'JAEGER_UNREACHABLE' });
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['a page', html],
    ['a 404 of another server', (_, response) => void response.writeHead(404).end('404 page not found\n')],
    ['a refusal', (_, response) => void response.writeHead(403).end('{"error":"forbidden"}')],
    ['a failure', (_, response) => void response.writeHead(500).end('{"error":{"message":"storage gone"}}')],
    ['nothing', (_, response) => void response.writeHead(200).end()],
    ['half an answer', (_, response) => void response.writeHead(200).end('{"result":{"resourceSpans":[')],
  ])('says that it is not Jaeger’s API when it answers %s', async (_, answer) => {
    jaeger.answer = answer;
    await expect(client().trace(TRACE)).rejects.toMatchObject({ code: 'JAEGER_ANSWER' });
  });

  it('follows no redirect', async () => {
    jaeger.answer = (_, response) => void response.writeHead(302, { Location: '/elsewhere' }).end();
    await expect(client().trace(TRACE)).rejects.toMatchObject({ code: 'JAEGER_ANSWER' });
    expect(jaeger.requests).toHaveLength(1);
  });

  it('stops reading at its limit: said, unsaid or unfolded', async () => {
    const large = JSON.stringify({ result: tracesData(deliveryTrace('shop-dev', { count: 200 })) });
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => response.writeHead(200, { 'Content-Length': large.length }).end(large),
      (response) => response.writeHead(200).end(large),
      (response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(large)),
    ];
    for (const answer of answers) {
      jaeger.answer = (_, response) => answer(response);
      const failure = client({ maxBytes: 100_000 }).trace(TRACE);
      await expect(failure).rejects.toMatchObject({ code: 'TRACE_TOO_LARGE' });
      expect(await client().trace(TRACE)).toHaveLength(200);
    }
  });

  it('leaves an endless answer at its limit', async () => {
    const left = Promise.withResolvers<void>();
    jaeger.answer = (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      };
      response.on('drain', more).on('close', left.resolve);
      more();
    };
    await expect(client().trace(TRACE)).rejects.toMatchObject({ code: 'TRACE_TOO_LARGE' });
    await left.promise;
  });

  it('asks so many at once and no more', async () => {
    const held: ServerResponse[] = [];
    const two = Promise.withResolvers<void>();
    jaeger.answer = (_, response) => {
      held.push(response);
      if (held.length === 2) two.resolve();
    };
    const busy = client();
    const running = Array.from({ length: 18 }, () => busy.trace(TRACE));
    await expect(busy.trace(TRACE)).rejects.toMatchObject({ code: 'BUSY' });
    await two.promise;
    jaeger.answer = (_, response) => void response.writeHead(200).end('{"result":{}}');
    // Somebody else's request goes through while the sixteen wait.
    await client().trace(TRACE);
    expect(jaeger.requests).toHaveLength(3);
    for (const response of held) response.writeHead(200).end('{"result":{}}');
    expect(await Promise.all(running)).toHaveLength(18);
  });
});
