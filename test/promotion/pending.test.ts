/** Promotions that wait outside any sync: approved, turned down, expired, due, superseded. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedGates } from '../../core/plan.ts';
import type { KubeObject } from '../../sandbox/kube/index.ts';
import { NAMESPACE, OPERATION } from '../hooks/support/world.ts';
import { byPullRequest, startPromotionWorld, TOKEN, type PromotionWorld } from './support/world.ts';
import {
  due,
  environmentOf,
  pendingJobs,
  resume,
  runJob,
  specOf,
  tellOfApplication,
} from './support/pending.ts';

let world: PromotionWorld;

beforeEach(async () => {
  world = await startPromotionWorld();
});

afterEach(() => world.close());

const HOUR = 3600_000;
const later = (ms: number) => (): number => Date.now() + ms;
const push = { kind: 'push', merge: true } as const;
const wait = async (gates: PlannedGates, version = 'v2', operation = OPERATION): Promise<void> => {
  expect(
    (await world.run('promote', world.plan({ gates, way: push }, { version }), { operation })).exitCode,
  ).toBe(0);
};
const onlyJob = (): KubeObject => {
  const jobs = pendingJobs(world);
  expect(jobs).toHaveLength(1);
  return jobs[0] as KubeObject;
};
const deleteJob = (job: KubeObject): unknown =>
  world.store.delete({ group: 'batch', kind: 'Job', namespace: NAMESPACE, name: job.metadata.name });
const subjects = (): string[] => world.gitLog('%s');

describe('a promotion that needs approval', () => {
  it('waits as a suspended Job that belongs to the anchor, while the delivery has succeeded', async () => {
    await wait({ approval: {} });
    const job = onlyJob();
    expect(subjects()).toEqual(['Use v2 in dev']);
    expect(world.deliveries()[0]?.status).toBe('succeeded');
    expect(world.promotion()).toMatchObject({
      status: 'waiting',
      message: 'prod: waits for approval',
      pending: { job: job.metadata.name, waitsFor: 'approval' },
    });
    expect(specOf(job).suspend).toBe(true);
    expect(job.metadata.ownerReferences).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'stageline-shop-dev', uid: expect.any(String) },
    ]);
    expect(specOf(job).template.spec.containers[0]?.command).toEqual([
      'node',
      '/app/stageline.cjs',
      'promote',
      '--pending',
    ]);
    expect(job.metadata.labels).toMatchObject({
      'stageline.dev/target': 'prod',
      'stageline.dev/part': 'pending',
    });
  });

  it('has its token by reference and no value of it', async () => {
    await wait({ approval: {} });
    expect(JSON.stringify(onlyJob())).not.toContain(TOKEN);
    expect(environmentOf(world, onlyJob())['STAGELINE_GIT_TOKEN']).toBe(TOKEN);
  });

  it('is carried out once when the Job is resumed, and the ledger says who approved', async () => {
    await wait({ approval: {} });
    const job = onlyJob();
    resume(world, job, 'alice@example.com');
    expect(await runJob(world, job)).toEqual({
      exitCode: 0,
      line: 'stageline: frontend.tag v2 is in prod, let go by alice@example.com',
    });
    expect(subjects()).toEqual(['Promote shop to prod: frontend.tag v2', 'Use v2 in dev']);
    expect(world.promotion()).toMatchObject({
      status: 'done',
      commit: world.head(),
      decidedBy: 'alice@example.com',
      resumedAt: expect.any(String),
      carriedAt: expect.any(String),
      settledAt: expect.any(String),
    });
    expect(world.promotion()?.pending).toBeUndefined();
    expect((await runJob(world, job)).line).toContain('nothing to do, it is done');
    expect(subjects()).toHaveLength(2);
  });

  it('is not made twice by a hook that was killed before it could write of its Job', async () => {
    await wait({ approval: {} });
    const name = onlyJob().metadata.name;
    const ref = { group: '', kind: 'ConfigMap', namespace: NAMESPACE, name: 'stageline-ledger-shop-dev' };
    const ledger = world.ledger();
    for (const delivery of ledger.deliveries) {
      delivery.status = 'running';
      delivery.attempts = delivery.attempts.map((attempt) => ({ ...attempt, status: 'running', phases: [] }));
      delivery.promotions = delivery.promotions.map(({ pending: _job, finishedAt: _at, ...record }) => ({
        ...record,
        status: 'intended',
      }));
    }
    const object = world.store.get(ref);
    world.store.update({ ...object, data: { 'ledger.json': JSON.stringify(ledger) } } as KubeObject);
    await wait({ approval: {} });
    expect(onlyJob().metadata.name).toBe(name);
    expect(world.promotion()?.pending?.job).toBe(name);
  });

  it('opens its pull request only then, and waits for the merge', async () => {
    await world.run('promote', world.plan({ gates: { approval: {} }, way: byPullRequest() }));
    expect(world.pulls()).toEqual([]);
    const job = onlyJob();
    resume(world, job);
    expect((await runJob(world, job)).exitCode).toBe(0);
    expect(world.promotion()).toMatchObject({ status: 'waiting', url: expect.stringContaining('/pull/1') });
    expect(world.promotion()?.pending).toBeUndefined();
    const [pull] = world.pulls();
    pull?.reviews.push({ by: 'bob', state: 'APPROVED' });
    await fetch(`${world.github.url}/repos/acme/shop/pulls/1/merge`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ merge_method: 'squash' }),
    });
    expect((await due(world)).done).toEqual([
      'stageline-ledger-shop-dev: prod done (pull request #1 was merged)',
    ]);
    expect(world.promotion()).toMatchObject({ status: 'done', decidedBy: 'bob' });
  });

  it('is turned down by deleting the Job, and the ledger says who did', async () => {
    await wait({ approval: {} });
    const job = onlyJob();
    deleteJob(job);
    const { name } = job.metadata;
    tellOfApplication(world, `carol deleted resource batch/Job '${name}-other'`);
    tellOfApplication(world, `carol@example.com deleted resource batch/Job '${name}'`);
    await due(world);
    expect(world.promotion()).toMatchObject({
      status: 'rejected',
      message: `turned down: Job ${job.metadata.name} was deleted`,
      decidedBy: 'carol@example.com',
    });
    expect(subjects()).toHaveLength(1);
    expect((await due(world)).done).toEqual([]);
  });

  it('expires, also if it is resumed too late', async () => {
    await wait({ approval: { expiresMs: HOUR } });
    const job = onlyJob();
    resume(world, job);
    const end = await runJob(world, job, { now: later(2 * HOUR) });
    expect(end).toMatchObject({ exitCode: 1, line: expect.stringContaining('it expired at') });
    expect(world.promotion()?.status).toBe('expired');
    expect(subjects()).toHaveLength(1);
  });

  it('that has expired is ended by what looks after it, with its Job', async () => {
    await wait({ approval: { expiresMs: HOUR } });
    expect((await due(world)).done).toEqual([]);
    await due(world, later(2 * HOUR));
    expect(world.promotion()?.status).toBe('expired');
    expect(pendingJobs(world)).toEqual([]);
  });

  it('is superseded by a newer version that waits for approval too', async () => {
    await wait({ approval: {} });
    const older = onlyJob();
    await wait({ approval: {} }, 'v3', OPERATION + 60);
    expect(onlyJob().metadata.name).not.toBe(older.metadata.name);
    const [newer, superseded] = world.deliveries().map(({ promotions }) => promotions[0]);
    expect(newer?.status).toBe('waiting');
    expect(superseded).toMatchObject({
      status: 'superseded',
      message: expect.stringContaining('superseded by freight'),
    });
  });
});

describe('a promotion that soaks', () => {
  it('is let go when its time has come, and not before', async () => {
    await wait({ soakMs: HOUR });
    const job = onlyJob();
    expect(world.promotion()?.pending).toMatchObject({ waitsFor: 'soak', notBefore: expect.any(String) });
    expect((await due(world)).done).toEqual([]);
    expect((await due(world, later(2 * HOUR))).done).toEqual([
      'stageline-ledger-shop-dev: let go prod (soak is over)',
    ]);
    const live = onlyJob();
    expect(specOf(live).suspend).toBe(false);
    expect((await runJob(world, job, { now: later(2 * HOUR) })).exitCode).toBe(0);
    expect(world.promotion()).toMatchObject({ status: 'done' });
    expect(world.promotion()?.decidedBy).toBeUndefined();
  });

  it('does not keep newer versions from soaking, nor they it; then the older never follows the newer', async () => {
    await wait({ soakMs: HOUR });
    await wait({ soakMs: HOUR }, 'v3', OPERATION + 60);
    const [older, newer] = pendingJobs(world).toSorted(
      (a, b) =>
        (world.deliveries()[1]?.promotions[0]?.pending?.job === a.metadata.name ? -1 : 1) || (a < b ? -1 : 1),
    ) as [KubeObject, KubeObject];
    expect((await runJob(world, newer, { now: later(2 * HOUR) })).exitCode).toBe(0);
    expect(await runJob(world, older, { now: later(2 * HOUR) })).toMatchObject({
      exitCode: 1,
      line: expect.stringContaining('superseded by freight'),
    });
    expect(world.show('charts/prod/values.yaml')).toContain('tag: v3');
  });
});

describe('a promotion with several gates', () => {
  const gates: PlannedGates = {
    approval: {},
    windows: [{ kind: 'allow', schedule: '0 0 1 1 *', durationMs: HOUR, timeZone: 'UTC' }],
  };

  it('waits at the next one with another Job once the first is passed', async () => {
    await wait(gates);
    const approval = onlyJob();
    resume(world, approval, 'alice');
    expect((await runJob(world, approval)).line).toContain('waits for its window');
    expect(subjects()).toHaveLength(1);
    const window = pendingJobs(world).find(({ metadata }) => metadata.name !== approval.metadata.name);
    expect(world.promotion()).toMatchObject({
      status: 'waiting',
      decidedBy: 'alice',
      pending: {
        job: window?.metadata.name,
        waitsFor: 'window',
        notBefore: expect.stringMatching(/-01-01T00:00:00/),
      },
    });
    expect(specOf(window as KubeObject).suspend).toBe(true);
    // Whoever resumes that one wants it now.
    resume(world, window as KubeObject, 'bob');
    expect((await runJob(world, window as KubeObject)).exitCode).toBe(0);
    expect(world.promotion()).toMatchObject({ status: 'done', decidedBy: 'alice' });
  });

  it('let go by the clock it looks again whether its window is open still', async () => {
    await wait(gates);
    resume(world, onlyJob());
    await runJob(world, onlyJob());
    const name = world.promotion()?.pending?.job ?? '';
    const notBefore = Date.parse(world.promotion()?.pending?.notBefore ?? '');
    const window = pendingJobs(world).find(({ metadata }) => metadata.name === name) as KubeObject;
    const end = await runJob(world, window, { now: () => notBefore + 2 * HOUR });
    expect(end.line).toContain('waits for its window');
    expect(world.promotion()?.pending?.job).not.toBe(name);
    expect(subjects()).toHaveLength(1);
  });
});

describe('a promotion on hold', () => {
  it('says why, and is carried out when somebody lets it go', async () => {
    await wait({ hold: 'year-end freeze' });
    expect(world.promotion()).toMatchObject({
      status: 'waiting',
      message: 'prod: on hold: year-end freeze',
      pending: { waitsFor: 'hold' },
    });
    const job = onlyJob();
    resume(world, job);
    await runJob(world, job);
    expect(world.promotion()?.status).toBe('done');
  });
});

describe('a pending promotion that goes wrong', () => {
  it('stays for the Job’s next try, and has failed after the last', async () => {
    await wait({ approval: {} });
    const job = onlyJob();
    resume(world, job);
    const env = { STAGELINE_GIT_TOKEN: 'wrong-token-of-tests' };
    const end = await runJob(world, job, { env });
    expect(end).toMatchObject({ exitCode: 1, line: expect.stringContaining('GIT_CREDENTIALS') });
    expect(world.promotion()?.status).toBe('waiting');
    const live = onlyJob();
    world.store.updateStatus({ ...live, status: { failed: 3 } });
    await runJob(world, job, { env });
    expect(world.promotion()).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('GIT_CREDENTIALS'),
    });
    expect(JSON.stringify(world.ledger())).not.toContain('wrong-token');
  });

  it('is done where its Job was killed just after it had pushed', async () => {
    await wait({ approval: {} });
    const job = onlyJob();
    resume(world, job, 'alice');
    expect((await runJob(world, job)).exitCode).toBe(0);
    // The ledger as it was before the Job’s last write.
    const ref = { group: '', kind: 'ConfigMap', namespace: NAMESPACE, name: 'stageline-ledger-shop-dev' };
    const ledger = world.ledger();
    for (const delivery of ledger.deliveries) {
      delivery.promotions = delivery.promotions.map(
        ({ settledAt: _s, carriedAt: _c, commit: _i, ...record }) => ({
          ...record,
          status: 'waiting',
          pending: { job: job.metadata.name, waitsFor: 'approval' },
        }),
      );
    }
    const object = world.store.get(ref);
    world.store.update({ ...object, data: { 'ledger.json': JSON.stringify(ledger) } } as KubeObject);
    deleteJob(onlyJob());
    expect((await due(world)).problems).toEqual([]);
    expect(world.promotion()).toMatchObject({ status: 'done', decidedBy: 'alice' });
    expect(subjects()).toHaveLength(2);
  });

  it('is failed when its Job has failed or is gone without a word', async () => {
    await wait({ approval: {} });
    const job = onlyJob();
    resume(world, job);
    world.store.updateStatus({
      ...onlyJob(),
      status: { conditions: [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }] },
    });
    await due(world);
    expect(world.promotion()).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('DeadlineExceeded'),
    });
  });
});

describe('what looks after waiting promotions', () => {
  it('removes a Job that no record waits for', async () => {
    await wait({ approval: {} });
    const job = onlyJob();
    world.store.create({
      ...job,
      metadata: { name: 'sl-promote-left', namespace: NAMESPACE, labels: job.metadata.labels ?? {} },
    });
    expect((await due(world)).done).toEqual([
      'shop-dev: removed Job sl-promote-left, which nothing waits for',
    ]);
    expect(onlyJob().metadata.name).toBe(job.metadata.name);
  });

  it('closes a delivery whose hook is gone', async () => {
    world.createHookJob('pre', OPERATION);
    const plan = world.plan({}, { pre: [[]] });
    const stop = new AbortController();
    stop.abort(new Error('killed'));
    const { openDelivery, startPhase, emptyLedger, deliveryId } =
      await import('../../core/ledger/delivery.ts');
    const now = new Date().toISOString();
    const opened = openDelivery(emptyLedger(plan), plan, {
      operation: String(OPERATION),
      now,
      newTraceId: 'a'.repeat(32),
    });
    const ledger = startPhase(opened.ledger, deliveryId(plan), { name: 'pre-deployment', now, job: 'gone' });
    world.store.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: plan.ledger.name, namespace: NAMESPACE, labels: { 'stageline.dev/part': 'ledger' } },
      data: { 'ledger.json': JSON.stringify(ledger) },
    });
    expect((await due(world)).done).toEqual([]);
    expect((await due(world, later(HOUR))).done).toHaveLength(1);
    expect(world.deliveries()[0]).toMatchObject({ status: 'failed', attempts: [{ status: 'abandoned' }] });
  });

  it('sees a branch that somebody merged, and one that somebody deleted', async () => {
    const way = { kind: 'push', merge: false } as const;
    await world.run('promote', world.plan({ way }));
    expect((await due(world)).done).toEqual([]);
    const { execFileSync } = await import('node:child_process');
    const git = (...args: string[]): string =>
      execFileSync('git', ['--git-dir', `${world.folder}/shop.git`, ...args], { encoding: 'utf8' });
    git('update-ref', 'refs/heads/main', world.promotion()?.commit ?? '');
    await due(world);
    expect(world.promotion()).toMatchObject({ status: 'done' });
    await world.run('promote', world.plan({ way }, { version: 'v3' }), { operation: OPERATION + 60 });
    git('branch', '-D', world.promotion()?.branch ?? '');
    await due(world);
    expect(world.promotion()).toMatchObject({ status: 'rejected' });
  });
});
