/** `by: due`: carried out by what does what is due, with credentials that no stage has, and by what Git says. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFreight } from '../../core/freight.ts';
import type { Ledger } from '../../core/ledger/types.ts';
import type { Plan, PlannedGates } from '../../core/plan.ts';
import { NAMESPACE, OPERATION, planFor, startHookWorld, type HookWorld } from '../hooks/support/world.ts';
import { startService } from '../hooks/support/service.ts';
import { byPullRequest, startPromotionWorld, type PromotionWorld } from './support/world.ts';
import { due, environmentOf, pendingJobs, resume, runJob } from './support/pending.ts';

let world: HookWorld;
beforeEach(async () => {
  world = await startHookWorld();
});
afterEach(() => world.close());
const PIPELINE = `apiVersion: stageline.dev/v1
pipeline: shop
moves:
  - helmValues: { keys: [frontend.tag] }
stages:
  - name: dev
    application: shop-dev
    path: charts/dev
    rollback: { push: {}, by: due }
  - name: prod
    application: shop-prod
    path: charts/prod
    after: dev
    promotion: { push: {}, by: due }
`;
const NO_TOKEN = { STAGELINE_GIT_USERNAME: undefined, STAGELINE_GIT_TOKEN: undefined };

function plan(more: { gates?: PlannedGates } = {}): Plan {
  return planFor(world, { promotions: [{ by: 'due', ...more }] });
}

/** The hook's part, without any token. */
async function leave(more: { gates?: PlannedGates } = {}, text = PIPELINE): Promise<void> {
  world.commit({ 'stageline.yaml': text }, 'Say what moves');
  const end = await world.run('promote', plan(more), { env: NO_TOKEN });
  expect(end).toMatchObject({ exitCode: 0 });
}

const promotion = (): unknown => world.ledger().deliveries[0]?.promotions[0];
const subjects = (): string[] => world.gitLog('%s');

/** As somebody would who may write in the namespace. */
function forge(change: (ledger: Ledger) => void, at: HookWorld = world): void {
  const ref = { group: '', kind: 'ConfigMap', namespace: NAMESPACE, name: 'stageline-ledger-shop-dev' };
  const object = at.store.get(ref);
  if (!object) throw new Error('there is no ledger');
  const ledger = at.ledger();
  change(ledger);
  at.store.update({ ...object, data: { 'ledger.json': JSON.stringify(ledger) } });
}

describe('a promotion that is left to what is due', () => {
  it('needs no token in the stage’s namespace, and is carried out once', async () => {
    await leave();
    expect(promotion()).toMatchObject({
      status: 'waiting',
      by: 'due',
      message: 'prod: waits for "stageline promote --due" to carry it out',
    });
    expect(pendingJobs(world)).toEqual([]);
    const sink = await startService((_request, response) => response.writeHead(202).end());
    expect(await due(world, Date.now, { STAGELINE_CLOUDEVENTS_SINK: sink.url })).toEqual({
      done: ['stageline-ledger-shop-dev: prod done (frontend.tag v2 is in prod)'],
      problems: [],
      empty: [],
    });
    const told = sink.requests.map(({ body }) => JSON.parse(body) as { data: Record<string, unknown> });
    await sink.close();
    expect(told.map(({ data }) => data)).toEqual([
      expect.objectContaining({ name: 'prod', status: 'done', freight: planFor(world, {}).freight.id }),
    ]);
    expect(subjects()[0]).toBe('Promote shop to prod: frontend.tag v2');
    expect(promotion()).toMatchObject({
      status: 'done',
      commit: world.head(),
      carriedAt: expect.any(String),
    });
    expect((await due(world)).done).toEqual([]);
    expect(subjects()).toHaveLength(3);
  });

  it('is approved by a Job that has no token either', async () => {
    await leave({ gates: { approval: {} } });
    const [job] = pendingJobs(world);
    if (!job) throw new Error('no Job waits');
    expect((await due(world)).done).toEqual([]);
    resume(world, job, 'alice');
    expect(environmentOf(world, job)['STAGELINE_GIT_TOKEN']).toBeUndefined();
    expect((await runJob(world, job)).line).toContain('waits for "stageline promote --due"');
    expect(subjects()).toHaveLength(2);
    await due(world);
    expect(promotion()).toMatchObject({ status: 'done', decidedBy: 'alice' });
    expect(world.gitLog('%b')).toContain('Let go by alice.');
  });

  it('waits for the windows that Git has, and is not lost meanwhile', async () => {
    const windows = 'windows: [{ kind: allow, schedule: "0 0 1 1 *", duration: 1h }]';
    await leave({}, PIPELINE.replace('promotion: { push: {},', `promotion: { push: {}, ${windows},`));
    expect((await due(world)).done).toEqual([]);
    const newYear = Date.UTC(new Date().getUTCFullYear() + 1, 0, 1, 0, 30);
    expect((await due(world, () => newYear)).done).toHaveLength(1);
    expect(promotion()).toMatchObject({ status: 'done' });
  });

  it('goes nowhere with a token that is not meant for its address', async () => {
    await leave();
    for (const addresses of ['', 'https://git.example.com', `${world.git.url}/shop-other`]) {
      const { problems } = await due(world, Date.now, { STAGELINE_GIT_ADDRESSES: addresses });
      expect(problems).toEqual([expect.stringContaining('STAGELINE_GIT_ADDRESSES does not name')]);
    }
    expect(promotion()).toMatchObject({ status: 'waiting' });
  });

  it.each([
    {
      what: 'a version that was never at its commit',
      change: (ledger: Ledger) => {
        for (const delivery of ledger.deliveries) {
          const items = delivery.freight.items.map((item) => ({ ...item, value: 'evil' }));
          delivery.freight = makeFreight(items);
        }
      },
      says: 'is not in charts/dev at commit',
    },
    {
      what: 'a key that does not move',
      change: (ledger: Ledger) => {
        for (const delivery of ledger.deliveries) {
          const more = { kind: 'helm-value', file: 'values.yaml', key: 'x', value: 'y' } as const;
          delivery.freight = makeFreight([...delivery.freight.items, more]);
        }
      },
      says: '"moves" in Git does not name x',
    },
    {
      what: 'a trailer of its own',
      change: (ledger: Ledger) => {
        for (const { freight } of ledger.deliveries) freight.id = 'x\nSigned-off-by: nobody';
      },
      says: 'the ledger’s record of it is not as a hook writes it',
    },
    {
      what: 'another stage',
      change: (ledger: Ledger) => {
        ledger.stage = 'prod';
      },
      says: 'in Git stage "prod" has no application "shop-dev"',
    },
    {
      what: 'a place outside the repository',
      change: (ledger: Ledger) => {
        const source = ledger.deliveries[0]?.source;
        if (source) source.path = '../..';
      },
      says: 'branch main has no stageline.yaml from ..',
    },
  ])('is refused where somebody wrote $what into the ledger', async ({ change, says }) => {
    await leave();
    forge(change);
    const { problems } = await due(world);
    expect(problems).toEqual([expect.stringContaining(says)]);
    expect(subjects()).toHaveLength(2);
  });

  it('goes to the branch that Git says, whatever the ledger does', async () => {
    await leave();
    forge((ledger) => {
      const source = ledger.deliveries[0]?.source;
      if (source) source.targetRevision = 'other';
    });
    expect((await due(world)).problems).toEqual([]);
    expect(subjects()[0]).toBe('Promote shop to prod: frontend.tag v2');
  });

  it('is refused where Git does not leave it to what is due', async () => {
    await leave({}, PIPELINE.replaceAll(', by: due', ''));
    expect((await due(world)).problems).toEqual([expect.stringContaining('does not say "by: due"')]);
  });
});

