/** A version that fails is taken back: at once or when it is due, once, and never what was restored. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePromotionFile } from '../../core/ancestry.ts';
import type { RollbackRecord } from '../../core/ledger/types.ts';
import type { Plan, PlannedRollback } from '../../core/plan.ts';
import type { KubeObject } from '../../sandbox/kube/index.ts';
import { check, OPERATION } from '../hooks/support/world.ts';
import { due, pendingJobs, resume, runJob, specOf } from './support/pending.ts';
import { byPullRequest, startPromotionWorld, TOKEN, type PromotionWorld } from './support/world.ts';

let world: PromotionWorld;
beforeEach(async () => {
  world = await startPromotionWorld();
});
afterEach(() => world.close());

const VALUES = 'charts/dev/values.yaml';
const FILE = 'charts/dev/.stageline/dev.json';
const AFTER_MS = 15 * 60_000;
const later = (ms: number) => (): number => Date.now() + ms;

/** Dev, which goes back by itself; `bad` has a check that fails for sure. */
function plan(version: string, options: { bad?: boolean; way?: PlannedRollback['way'] } = {}): Plan {
  const { way = { kind: 'push', merge: true } } = options;
  const answers = check('answers', {
    kind: 'http',
    url: `${world.git.url}/none`,
    method: 'GET',
    headers: {},
  });
  const rollback: PlannedRollback = {
    target: 'dev',
    targetApplication: 'shop-dev',
    targetPath: 'charts/dev',
    repoURL: world.repository,
    provider: 'github',
    api: world.github.url,
    base: 'main',
    secret: 'stageline-git',
    way,
    afterMs: AFTER_MS,
  };
  const { promotions: _none, ...rest } = world.plan(
    {},
    { version, ...(options.bad ? { post: [[answers]] } : {}) },
  );
  return { ...rest, promotions: [], rollback };
}

/** v2 is verified; then v3 is committed. */
async function beginWithV3(): Promise<void> {
  expect((await world.run('post', plan('v2'))).exitCode).toBe(0);
  world.commit({ [VALUES]: 'frontend:\n  tag: v3\n' }, 'Use v3 in dev');
}

async function fail(
  options: { way?: PlannedRollback['way'] } = {},
  operation = OPERATION + 60,
): Promise<Plan> {
  const bad = plan('v3', { bad: true, ...options });
  expect((await world.run('post', bad, { operation })).exitCode).toBe(1);
  expect((await world.run('fail', bad, { operation })).exitCode).toBe(0);
  return bad;
}

const rollback = (): RollbackRecord | undefined => world.deliveries()[0]?.rollback;
const onlyJob = (): KubeObject => {
  const jobs = pendingJobs(world);
  expect(jobs).toHaveLength(1);
  return jobs[0] as KubeObject;
};
const back = (): string[] => world.gitLog('%s').filter((subject) => subject.startsWith('Roll dev'));

describe('a version that a check finds to be bad', () => {
  it('is taken back at once, by a commit that says why and carries the trace', async () => {
    await beginWithV3();
    await fail();
    const job = onlyJob();
    expect(specOf(job).suspend).toBe(false);
    expect(JSON.stringify(job)).not.toContain(TOKEN);
    expect((await runJob(world, job)).line).toBe('stageline: frontend.tag v2 is in dev');
    expect(world.show(VALUES)).toContain('tag: v2');
    expect(back()).toEqual(['Roll dev of shop back: frontend.tag v2']);
    const [bad, good] = world.deliveries();
    expect(rollback()).toMatchObject({
      status: 'done',
      freight: good?.freight.id,
      delivery: good?.id,
      commit: world.head(),
      reason: expect.stringContaining('check "answers" failed'),
    });
    expect(rollback()?.traceparent.split('-')[1]).toBe(bad?.traceId);
    expect(world.gitLog('%b')).toEqual(
      expect.arrayContaining([
        expect.stringContaining('check "answers" failed'),
        `Stageline-traceparent: ${rollback()?.traceparent}`,
      ]),
    );
    expect(parsePromotionFile(world.show(FILE), FILE)).toMatchObject({
      traceparent: rollback()?.traceparent,
      rolledBack: [{ freight: bad?.freight.id, reason: expect.stringContaining('answers') }],
    });
  });

  it('is taken back once, however often Argo CD tries, and whoever runs the Job again', async () => {
    await beginWithV3();
    const bad = await fail();
    const job = onlyJob();
    await world.run('fail', bad, { operation: OPERATION + 60 });
    await runJob(world, job);
    await world.run('fail', bad, { operation: OPERATION + 60 });
    await world.run('fail', bad, { operation: OPERATION + 120 });
    expect((await runJob(world, job)).line).toContain('nothing to do, it is done');
    expect(back()).toHaveLength(1);
    onlyJob();
  });

  it('stays where somebody has gone on to another version meanwhile', async () => {
    await beginWithV3();
    await fail();
    world.commit({ [VALUES]: 'frontend:\n  tag: v4\n' }, 'Use v4 in dev');
    expect((await runJob(world, onlyJob())).line).toContain('dev has gone on to another version');
    expect(rollback()).toMatchObject({ status: 'unchanged' });
    expect(world.show(VALUES)).toContain('tag: v4');
  });

  it('stays where no version was verified before', async () => {
    world.commit({ [VALUES]: 'frontend:\n  tag: v3\n' }, 'Use v3 in dev');
    await fail();
    expect(pendingJobs(world)).toEqual([]);
    expect(rollback()).toBeUndefined();
  });

  it('stays where its freight is the one that was verified last', async () => {
    expect((await world.run('post', plan('v3'))).exitCode).toBe(0);
    world.commit({ 'charts/dev/Chart.yaml': 'name: dev\n' }, 'Change the chart');
    await fail();
    expect(pendingJobs(world)).toEqual([]);
  });

  it('is taken back by a pull request where that is the way', async () => {
    await beginWithV3();
    await fail({ way: byPullRequest({ labels: ['rollback'] }) as PlannedRollback['way'] });
    await runJob(world, onlyJob());
    expect(rollback()).toMatchObject({ status: 'waiting', url: expect.stringContaining('/pull/1') });
    const [pull] = world.pulls();
    expect(pull?.title).toContain('Roll dev of shop back');
    expect(pull?.body).toContain('check "answers" failed');
    expect(world.show(VALUES)).toContain('tag: v3');
    await fetch(`${world.github.url}/repos/acme/shop/pulls/1/merge`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ merge_method: 'squash' }),
    });
    expect((await due(world)).done).toHaveLength(1);
    expect(rollback()).toMatchObject({ status: 'done' });
    expect(world.show(VALUES)).toContain('tag: v2');
  });
});

