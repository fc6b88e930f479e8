/**
 * The example delivered from end to end: a version goes from dev to prod through the workflow and a pull request, the
 * traces are linked, a slow version stops, a refused promotion fails, and nothing goes round in circles.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeliveryRecord } from '../../core/ledger/types.ts';
import { spanKey } from '../../core/span-keys.ts';
import { formatTraceparent, parseTraceparent, spanIdOf } from '../../core/trace-context.ts';
import type { ReceivedSpan } from '../../sandbox/otlp/decode.ts';
import { hasPrometheus } from '../hooks/support/prometheus.ts';
import { runWorkflow } from './support/workflow.ts';
import {
  DISPATCH_TOKEN,
  REPOSITORY,
  startKeptnWorld,
  WORKFLOW_TOKEN,
  type KeptnWorld,
} from './support/world.ts';

const LIMIT_MS = 180_000;

describe.skipIf(!hasPrometheus())('the example, from commit to prod', { timeout: LIMIT_MS }, () => {
  let world: KeptnWorld;
  beforeAll(async () => {
    world = await startKeptnWorld();
  }, LIMIT_MS);
  afterAll(() => world?.close());

  const dispatches = (): Record<string, unknown>[] =>
    world.github.repository(REPOSITORY).runs.map(({ inputs }) => inputs);
  const checksOf = (delivery: DeliveryRecord | undefined, phase: string): [string, string][] =>
    (delivery?.attempts.at(-1)?.phases.find(({ name }) => name === phase)?.checks ?? []).map(
      ({ name, status }) => [name, status],
    );
  const runsOf = (delivery: DeliveryRecord | undefined): string | undefined => delivery?.status;
  const span = (traceId: string, spanId: string): ReceivedSpan | undefined =>
    world.receiver.spans().find((received) => received.traceId === traceId && received.spanId === spanId);
  const promote = (): Promise<string[]> =>
    runWorkflow({
      bare: world.bare,
      directory: world.directory,
      workflow: 'promote.yaml',
      inputs: dispatches().at(-1) ?? {},
      repository: REPOSITORY,
      apiUrl: world.github.url,
      token: WORKFLOW_TOKEN,
    });

  test('a Secret that is missing at the first deployment fails the promotion, says so, and is all that is missing', async () => {
    await world.until(
      () =>
        runsOf(world.delivery('dev', 'v1')) === 'failed' &&
        runsOf(world.delivery('prod', 'v1')) === 'succeeded',
    );
    await world.settled();
    expect(world.delivery('dev', 'v1')?.message).toContain('secret "github-token" not found');
    expect(dispatches()).toEqual([]);

    world.setToken(DISPATCH_TOKEN);
    world.argocd.sync('tickets-dev');
    await world.until(() => runsOf(world.delivery('dev', 'v1')) === 'succeeded');
    await world.settled();
    expect(dispatches()).toHaveLength(1);
    expect(await promote()).toEqual(['prod has v1 already\n']);
    expect(world.github.repository(REPOSITORY).pulls).toEqual([]);
  });

  test('a version is checked in dev in Keptn’s order, and starts the workflow with the promotion’s trace parent', async () => {
    const commit = world.release('v2');
    await world.until(() => runsOf(world.delivery('dev', 'v2')) === 'succeeded');
    await world.settled();
    const delivery = world.delivery('dev', 'v2');
    expect(checksOf(delivery, 'pre-deployment')).toEqual([['prometheus-is-there', 'passed']]);
    expect(checksOf(delivery, 'post-deployment')).toEqual([
      ['store-is-scraped', 'passed'],
      ['web-is-scraped', 'passed'],
      ['load-web', 'passed'],
      ['response-time', 'passed'],
    ]);
    expect(checksOf(delivery, 'promotion')).toEqual([['promote', 'passed']]);

    const { traceId = '', attempts = [] } = delivery ?? {};
    const attempt = attempts.at(-1) ?? { operation: '', run: 0 };
    const spanId = spanIdOf(traceId, spanKey.phase(attempt, 'promotion'));
    expect(dispatches()).toHaveLength(2);
    expect(dispatches()[1]).toEqual({ traceParent: formatTraceparent({ traceId, spanId, sampled: true }) });
    expect(span(traceId, spanId)).toMatchObject({
      name: 'promotion',
      statusCode: 1,
      attributes: { commitID: commit, stage: 'dev' },
    });
  });

  test('the workflow carries the version over to prod in two lines, and asks for a merge once', async () => {
    const before = world.git('show', 'origin/main:chart-prod/values.yaml').split('\n');
    await promote();
    await promote();
    const { pulls } = world.github.repository(REPOSITORY);
    expect(pulls.map(({ title, state }) => [title, state])).toEqual([['Promote v2 to prod', 'open']]);
    world.git('fetch', '--quiet', 'origin');
    const after = world.git('show', 'origin/promote/v2:chart-prod/values.yaml').split('\n');
    const changed = after.filter((line, index) => line !== before[index]);
    expect(changed).toEqual([
      'serviceVersion: v2',
      `traceParent: "${String(dispatches()[1]?.['traceParent'])}"`,
    ]);
    expect(after).toHaveLength(before.length);
  });

  test('merged, the version goes into prod, whose trace links to the very span of dev’s promotion', async () => {
    const [pull] = world.github.repository(REPOSITORY).pulls;
    const deliveries = world.ledger('dev').deliveries.length;
    const merged = await fetch(`${world.github.url}/repos/${REPOSITORY}/pulls/${pull?.number}/merge`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${WORKFLOW_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ merge_method: 'merge' }),
    });
    expect(merged.status).toBe(200);
    world.argocd.webhook();
    await world.until(() => runsOf(world.delivery('prod', 'v2')) === 'succeeded');
    await world.settled();
    const delivery = world.delivery('prod', 'v2');
    const traceParent = String(dispatches()[1]?.['traceParent']);
    expect(delivery?.links).toEqual([{ traceparent: traceParent }]);
    const { traceId = '', spanId = '' } = parseTraceparent(traceParent) ?? {};
    const root = span(delivery?.traceId ?? '', spanIdOf(delivery?.traceId ?? '', spanKey.delivery()));
    expect(root?.links).toMatchObject([
      { traceId, spanId, attributes: { 'opentracing.ref_type': 'follows-from' } },
    ]);
    expect(root?.attributes).toMatchObject({ commitID: delivery?.commit.id, stage: 'prod' });
    expect(span(traceId, spanId)?.name).toBe('promotion');

    // The merge touched prod alone: dev is not delivered again, and nothing is promoted a second time.
    expect(world.ledger('dev').deliveries).toHaveLength(deliveries);
    expect(dispatches()).toHaveLength(2);
  });

  test('a version that is too slow stops in dev, with the measured value and its target', async () => {
    world.release('v3');
    await world.until(() => runsOf(world.delivery('dev', 'v3')) === 'failed');
    await world.settled();
    const delivery = world.delivery('dev', 'v3');
    expect(checksOf(delivery, 'post-deployment').at(-1)).toEqual(['response-time', 'failed']);
    const check = delivery?.attempts
      .at(-1)
      ?.phases.flatMap((phase) => phase.checks)
      .find(({ name }) => name === 'response-time');
    expect(check).toMatchObject({ target: '<0.3', tries: 3 });
    expect(check?.value).toBeGreaterThan(0.3);
    expect(dispatches()).toHaveLength(2);
  });

  test('a promotion that GitHub refuses has failed, and is made up for once the token is right', async () => {
    world.setToken('expired');
    world.release('v4');
    await world.until(() => runsOf(world.delivery('dev', 'v4')) === 'failed');
    await world.settled();
    expect(world.delivery('dev', 'v4')?.message).toContain('task "promote" failed with exit code 1');
    // What a task writes is in logs alone: its own, and repeated in the hook's.
    expect(world.log('dev', 'sl-tickets-dev-promote-')).toContain('GitHub answered 401');
    expect(checksOf(world.delivery('dev', 'v4'), 'promotion')).toEqual([['promote', 'failed']]);

    world.setToken(DISPATCH_TOKEN);
    world.argocd.sync('tickets-dev');
    await world.until(() => runsOf(world.delivery('dev', 'v4')) === 'succeeded');
    await world.settled();
    expect(dispatches()).toHaveLength(3);
  });

  test('every request was one that GitHub describes', () => {
    expect(world.github.violations).toEqual([]);
  });
});
