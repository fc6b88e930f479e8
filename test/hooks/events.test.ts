/** Events: on the anchor, and to a CloudEvents sink; sending them never changes how a delivery ends. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startService, type TestService } from './support/service.ts';
import { check, planFor, startHookWorld, type HookWorld } from './support/world.ts';

let world: HookWorld;
let service: TestService;
let sink: TestService;
let sinkStatus = 202;
let status = 200;

beforeEach(async () => {
  sinkStatus = 202;
  status = 200;
  world = await startHookWorld();
  service = await startService((_request, response) => response.writeHead(status).end());
  sink = await startService((_request, response) => {
    if (sinkStatus > 0) response.writeHead(sinkStatus).end();
  });
});

afterEach(async () => {
  await sink.close();
  await service.close();
  await world.close();
});

const plan = () => planFor(world, { pre: [[check('probe', { kind: 'http', url: service.url })]] });
const kubeEvents = () => world.store.list({ group: '', kind: 'Event' });

interface CloudEvent {
  id: string;
  type: string;
  source: string;
  traceparent: string;
  data: { name: string; status: string; message?: string };
}

const cloudEvents = (): CloudEvent[] => sink.requests.map(({ body }) => JSON.parse(body) as CloudEvent);
const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  STAGELINE_CLOUDEVENTS_SINK: sink.url,
  ...more,
});

describe('CloudEvents', () => {
  it('tell each transition, in order, with the trace', async () => {
    await world.run('pre', plan(), { env: env() });
    await world.run('post', plan(), { env: env() });
    expect(
      cloudEvents().map(({ type, data }) => [
        type.replace('dev.stageline.', ''),
        data.name.split('/').at(-1),
        data.status,
      ]),
    ).toEqual([
      ['delivery.started', expect.any(String), 'running'],
      ['attempt.started', '1', 'running'],
      ['phase.started', 'pre-deployment', 'running'],
      ['check.started', 'probe', 'running'],
      ['check.finished', 'probe', 'passed'],
      ['phase.finished', 'pre-deployment', 'succeeded'],
      ['phase.started', 'deployment', 'running'],
      ['phase.finished', 'deployment', 'succeeded'],
      ['phase.started', 'post-deployment', 'running'],
      ['phase.finished', 'post-deployment', 'succeeded'],
      ['attempt.finished', '1', 'succeeded'],
      ['delivery.finished', expect.any(String), 'succeeded'],
    ]);
    const [first] = cloudEvents();
    expect(first).toMatchObject({ specversion: '1.0', source: '/stageline/shop/dev', subject: 'shop-dev' });
    expect(first?.traceparent.split('-')[1]).toBe(world.ledger().deliveries[0]?.traceId);
    expect(new Set(cloudEvents().map(({ id }) => id)).size).toBe(cloudEvents().length);
    expect(sink.requests[0]?.headers['content-type']).toContain('application/cloudevents+json');
  });

  it.each([
    ['refuses', 500],
    ['hangs', 0],
  ])('to a sink that %s fail nothing, and it is said once', { timeout: 20_000 }, async (_name, code) => {
    sinkStatus = code;
    const end = await world.run('pre', plan(), { env: env() });
    expect(end.exitCode).toBe(0);
    expect(
      end.log.filter((line) => line.includes('an event did not reach the CloudEvents sink')),
    ).toHaveLength(1);
  });
});

describe('Kubernetes Events', () => {
  it('stand on the anchor, one a phase that has ended', async () => {
    status = 503;
    await world.run('pre', plan());
    expect(kubeEvents()).toMatchObject([
      {
        involvedObject: { kind: 'ConfigMap', name: 'stageline-shop-dev', uid: expect.any(String) },
        type: 'Warning',
        reason: 'PhaseFailed',
        message: expect.stringContaining('phase pre-deployment failed: check "probe" failed'),
      },
    ]);
  });

  it('tell every transition where asked to, and none where they are off', async () => {
    await world.run('pre', plan(), { env: { STAGELINE_KUBERNETES_EVENTS: 'off' } });
    expect(kubeEvents()).toHaveLength(0);
    await world.run('post', plan(), { env: { STAGELINE_KUBERNETES_EVENTS: 'all' } });
    expect(kubeEvents().length).toBeGreaterThan(3);
  });

  it('that may not be made fail nothing', async () => {
    await world.close();
    world = await startHookWorld({
      beforeRequest: ({ resource }) => (resource === 'events' ? { status: 403 } : undefined),
    });
    const end = await world.run('pre', plan());
    expect(end.exitCode).toBe(0);
    expect(end.log.join('')).toContain('no right to create events in namespace shop-dev');
  });
});