describe('what a rollback has restored', () => {
  it('is never rolled back itself', async () => {
    await beginWithV3();
    await fail();
    await runJob(world, onlyJob());
    const restored: Plan = {
      ...plan('v2', { bad: true }),
      links: [{ traceparent: rollback()?.traceparent ?? '', stage: 'dev' }],
    };
    const operation = OPERATION + 120;
    expect((await world.run('post', restored, { operation })).exitCode).toBe(1);
    const end = await world.run('fail', restored, { operation });
    expect(end.log.join('')).toContain('it was itself restored by a rollback');
    onlyJob();
    expect(back()).toHaveLength(1);
  });

  it('is held against the version that failed, until somebody insists', async () => {
    // The failed version comes into prod by promotion, and is rolled back there: here by hand, as a Job would.
    const freight = world.plan({}, { version: 'v2' }).freight;
    const rolledBack = {
      freight: freight.id,
      reason: 'check "answers" failed',
      at: '2030-01-01T00:00:00Z',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    };
    const old = world.plan({}, { version: 'v1' }).freight;
    const file = {
      apiVersion: 'stageline.dev/v1',
      pipeline: 'shop',
      stage: 'prod',
      freight: old,
      traceparent: rolledBack.traceparent,
      ancestry: [],
      rolledBack: [rolledBack],
    };
    world.commit({ 'charts/prod/.stageline/prod.json': JSON.stringify(file) }, 'Roll prod back');
    const way = { kind: 'push', merge: true } as const;
    expect((await world.run('promote', world.plan({ way }))).exitCode).toBe(0);
    expect(world.promotion()).toMatchObject({
      status: 'waiting',
      message: expect.stringMatching(/^prod: on hold: it was rolled back in prod at 2030.*answers/),
      pending: { waitsFor: 'hold' },
    });
    const job = onlyJob();
    resume(world, job, 'alice');
    expect((await runJob(world, job)).line).toContain('frontend.tag v2 is in prod, let go by alice');
    const left = parsePromotionFile(world.show('charts/prod/.stageline/prod.json'), 'prod.json');
    expect(left.rolledBack).toBeUndefined();
  });
});

describe('a failure to apply or to become healthy', () => {
  /** No hook has a verdict: only SyncFail runs. */
  async function failToApply(): Promise<Plan> {
    await beginWithV3();
    const bad = plan('v3');
    expect((await world.run('fail', bad, { operation: OPERATION + 60 })).line).toMatch(
      /Argo CD could not apply.*rolls back to freight .* at 20.*unless it is mended by then/,
    );
    return bad;
  }

  it('is taken back when it has stood for so long', async () => {
    await failToApply();
    expect(specOf(onlyJob()).suspend).toBe(true);
    expect((await due(world)).done).toEqual([]);
    expect((await due(world, later(AFTER_MS + 1000))).done).toEqual([expect.stringContaining('let go dev')]);
    expect(specOf(onlyJob()).suspend).toBe(false);
    await runJob(world, onlyJob(), { now: later(AFTER_MS + 1000) });
    expect(world.show(VALUES)).toContain('tag: v2');
    expect(rollback()).toMatchObject({ status: 'done' });
  });

  it('is left alone once a later attempt has verified the version', async () => {
    await failToApply();
    expect((await world.run('post', plan('v3'), { operation: OPERATION + 120 })).exitCode).toBe(0);
    expect((await due(world)).done).toEqual([expect.stringContaining('the version was verified meanwhile')]);
    expect(pendingJobs(world)).toEqual([]);
    expect(back()).toEqual([]);
  });

  it('is not the version’s fault where a check could not be carried out', async () => {
    await beginWithV3();
    const broken: Plan = plan('v3');
    broken.phases = [
      {
        name: 'post-deployment',
        steps: [[check('gone', { kind: 'http', url: 'http://127.0.0.1:1/', method: 'GET', headers: {} })]],
      },
    ];
    const operation = OPERATION + 60;
    const end = await world.run('post', broken, { operation });
    const failed = await world.run('fail', broken, { operation });
    expect(world.deliveries()[0]?.attempts[0]?.status).toBe('errored');
    expect(end.exitCode).toBe(1);
    expect(failed.log.join('')).toContain('no check has found the version to be bad');
    expect(pendingJobs(world)).toEqual([]);
  });
});
