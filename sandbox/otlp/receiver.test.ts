import { afterEach, expect, test } from 'vitest';
import { jaegerUpload } from './jaeger.ts';
import { startOtlpReceiver, type OtlpReceiver } from './receiver.ts';
import { exportOneTrace } from './testing.ts';

const open: OtlpReceiver[] = [];
afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.close();
});

async function receive(options: Parameters<typeof startOtlpReceiver>[0] = {}): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver(options);
  open.push(receiver);
  return receiver;
}

test('a trace of OpenTelemetry’s own exporter arrives whole: ids, times, attributes, events, links, status', async () => {
  const receiver = await receive();
  await exportOneTrace(receiver.url);
  const [child, parent] = receiver.spans();
  expect(parent).toMatchObject({
    name: 'parent',
    parentSpanId: '',
    startTimeUnixNano: '1000005000',
    endTimeUnixNano: '4000000000',
    attributes: { a: 'x', n: 3, f: 0.5, b: true, l: ['p', 'q'] },
    links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), attributes: { why: 'link' } }],
  });
  expect(parent?.resource['service.name']).toBe('tester');
  expect(child).toMatchObject({
    name: 'child',
    parentSpanId: parent?.spanId,
    traceId: parent?.traceId,
    statusCode: 2,
    statusMessage: 'broke',
    events: [{ name: 'happened', timeUnixNano: '2500000000', attributes: { e: 1 } }],
  });
});

test('every body is handed on to the user’s collector as it came', async () => {
  const collector = await receive();
  const receiver = await receive({ forwardTo: collector.url });
  await exportOneTrace(receiver.url);
  await expect.poll(() => collector.spans()).toEqual(receiver.spans());
});

test('a collector that does not answer is told once and loses nothing here', async () => {
  const reasons: string[] = [];
  const receiver = await receive({
    forwardTo: 'http://127.0.0.1:1',
    onForwardError: (reason) => reasons.push(reason),
  });
  await exportOneTrace(receiver.url);
  await exportOneTrace(receiver.url);
  await expect.poll(() => reasons.length).toBe(1);
  expect(receiver.spans()).toHaveLength(4);
});

test('what is no trace is refused', async () => {
  const receiver = await receive();
  const answer = await fetch(`${receiver.url}/v1/traces`, { method: 'POST', body: 'nonsense' });
  expect(answer.status).toBe(400);
  expect((await fetch(`${receiver.url}/v1/metrics`, { method: 'POST' })).status).toBe(404);
});

test('Jaeger’s upload has each span once, in microseconds, with parents and links as references', async () => {
  const receiver = await receive();
  await exportOneTrace(receiver.url);
  const [child, parent] = receiver.spans();
  const upload = jaegerUpload([...receiver.spans(), ...receiver.spans()]) as {
    data: {
      traceID: string;
      spans: Record<string, unknown>[];
      processes: Record<string, { serviceName: string }>;
    }[];
  };
  expect(upload.data).toHaveLength(1);
  const spans = upload.data[0]?.spans ?? [];
  expect(spans).toHaveLength(2);
  expect(spans.find((span) => span['operationName'] === 'child')).toMatchObject({
    references: [{ refType: 'CHILD_OF', traceID: child?.traceId, spanID: parent?.spanId }],
    startTime: 2_000_000,
    duration: 1_000_000,
  });
  expect(spans.find((span) => span['operationName'] === 'parent')).toMatchObject({
    references: [{ refType: 'FOLLOWS_FROM', traceID: '1'.repeat(32), spanID: '2'.repeat(16) }],
    startTime: 1_000_005,
  });
  expect(Object.values(upload.data[0]?.processes ?? {}).map((process) => process.serviceName)).toEqual([
    'tester',
  ]);
});
