/** Promotions by push against a real Git host over HTTP. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePromotionFile } from '../../core/ancestry.ts';
import { makeFreight, type FreightItem } from '../../core/freight.ts';
import type { Plan, PlannedPromotion } from '../../core/plan.ts';
import { createHash } from 'node:crypto';
import { OPERATION, planFor, startHookWorld, type HookWorld, type PlanParts } from './support/world.ts';

let world: HookWorld;

beforeEach(async () => {
  world = await startHookWorld();
});

afterEach(() => world.close());

const FILE = 'charts/prod/.stageline/prod.json';
const plan = (promotion: Partial<PlannedPromotion> = {}, parts: PlanParts = {}): Plan =>
  planFor(world, { ...parts, promotions: [promotion] });
const recorded = () => world.ledger().deliveries[0]?.promotions[0];
const withItems = (base: Plan, items: FreightItem[]): Plan => ({ ...base, freight: makeFreight(items) });

describe('a promotion that is merged', () => {
  it('writes exactly the version, and beside it where it came from', async () => {
    const before = world.show('charts/prod/values.yaml');
    expect((await world.run('promote', plan())).exitCode).toBe(0);
    expect(world.show('charts/prod/values.yaml')).toBe(before.replace('v1', 'v2'));
    const file = parsePromotionFile(world.show(FILE), FILE);
    const [delivery] = world.ledger().deliveries;
    expect(file).toMatchObject({
      pipeline: 'shop',
      stage: 'prod',
      traceparent: recorded()?.traceparent,
      freight: { id: delivery?.freight.id },
      ancestry: [
        { stage: 'dev', commit: delivery?.commit.id, subject: 'Use v2 in dev', openedAt: delivery?.openedAt },
      ],
    });
    expect(file.traceparent.split('-')[1]).toBe(delivery?.traceId);
    expect(recorded()).toMatchObject({ status: 'done', commit: world.head(), base: 'main' });
  });

  it('explains itself, with the trailers that Argo CD reads', async () => {
    const base = plan();
    await world.run('promote', base);
    expect(world.gitLog('%s')[0]).toBe('Promote shop to prod: frontend.tag v2');
    expect(world.gitLog('%(trailers:only,unfold)').filter((line) => line.startsWith('Argocd-'))).toEqual([
      `Argocd-reference-commit-repourl: ${world.repoURL}`,
      'Argocd-reference-commit-author: Ada <ada@example.com>',
      'Argocd-reference-commit-date: 2030-01-01T00:00:00Z',
      'Argocd-reference-commit-subject: Use v2 in dev',
      `Argocd-reference-commit-sha: ${base.commit.id}`,
    ]);
  });

  it('is made once, however often it is asked for', async () => {
    const base = plan();
    await world.run('promote', base);
    const head = world.head();
    const name = { group: '', kind: 'ConfigMap', namespace: 'shop-dev', name: base.ledger.name };
    const object = world.store.get(name);
    const ledger = world.ledger();
    const [delivery] = ledger.deliveries;
    const [attempt] = delivery?.attempts ?? [];
    const [promotion] = delivery?.promotions ?? [];
    if (!object || !delivery || !attempt || !promotion) throw new Error('incomplete ledger');
    // As after a crash between the push and the ledger.
    const { finishedAt: _at, commit: _commit, message: _message, ...intended } = promotion;
    const { closedAt: _closed, firstVerdict: _verdict, ...open } = delivery;
    const { finishedAt: _end, ...running } = attempt;
    const reopened = {
      ...ledger,
      deliveries: [
        {
          ...open,
          status: 'running',
          promotions: [{ ...intended, status: 'intended' }],
          attempts: [
            {
              ...running,
              status: 'running',
              phases: attempt.phases.map((phase) =>
                phase.name === 'promotion' ? { ...phase, status: 'running', finishedAt: undefined } : phase,
              ),
            },
          ],
        },
      ],
    };
    world.store.update({ ...object, data: { 'ledger.json': JSON.stringify(reopened) } });
    world.commit({ 'README.md': 'someone else\n' }, 'Say hello');
    expect((await world.run('promote', base)).exitCode).toBe(0);
    expect(world.gitLog('%s')).toEqual([
      'Say hello',
      'Promote shop to prod: frontend.tag v2',
      'Use v2 in dev',
    ]);
    expect(recorded()).toMatchObject({ status: 'done', commit: head });
  });

  it('changes nothing where the target has the version by another way', async () => {
    world.commit({ 'charts/prod/values.yaml': 'frontend:\n  tag: v2\n' }, 'By hand');
    await world.run('promote', plan());
    expect(world.gitLog('%s')[0]).toBe('By hand');
    expect(recorded()).toMatchObject({
      status: 'unchanged',
      message: 'prod has frontend.tag v2 already, by another way',
    });
  });

  it('makes the commit again when the branch moves under it', async () => {
    const { git } = world;
    let moved = 0;
    const base = plan();
    const proxied = await startRace(git.url, () => {
      if (moved < 2) world.commit({ 'README.md': `${(moved += 1)}\n` }, `Move ${moved}`);
    });
    const end = await world.run('promote', {
      ...base,
      promotions: base.promotions.map((promotion) => ({ ...promotion, repoURL: `${proxied.url}/shop.git` })),
    });
    await proxied.close();
    expect(end.exitCode).toBe(0);
    expect(world.gitLog('%s')).toEqual([
      'Promote shop to prod: frontend.tag v2',
      'Move 2',
      'Move 1',
      'Use v2 in dev',
    ]);
    expect(world.show('README.md')).toBe('2\n');
  });

  it('goes on with the chain that it came through, and links Argo CD to its origin', async () => {
    const origin = {
      stage: 'lab',
      application: 'shop-lab',
      commit: 'c'.repeat(40),
      freight: 'f',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      verdict: 'succeeded' as const,
      openedAt: '2030-01-01T00:00:00Z',
      promotedAt: '2030-01-01T00:10:00Z',
    };
    await world.run('promote', { ...plan(), ancestry: [origin] });
    expect(parsePromotionFile(world.show(FILE), FILE).ancestry.map(({ stage }) => stage)).toEqual([
      'lab',
      'dev',
    ]);
    expect(world.gitLog('%(trailers:key=Argocd-reference-commit-sha,valueonly)')[0]).toBe('c'.repeat(40));
  });

  it('copies whole files from the very commit that was verified, byte for byte', async () => {
    const bytes = Buffer.from([0, 255, 254, 10, 13, 0]);
    const text = bytes.toString('latin1');
    const value = createHash('sha256').update(Buffer.from(text, 'utf8')).digest('hex');
    world.commit({ 'charts/dev/dev.conf': text }, 'Add a file');
    const base = withItems(plan(), [{ kind: 'file', file: '{stage}.conf', key: '', value }]);
    world.commit({ 'charts/dev/dev.conf': 'later\n' }, 'Change it after the check');
    expect((await world.run('promote', base)).exitCode).toBe(0);
    expect(world.show('charts/prod/prod.conf')).toBe(text);
  });

  it('sets the chart’s traceParent where the target declares one, and adds it nowhere else', async () => {
    const values = 'traceParent: "" # of the promotion\nfrontend:\n  tag: v1\nnested:\n  traceParent: own\n';
    world.commit({ 'charts/prod/values.yaml': values }, 'Declare it');
    await world.run('promote', plan());
    const after = values.replace('""', `"${recorded()?.traceparent}"`).replace('tag: v1', 'tag: v2');
    expect(world.show('charts/prod/values.yaml')).toBe(after);
  });

  it('adds what is missing only where the pipeline file says so', async () => {
    const items: FreightItem[] = [
      { kind: 'helm-value', file: 'values.yaml', key: 'frontend.tag', value: 'v2' },
      { kind: 'helm-value', file: 'values.yaml', key: 'backend.image.tag', value: '1.10' },
      { kind: 'helm-value', file: 'extra/new.yaml', key: 'a', value: 'v1' },
    ];
    const create = items.slice(1).map(({ file, key }) => ({ file, key }));
    const before = world.show('charts/prod/values.yaml');
    expect((await world.run('promote', withItems(plan({ create }), items))).exitCode).toBe(0);
    expect(world.show('charts/prod/values.yaml')).toBe(
      `${before.replace('v1', 'v2')}backend:\n  image:\n    tag: "1.10"\n`,
    );
    expect(world.show('charts/prod/extra/new.yaml')).toBe('a: v1\n');
  });

  it.each<[string, Partial<PlannedPromotion>, FreightItem[] | undefined, RegExp]>([
    [
      'a key that is not there',
      {},
      [{ kind: 'helm-value', file: 'values.yaml', key: 'backend.tag', value: 'v2' }],
      /PROMOTION_KEY: backend.tag in charts\/prod\/values.yaml is not there/,
    ],
    [
      'a file that is not there',
      {},
      [{ kind: 'helm-value', file: 'other.yaml', key: 'a', value: 'v2' }],
      /PROMOTION_FILE: the target has no file charts\/prod\/other.yaml/,
    ],
    [
      'a path that leads out',
      {},
      [{ kind: 'helm-value', file: '../../x.yaml', key: 'a', value: 'v2' }],
      /PROMOTION_PATH/,
    ],
    [
      'a branch that is not there',
      { base: 'release' },
      undefined,
      /PROMOTION_BASE: the repository has no branch "release"/,
    ],
    ['a branch that is none', { base: 'a:b' }, undefined, /PROMOTION_BASE: "a:b" is no branch name/],
    [
      'an address that is an option',
      { repoURL: '--upload-pack=touch /tmp/x' },
      undefined,
      /PROMOTION_REPOSITORY/,
    ],
    [
      'an address that runs a program',
      { repoURL: 'ext::sh -c touch% /tmp/x' },
      undefined,
      /PROMOTION_REPOSITORY|GIT_FAILED/,
    ],
  ])('is errored for %s, and says so', async (_name, promotion, items, reason) => {
    const base = plan(promotion);
    const end = await world.run('promote', items === undefined ? base : withItems(base, items));
    expect(end).toMatchObject({ exitCode: 1, line: expect.stringMatching(reason) });
    expect(recorded()).toMatchObject({ status: 'failed', message: expect.stringMatching(reason) });
    expect(world.ledger().deliveries[0]?.attempts[0]?.status).toBe('errored');
    expect(world.gitLog('%s')).toHaveLength(1);
  });

  it('is tried again by the retry, and never shows its token', async () => {
    const env = { STAGELINE_GIT_TOKEN: 'wrong-token-of-tests' };
    const end = await world.run('promote', plan(), { env });
    expect(end.exitCode).toBe(1);
    expect(`${end.line}${end.log.join('')}${JSON.stringify(world.ledger())}`).not.toContain('wrong-token');
    await world.run('fail', plan());
    expect((await world.run('promote', plan())).exitCode).toBe(0);
    expect(recorded()?.status).toBe('done');
  });
});

describe('a promotion that is not merged', () => {
  const branch = `stageline/shop/prod/${makeFreight([{ kind: 'helm-value', file: 'values.yaml', key: 'frontend.tag', value: 'v2' }]).id}`;
  const waiting: Partial<PlannedPromotion> = { way: { kind: 'push', merge: false } };

  it('waits on its own branch', async () => {
    const head = world.head();
    await world.run('promote', plan(waiting));
    expect(world.head()).toBe(head);
    expect(world.show('charts/prod/values.yaml', branch)).toContain('tag: v2');
    expect(recorded()).toMatchObject({
      status: 'waiting',
      branch,
      message: expect.stringContaining('waits on branch'),
    });
    expect(world.ledger().deliveries[0]?.status).toBe('succeeded');
  });

  it('takes a branch of an earlier delivery over', async () => {
    await world.run('promote', plan(waiting));
    world.commit({ 'charts/dev/values.yaml': 'frontend:\n  tag: v2 # again\n' }, 'Touch dev');
    await world.run('promote', plan(waiting), { operation: OPERATION + 60 });
    expect(world.gitLog('%s', branch)).toEqual([
      'Promote shop to prod: frontend.tag v2',
      'Touch dev',
      'Use v2 in dev',
    ]);
  });
});

/** A Git host whose branch moves before each push. */
async function startRace(
  upstream: string,
  move: () => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const { startTap } = await import('./support/tap.ts');
  return startTap(upstream, (label, moment) => {
    if (moment === 'before' && label.startsWith('POST') && label.endsWith('/git-receive-pack')) move();
    return false;
  });
}
