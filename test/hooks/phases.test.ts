/** Phases and attempts against the stand-in cluster: what the ledger says after each hook. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTaskJobs, type JobRunner } from './support/job-runner.ts';
import { startService, type TestService } from './support/service.ts';
import {
  check,
  NAMESPACE,
  OPERATION,
  planFor,
  startHookWorld,
  stopper,
  type HookWorld,
} from './support/world.ts';

let world: HookWorld;
let service: TestService;
let status = 200;
let jobs: JobRunner | undefined;

beforeEach(async () => {
  status = 200;
  world = await startHookWorld();
  service = await startService((_request, response) => response.writeHead(status).end('ok'));
});

afterEach(async () => {
  jobs?.stop();
  jobs = undefined;
  await service.close();
  await world.close();
});

const probe = (): ReturnType<typeof check> => check('probe', { kind: 'http', url: service.url });
const attempts = () => world.ledger().deliveries[0]?.attempts ?? [];

describe('a delivery', () => {
  it('goes through its phases, promotes and closes, and its ledger belongs to the anchor', async () => {
    const plan = planFor(world, {
      pre: [[probe()]],
      post: [[{ ...probe(), name: 'again' }]],
      promotions: [{}],
    });
    for (const role of ['pre', 'post', 'promote'] as const)
      expect((await world.run(role, plan)).exitCode).toBe(0);
    const [delivery] = world.ledger().deliveries;
    expect(delivery?.status).toBe('succeeded');
    expect(delivery?.attempts.map(({ run, status: verdict }) => [run, verdict])).toEqual([[1, 'succeeded']]);
    expect(delivery?.attempts[0]?.phases.map((phase) => [phase.name, phase.status])).toEqual([
      ['pre-deployment', 'succeeded'],
      ['deployment', 'succeeded'],
      ['post-deployment', 'succeeded'],
      ['promotion', 'succeeded'],
    ]);
    expect(delivery?.promotions[0]).toMatchObject({ status: 'done', commit: world.head() });
    const anchor = world.store.get({
      group: '',
      kind: 'ConfigMap',
      namespace: NAMESPACE,
      name: plan.anchor.name,
    });
    const ledger = world.store.get({
      group: '',
      kind: 'ConfigMap',
      namespace: NAMESPACE,
      name: plan.ledger.name,
    });
    expect(ledger?.metadata.ownerReferences).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap', name: plan.anchor.name, uid: anchor?.metadata.uid },
    ]);
  });

  it('writes at most twice a phase beyond once a finished check', async () => {
    const plan = planFor(world, {
      pre: [[probe(), { ...probe(), name: 'second' }], [{ ...probe(), name: 'third' }]],
      promotions: [{}],
    });
    await world.run('pre', plan);
    const writes = () =>
      world.api.calls().filter((call) => call.verb === 'update' || call.verb === 'create').length;
    // One of them creates the anchor.
    expect(writes() - 1).toBeLessThanOrEqual(2 + 3);
    const before = writes();
    await world.run('promote', plan);
    expect(writes() - before).toBeLessThanOrEqual(2 + 1);
  });

  it('is not verified again once it succeeded, whichever hook asks', async () => {
    const plan = planFor(world, { pre: [[probe()]] });
    await world.run('pre', plan);
    await world.run('post', plan);
    const asked = service.requests.length;
    const again = await world.run('pre', plan, { operation: OPERATION + 60 });
    expect(again).toMatchObject({ exitCode: 0, line: 'stageline: already verified in this stage' });
    expect(service.requests).toHaveLength(asked);
  });

  it('fails the sync with the reason when a check fails, and fails fast on retries of that operation', async () => {
    status = 503;
    const plan = planFor(world, { pre: [[probe()], [{ ...probe(), name: 'never' }]] });
    const first = await world.run('pre', plan);
    expect(first.exitCode).toBe(1);
    expect(first.line).toContain(`check "probe" failed: ${service.url} answered 503, expected 200 to 299`);
    expect(first.line).not.toContain('\n');
    await world.run('fail', plan);
    const asked = service.requests.length;
    const retry = await world.run('pre', plan);
    expect(retry.exitCode).toBe(1);
    expect(retry.line).toContain('already failed in this operation');
    expect(service.requests).toHaveLength(asked);
    expect(attempts().map((attempt) => attempt.status)).toEqual(['failed']);
  });

  it('gets a new attempt when a new operation tries a failed version again', async () => {
    status = 503;
    const plan = planFor(world, { pre: [[probe()]] });
    await world.run('pre', plan);
    status = 200;
    expect((await world.run('pre', plan, { operation: OPERATION + 60 })).exitCode).toBe(0);
    expect(attempts().map((attempt) => attempt.status)).toEqual(['failed', 'running']);
  });

  it('carries what passed over to the retry of an errored attempt', async () => {
    const broken = check('broken', { kind: 'http', url: 'http://127.0.0.1:9' });
    const plan = planFor(world, { pre: [[probe()], [broken]] });
    const first = await world.run('pre', plan);
    expect(first).toMatchObject({ exitCode: 1 });
    expect(first.line).toContain('HTTP_UNREACHABLE');
    await world.run('fail', plan);
    await world.run('pre', plan);
    expect(service.requests).toHaveLength(1);
    expect(attempts().map(({ run, status: verdict }) => [run, verdict])).toEqual([
      [1, 'errored'],
      [2, 'errored'],
    ]);
    expect(attempts()[1]?.phases[0]?.checks[0]).toMatchObject({ name: 'probe', carried: true });
  });

  it('is failed, not errored, when of two parallel checks one fails and one cannot be carried out', async () => {
    status = 500;
    const broken = check('broken', { kind: 'http', url: 'http://127.0.0.1:9' });
    await world.run('pre', planFor(world, { pre: [[broken, probe()]] }));
    expect(attempts()[0]?.status).toBe('failed');
  });
});

describe('two processes of one hook', () => {
  it('agree on one attempt, one task and one verdict', async () => {
    jobs = runTaskJobs(world.store, () => ({ exitCode: 0 }));
    const task = check('task', { kind: 'task', image: 'task' });
    const plan = planFor(world, { pre: [[probe(), task]] });
    world.createHookJob('pre', OPERATION);
    const ends = await Promise.all([1, 2].map(() => world.run('pre', plan, { keepJob: true })));
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(jobs.ran).toHaveLength(1);
    expect(world.ledger().deliveries).toHaveLength(1);
    expect(
      attempts().map(({ run, phases }) => [run, phases.map(({ name, status: verdict }) => [name, verdict])]),
    ).toEqual([
      [
        1,
        [
          ['pre-deployment', 'succeeded'],
          ['deployment', 'running'],
        ],
      ],
    ]);
  });

  it('of which one is slow, do not undo what came after', async () => {
    const plan = planFor(world, { pre: [[probe()]], post: [[{ ...probe(), name: 'after' }]] });
    await world.run('pre', plan);
    await world.run('post', plan);
    const before = world.ledger();
    // A PreSync pod that Kubernetes started late, once all is over.
    expect((await world.run('pre', plan)).line).toContain('already verified');
    expect(world.ledger()).toEqual(before);
  });
});

describe('the post-deployment hook', () => {
  it('refuses to go on without the recorded verdict of the pre-deployment checks', async () => {
    const plan = planFor(world, { pre: [[probe()]], post: [[{ ...probe(), name: 'after' }]] });
    const end = await world.run('post', plan);
    expect(end.exitCode).toBe(1);
    expect(end.line).toContain('VERDICT_MISSING');
    expect(service.requests).toHaveLength(0);
    expect(attempts()[0]?.status).toBe('errored');
  });

  it('opens the delivery itself when nothing is checked before, from the start of the operation', async () => {
    const operation = Math.floor(Date.now() / 1000) - 30;
    const plan = planFor(world, { post: [[probe()]] });
    expect((await world.run('post', plan, { operation })).exitCode).toBe(0);
    const [attempt] = attempts();
    expect(attempt?.startedAt).toBe(new Date(operation * 1000).toISOString());
    expect(attempt?.phases.map((phase) => [phase.name, phase.status])).toEqual([
      ['deployment', 'succeeded'],
      ['post-deployment', 'succeeded'],
    ]);
    expect(attempt?.status).toBe('succeeded');
  });
});

describe('the fail hook', () => {
  it('notes a sync that failed while Argo CD applied', async () => {
    const plan = planFor(world, { pre: [[probe()]], post: [[{ ...probe(), name: 'after' }]] });
    await world.run('pre', plan);
    expect((await world.run('fail', plan)).exitCode).toBe(0);
    expect(attempts()[0]).toMatchObject({ status: 'errored' });
    expect(attempts()[0]?.message).toContain('could not apply the manifests');
    expect(world.ledger().deliveries[0]?.firstVerdict).toBeUndefined();
  });

  it('notes a sync that failed before any hook could open the delivery', async () => {
    const plan = planFor(world, { post: [[probe()]] });
    await world.run('fail', plan);
    expect(attempts()[0]?.phases.map((phase) => [phase.name, phase.status])).toEqual([
      ['deployment', 'errored'],
    ]);
  });
});

describe('a hook that is told to end', () => {
  const hang = () => check('hang', { kind: 'task', image: 'task' });

  it('closes the attempt as abandoned when its Job is being deleted', async () => {
    jobs = runTaskJobs(world.store, () => new Promise(() => undefined));
    const plan = planFor(world, { pre: [[hang()]] });
    const { signal, stop } = stopper();
    const name = world.createHookJob('pre', OPERATION);
    const running = world.run('pre', plan, { stop: signal, keepJob: true });
    await until(() => jobs?.ran.length === 1);
    world.store.delete({ group: 'batch', kind: 'Job', namespace: NAMESPACE, name });
    stop();
    const end = await running;
    expect(end).toMatchObject({ exitCode: 1, line: 'stageline: the sync was terminated while its hook ran' });
    expect(attempts()[0]).toMatchObject({ status: 'abandoned' });
    expect(attempts()[0]?.phases[0]?.checks[0]?.status).toBe('abandoned');
  });

  it('says so when its deadline has passed', async () => {
    jobs = runTaskJobs(world.store, () => new Promise(() => undefined));
    const { signal, stop } = stopper();
    const name = world.createHookJob('pre', OPERATION);
    const running = world.run('pre', planFor(world, { pre: [[hang()]] }), { stop: signal, keepJob: true });
    await until(() => jobs?.ran.length === 1);
    const job = world.store.get({ group: 'batch', kind: 'Job', namespace: NAMESPACE, name });
    const conditions = [{ type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded' }];
    if (job) world.store.updateStatus({ ...job, status: { conditions } });
    stop();
    expect((await running).line).toContain('the hook ran longer than its activeDeadlineSeconds');
    expect(attempts()[0]).toMatchObject({ status: 'errored', phases: [{ checks: [{ status: 'errored' }] }] });
  });

  it('closes it as errored when only its pod goes, and the next run goes on', async () => {
    jobs = runTaskJobs(world.store, (job) =>
      job.metadata.name.includes('-1-hang') ? new Promise(() => undefined) : { exitCode: 0 },
    );
    const plan = planFor(world, { pre: [[hang()]] });
    const { signal, stop } = stopper();
    const running = world.run('pre', plan, { stop: signal });
    await until(() => jobs?.ran.length === 1);
    stop();
    expect((await running).line).toContain('pod was stopped');
    expect(attempts()[0]?.status).toBe('errored');
    expect((await world.run('pre', plan)).exitCode).toBe(0);
    expect(attempts().map((attempt) => attempt.run)).toEqual([1, 2]);
  });
});

/** Waits for the event loop, not for a time. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
