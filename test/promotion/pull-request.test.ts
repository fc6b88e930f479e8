/** Promotions by pull request: real Git over HTTP, and the GitHub stand-in that is held to GitHub's description. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePromotionFile } from '../../core/ancestry.ts';
import type { Plan } from '../../core/plan.ts';
import { check, OPERATION } from '../hooks/support/world.ts';
import { startService } from '../hooks/support/service.ts';
import { byPullRequest, startPromotionWorld, TOKEN, type PromotionWorld } from './support/world.ts';

let world: PromotionWorld;

beforeEach(async () => {
  world = await startPromotionWorld();
});

afterEach(async () => {
  await world.close();
  expect(world.github.violations).toEqual([]);
});

const branchOf = (plan: Plan): string => `stageline/shop/prod/${plan.freight.id}`;
const writes = (): string[] =>
  world.github.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`);

describe('a promotion by pull request', () => {
  it('waits with the address of its request, and the delivery has succeeded', async () => {
    const plan = world.plan({ way: byPullRequest() });
    const head = world.head();
    expect((await world.run('promote', plan)).exitCode).toBe(0);
    expect(world.head()).toBe(head);
    const [pull] = world.pulls();
    expect(pull).toMatchObject({
      base: 'main',
      head: branchOf(plan),
      draft: false,
      title: 'Promote shop to prod: frontend.tag v2',
    });
    expect(world.promotion()).toMatchObject({
      status: 'waiting',
      way: 'pull-request',
      url: expect.stringContaining('/acme/shop/pull/1'),
      commit: pull?.headCommit,
      branch: branchOf(plan),
      message: 'pull request #1 waits to be merged into main',
    });
    expect(world.deliveries()[0]?.status).toBe('succeeded');
    const values = world.show('charts/prod/values.yaml', branchOf(plan));
    expect(values).toBe('# prod\nfrontend:\n  tag: v2 # by promotion\nmode: 0644\n');
  });

  it('says what changes, what was checked with its value, and where it came from', async () => {
    const service = await startService((_request, response) => response.end('ok'));
    const plan = world.plan(
      { way: byPullRequest(), links: { trace: 'https://traces.example.com/trace/{traceId}' } },
      { post: [[check('probe', { kind: 'http', url: service.url })]] },
    );
    await world.run('post', plan);
    await world.run('promote', plan);
    await service.close();
    const body = world.pulls()[0]?.body ?? '';
    const [delivery] = world.deliveries();
    expect(body).toContain('| `frontend.tag` in `charts/prod/values.yaml` | `v1` | `v2` |');
    expect(body).toContain('| `probe` | post-deployment | ✅ passed: ');
    expect(body).toContain(
      `[\`${delivery?.traceId}\`](https://traces.example.com/trace/${delivery?.traceId})`,
    );
    expect(body).toContain(`/acme/shop/commit/${plan.commit.id})`);
    expect(body).toContain('`Use v2 in dev`');
    const { statuses } = world.github.repository('acme/shop');
    expect(statuses).toMatchObject([
      {
        context: 'stageline/dev',
        state: 'success',
        commit: world.pulls()[0]?.headCommit,
        description: 'Verified in dev: frontend.tag v2',
      },
    ]);
  });

  it('has the title, labels, reviewers and draft of the pipeline file', async () => {
    const way = byPullRequest({
      title: '[{target}] {pipeline} {version:frontend.tag}',
      labels: ['promotion', 'prod'],
      reviewers: { users: ['alice'], teams: ['ops'] },
      draft: true,
    });
    await world.run('promote', world.plan({ way }));
    expect(world.pulls()).toMatchObject([
      {
        title: '[prod] shop v2',
        labels: ['promotion', 'prod'],
        reviewers: ['alice'],
        teams: ['ops'],
        draft: true,
      },
    ]);
  });

  it('is made once, however often it is asked for', async () => {
    const plan = world.plan({ way: byPullRequest({ labels: ['promotion'] }) });
    await world.run('promote', plan);
    const before = writes();
    const object = { group: '', kind: 'ConfigMap', namespace: 'shop-dev', name: plan.ledger.name };
    world.store.delete(object);
    // The same delivery with a ledger that has lost it has another trace: the request is taken over.
    await world.run('promote', plan);
    expect(world.pulls()).toHaveLength(1);
    expect(writes().filter((line) => line === 'POST /repos/acme/shop/pulls')).toHaveLength(1);
    expect(before).toContain('POST /repos/acme/shop/pulls');
    expect(world.pulls()[0]?.body).toContain(world.promotion()?.traceparent);
  });

  it('supersedes the older request of another freight, with a comment', async () => {
    await world.run('promote', world.plan({ way: byPullRequest() }));
    const newer = world.plan({ way: byPullRequest() }, { version: 'v3' });
    await world.run('promote', newer, { operation: OPERATION + 60 });
    expect(world.pulls()).toMatchObject([
      { state: 'closed', merged: undefined, comments: [{ body: 'Superseded by #2: frontend.tag v3.' }] },
      { state: 'open', head: branchOf(newer) },
    ]);
    expect(world.deliveries().map(({ promotions }) => promotions[0]?.status)).toEqual([
      'waiting',
      'superseded',
    ]);
  });

  it('does not close requests of other targets, of other pipelines, or of people', async () => {
    const bare = ['--git-dir', path.join(world.folder, 'shop.git')];
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    const commit = execFileSync(
      'git',
      [...bare, ...who, 'commit-tree', 'main^{tree}', '-p', 'main', '-m', 'Mine'],
      {
        encoding: 'utf8',
      },
    ).trim();
    for (const head of [
      'stageline/shop/lab/0123456789ab',
      'stageline/other/prod/0123456789ab',
      'stageline/shop/prod/mine',
    ]) {
      execFileSync('git', [...bare, 'branch', head, commit]);
      const answer = await fetch(`${world.github.url}/repos/acme/shop/pulls`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ head, base: 'main', title: 'Mine' }),
      });
      expect(answer.status).toBe(201);
    }
    await world.run('promote', world.plan({ way: byPullRequest() }));
    expect(world.pulls().map(({ state }) => state)).toEqual(['open', 'open', 'open', 'open']);
  });

  it('is done when the host merges it by itself, and the next stage has the chain', async () => {
    await world.run('promote', world.plan({ way: byPullRequest({ autoMerge: 'squash' }) }));
    expect(world.promotion()).toMatchObject({ status: 'done' });
    const file = parsePromotionFile(world.show('charts/prod/.stageline/prod.json'), 'prod.json');
    expect(file).toMatchObject({
      stage: 'prod',
      traceparent: world.promotion()?.traceparent,
      ancestry: [{ stage: 'dev' }],
    });
  });

  it('names what could not be set, and still asks for the merge', async () => {
    world.github.faults.push({
      kind: 'answer',
      method: 'POST',
      path: /\/labels$/,
      status: 403,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Resource not accessible by personal access token' }),
    });
    const end = await world.run('promote', world.plan({ way: byPullRequest({ labels: ['promotion'] }) }));
    expect(end.exitCode).toBe(0);
    expect(world.promotion()).toMatchObject({
      status: 'waiting',
      message: expect.stringMatching(
        /^pull request #1 waits .*; its labels could not be set: the token may not .*give it/,
      ),
    });
  });

  it('says that the target has the version already, without a request', async () => {
    world.commit({ 'charts/prod/values.yaml': 'frontend:\n  tag: v2\n' }, 'By hand');
    await world.run('promote', world.plan({ way: byPullRequest() }));
    expect(world.promotion()).toMatchObject({ status: 'unchanged' });
    expect(world.pulls()).toEqual([]);
  });
});