describe('a rollback that is left to what is due', () => {
  it('is carried out once', async () => {
    world.commit({ 'stageline.yaml': PIPELINE }, 'Say what moves');
    const rollback = {
      target: 'dev',
      targetApplication: 'shop-dev',
      targetPath: 'charts/dev',
      repoURL: world.repoURL,
      base: 'main',
      secret: 'stageline-git',
      by: 'due',
      way: { kind: 'push', merge: true },
      afterMs: 60_000,
    } as const;
    const good = planFor(world, {});
    expect((await world.run('post', good, { operation: OPERATION })).exitCode).toBe(0);
    world.commit({ 'charts/dev/values.yaml': 'frontend:\n  tag: v3\n' }, 'Use v3 in dev');
    const failing = { name: 'no', timeoutMs: 1000, retries: 0, backoffMs: 1 };
    const bad: Plan = {
      ...planFor(world, {
        version: 'v3',
        post: [
          [{ ...failing, spec: { kind: 'http', url: `${world.git.url}/none`, method: 'GET', headers: {} } }],
        ],
      }),
      rollback,
    };
    expect((await world.run('post', bad, { operation: OPERATION + 60, env: NO_TOKEN })).exitCode).toBe(1);
    await world.run('fail', bad, { operation: OPERATION + 60, env: NO_TOKEN });
    expect(pendingJobs(world)).toEqual([]);
    expect(await due(world)).toMatchObject({ problems: [], done: [expect.stringContaining('dev done')] });
    expect(world.show('charts/dev/values.yaml')).toContain('tag: v2');
    expect(subjects()[0]).toContain('Roll dev of shop back');
    expect((await due(world)).done).toEqual([]);
  });
});

describe('a pull request that waits', () => {
  let host: PromotionWorld;
  beforeEach(async () => {
    host = await startPromotionWorld();
  });
  afterEach(() => host.close());

  it.each([
    { says: 'false', status: 'waiting' },
    { says: 'squash', status: 'done' },
  ])('is merged by what is due only if Git says so too: autoMerge: $says', async ({ says, status }) => {
    const text = PIPELINE.replace(
      '{ push: {}, by: due }\n  - name: prod',
      '{ push: {} }\n  - name: prod',
    ).replace('promotion: { push: {}, by: due }', `promotion: { pullRequest: { autoMerge: ${says} } }`);
    host.commit({ 'stageline.yaml': text }, 'Say how');
    expect((await host.run('promote', host.plan({ way: byPullRequest() }))).exitCode).toBe(0);
    forge((ledger) => {
      const record = ledger.deliveries[0]?.promotions[0];
      if (record) record.autoMerge = 'squash';
    }, host);
    expect((await due(host)).problems).toEqual([]);
    expect(host.promotion()?.status).toBe(status);
    expect(host.pulls()[0]?.merged === undefined).toBe(status === 'waiting');
  });
});
