import { afterAll, beforeAll, expect, test } from 'vitest';
import { createJaegerClient } from '../../ui-extension/backend/jaeger/client.ts';
import type { ReceivedSpan } from './decode.ts';
import { answerQuery } from './jaeger-query.ts';
import { startOtlpReceiver, type OtlpReceiver } from './receiver.ts';
import { exportOneTrace } from './testing.ts';

let receiver: OtlpReceiver;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  await exportOneTrace(receiver.url);
  await exportOneTrace(receiver.url);
});
afterAll(() => receiver.close());

function client() {
  return createJaegerClient({ address: receiver.url, timeoutMs: 5000, maxBytes: 1_000_000, concurrency: 1 });
}

test('the backend’s client reads the trace that was exported, each span once', async () => {
  const [child, parent] = receiver.spans();
  const spans = await client().trace(parent?.traceId ?? '');
  expect(spans.map(({ name }) => name)).toEqual(['child', 'parent']);
  expect(spans[1]).toMatchObject({
    spanId: parent?.spanId,
    start: 1_000_005_000n,
    end: 4_000_000_000n,
    kind: 'internal',
    attributes: { a: 'x', n: 3, f: 0.5, b: true, l: ['p', 'q'] },
    links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), attributes: { why: 'link' } }],
  });
  expect(spans[1]?.resource['service.name']).toBe('tester');
  expect(spans[0]).toMatchObject({
    parentSpanId: parent?.spanId,
    spanId: child?.spanId,
    status: 'error',
    statusMessage: 'broke',
    events: [{ name: 'happened', at: 2_500_000_000n, attributes: { e: 1 } }],
  });
});

test('there is no trace that was never sent', async () => {
  await expect(client().trace('f'.repeat(32))).resolves.toEqual([]);
});

test.each([
  ['service, attribute and time', {}, 4],
  ['the newest only', { limit: 1 }, 2],
  ['another service', { service: 'other' }, 0],
  ['another value', { attributes: { a: 'y' } }, 0],
  ['another name', { name: 'uncle' }, 0],
  ['another time', { from: new Date(5000) }, 0],
])('a search finds traces by %s', async (_, change, count) => {
  const search = { service: 'tester', attributes: { a: 'x' }, from: new Date(0), to: new Date(), limit: 20 };
  expect(await client().search({ ...search, ...change })).toHaveLength(count);
});

test.each([
  ['/api/v3/traces', 400],
  ['/api/v3/traces?query.start_time_min=x&query.start_time_max=y', 400],
  ['/api/v3/traces?query.start_time_min=2026-01-01&query.start_time_max=2026-01-02&query.attributes={', 400],
  ['/api/v3/services', 404],
])('%s is refused with %i', (path, status) => {
  const none: ReceivedSpan[] = [];
  expect(answerQuery(new URL(path, 'http://jaeger'), none).status).toBe(status);
});
