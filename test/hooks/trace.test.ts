/** Traces as an OTLP receiver gets them, and what a collector that misbehaves does to a hook: nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deliverySpans, rootSpanId } from '../../core/spans.ts';
import { createLogger } from '../../runtime/log.ts';
import { replayTrace } from '../../runtime/telemetry/replay-trace.ts';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../../sandbox/otlp/index.ts';
import { APPLICATION_ATTRIBUTE, PROJECT_ATTRIBUTE } from '../../ui-extension/backend/traces/owners.ts';
import { startService, type TestService } from './support/service.ts';
import { check, OPERATION, planFor, startHookWorld, type HookWorld } from './support/world.ts';

const UPSTREAM = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };

let world: HookWorld;
let service: TestService;
let receiver: OtlpReceiver;
let status = 200;

beforeEach(async () => {
  status = 200;
  world = await startHookWorld();
  service = await startService((_request, response) => response.writeHead(status).end());
  receiver = await startOtlpReceiver();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await receiver.close();
  await service.close();
  await world.close();
});

const env = (): NodeJS.ProcessEnv => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: process.env['OTEL_EXPORTER_OTLP_ENDPOINT'],
});
const named = (name: string): ReceivedSpan | undefined => receiver.spans().find((span) => span.name === name);

async function deliver(): Promise<void> {
  const probe = check('probe', { kind: 'http', url: service.url });
  const plan = {
    ...planFor(world, { pre: [[probe]], post: [[{ ...probe, name: 'after' }]], promotions: [{}] }),
    project: 'shop',
    links: [{ traceparent: `00-${UPSTREAM.traceId}-${UPSTREAM.spanId}-01`, stage: 'lab' }],
  };
  for (const role of ['pre', 'post', 'promote'] as const) await world.run(role, plan, { env: env() });
}

describe('the trace of a delivery', () => {
  it('is whole: every span once, each with its parent, under one root that links to the promotion before', async () => {
    await deliver();
    const spans = receiver.spans();
    const parents = new Map(
      spans.map((span) => [span.name, spans.find(({ spanId }) => spanId === span.parentSpanId)?.name]),
    );
    expect(Object.fromEntries(parents)).toEqual({
      'deliver shop dev': undefined,
      'attempt 1': 'deliver shop dev',
      'pre-deployment': 'attempt 1',
      probe: 'pre-deployment',
      deployment: 'attempt 1',
      'post-deployment': 'attempt 1',
      after: 'post-deployment',
      promotion: 'attempt 1',
      'promote prod': 'deliver shop dev',
    });
    expect(spans).toHaveLength(parents.size);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    // Each says whose it is, in the names that the backend asks for.
    for (const { attributes } of spans)
      expect(attributes).toMatchObject({ [APPLICATION_ATTRIBUTE]: 'shop-dev', [PROJECT_ATTRIBUTE]: 'shop' });
    expect(named('deliver shop dev')).toMatchObject({
      statusCode: 1,
      links: [{ ...UPSTREAM, attributes: { 'stageline.stage': 'lab' } }],
      attributes: { 'deployment.environment.name': 'dev', team: 'shop', 'deployment.status': 'succeeded' },
      resource: { 'service.name': 'stageline' },
    });
  });

  it('has the times of the ledger, to the millisecond', async () => {
    await deliver();
    const phase = world.ledger().deliveries[0]?.attempts[0]?.phases[0];
    expect(named('pre-deployment')).toMatchObject({
      startTimeUnixNano: `${Date.parse(phase?.startedAt ?? '')}000000`,
      endTimeUnixNano: `${Date.parse(phase?.finishedAt ?? '')}000000`,
    });
  });

  it('says what failed as status and event', async () => {
    status = 500;
    await deliver();
    const reason = `${service.url} answered 500, expected 200 to 299`;
    expect(named('probe')).toMatchObject({
      statusCode: 2,
      statusMessage: reason,
      events: [{ name: reason }],
    });
    expect(named('deliver shop dev')).toMatchObject({
      statusCode: 2,
      statusMessage: expect.stringContaining(reason),
    });
  });

  it('takes service name and further attributes from the standard variables', async () => {
    vi.stubEnv('OTEL_SERVICE_NAME', 'delivery');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'team.name=shop');
    await deliver();
    expect(named('probe')?.resource).toMatchObject({ 'service.name': 'delivery', 'team.name': 'shop' });
  });

  it('is sent again, the same to the byte, by a replay', async () => {
    await deliver();
    const before = new Map(receiver.spans().map((span) => [span.spanId, span]));
    const ledger = world.ledger();
    const log = createLogger({ write: () => undefined, now: () => 0 });
    const count = receiver.spans().length;
    const result = await replayTrace(ledger, { env: env(), log });
    expect(result).toEqual({ status: 'exported', spans: before.size });
    for (const span of receiver.spans().slice(count)) expect(span).toEqual(before.get(span.spanId));
    await expect(replayTrace(ledger, { env: {}, log })).rejects.toMatchObject({ code: 'REPLAY_NO_ENDPOINT' });
    await expect(replayTrace(ledger, { env: env(), log, delivery: 'x' })).rejects.toMatchObject({
      code: 'REPLAY_UNKNOWN',
    });
  });

  it('is completed by the next hook when one was killed before it could send', async () => {
    const probe = check('probe', { kind: 'http', url: service.url });
    const plan = planFor(world, { pre: [[probe]] });
    // A hook without an endpoint leaves the same ledger as one that was killed before its export.
    await world.run('pre', plan);
    await world.run('fail', plan, { env: env() });
    await world.run('pre', plan, { env: env() });
    await world.run('post', plan, { env: env() });
    const ledger = world.ledger();
    const [delivery] = ledger.deliveries;
    const expected = delivery ? deliverySpans(ledger, delivery).map(({ spanId }) => spanId) : [];
    expect(expected.length).toBeGreaterThan(5);
    expect(new Set(receiver.spans().map(({ spanId }) => spanId))).toEqual(new Set(expected));
    expect(expected[0]).toBe(delivery && rootSpanId(delivery));
  });
});

describe('a collector that misbehaves', () => {
  it.each<[string, number | undefined]>([
    ['answers 500', 500],
    ['refuses with 400', 400],
    ['hangs', undefined],
  ])('that %s neither fails a hook nor holds it up', { timeout: 20_000 }, async (_name, code) => {
    const collector = await startService((_request, response) => {
      if (code !== undefined) response.writeHead(code).end();
    });
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    const plan = planFor(world, { pre: [[check('probe', { kind: 'http', url: service.url })]] });
    const end = await world.run('pre', plan, { env: env(), operation: OPERATION });
    await collector.close();
    expect(end.exitCode).toBe(0);
    expect(end.log.filter((line) => line.includes('the trace could not be sent'))).toHaveLength(1);
  });
});
