/** Promotions by hooks at the stand-in for Gitea and Forgejo, which is held to their published description. */
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan, PromotionWay } from '../../core/plan.ts';
import { startGiteaStandIn, type GiteaStandIn } from '../../sandbox/gitea/index.ts';
import { OPERATION, planFor, startHookWorld, type HookWorld } from '../hooks/support/world.ts';
import { due } from './support/pending.ts';
import { byPullRequest, TOKEN } from './support/world.ts';

const WORKFLOW = [
  'run-name: Promote ${{ inputs.traceParent }}',
  'on:',
  '  workflow_dispatch:',
  '    inputs:',
  '      traceParent: { type: string }',
  '',
].join('\n');

/** Of a token that may not comment. */
const NARROW = 'token-without-issues';

let world: HookWorld;
let gitea: GiteaStandIn;
let operations = 0;

beforeAll(async () => {
  world = await startHookWorld({ users: { narrow: NARROW } });
  mkdirSync(path.join(world.folder, 'acme'));
  symlinkSync('../shop.git', path.join(world.folder, 'acme/shop.git'));
  gitea = await startGiteaStandIn({
    repositories: [
      {
        owner: 'acme',
        name: 'shop',
        gitDir: path.join(world.folder, 'shop.git'),
        users: ['promoter', 'alice'],
        collaborators: ['alice'],
        workflowFiles: { 'promote.yaml': WORKFLOW },
      },
    ],
    tokens: [
      { token: TOKEN, login: 'promoter', scopes: ['all'] },
      { token: NARROW, login: 'promoter', scopes: ['write:repository'] },
    ],
  });
});

afterAll(async () => {
  await world.close();
  await gitea.close();
  expect(gitea.violations).toEqual([]);
});

function planBy(way: PromotionWay, version: string): Plan {
  const repoURL = `${world.git.url}/acme/shop.git`;
  const place = { repoURL, provider: 'gitea', api: `${gitea.url}/api/v1`, way } as const;
  return planFor({ repoURL, head: world.head }, { version, promotions: [place] });
}

const run = async (plan: Plan, env: NodeJS.ProcessEnv = {}): Promise<string> =>
  (await world.run('promote', plan, { operation: OPERATION + 60 * (operations += 1), env })).line;
const promotion = () => world.ledger().deliveries[0]?.promotions[0];
const repository = () => gitea.repository('acme/shop');

describe('a promotion at Gitea', () => {
  it('by pull request is opened once, with labels, reviewers and the status; a newer one supersedes it', async () => {
    const way = byPullRequest({ labels: ['promotion'], reviewers: { users: ['alice'], teams: [] } });
    const plan = planBy(way, 'v2');
    expect(await run(plan)).toBe('stageline: pull request #1 waits to be merged into main');
    expect(repository().pulls).toMatchObject([
      {
        title: 'Promote shop to prod: frontend.tag v2',
        head: `stageline/shop/prod/${plan.freight.id}`,
        labels: ['promotion'],
        reviewers: ['alice'],
      },
    ]);
    expect(repository().statuses).toMatchObject([
      { context: 'stageline/dev', state: 'success', commit: repository().pulls[0]?.headCommit },
    ]);
    expect(promotion()?.url).toContain('/acme/shop/pulls/1');
    await run(planBy(way, 'v3'));
    expect(repository().pulls.map(({ state }) => state)).toEqual(['closed', 'open']);
    expect(repository().pulls[0]?.comments).toMatchObject([{ body: 'Superseded by #2: frontend.tag v3.' }]);
  });

  it('by pull request is open where the token may not close the older one, and names the right', async () => {
    const env = { STAGELINE_GIT_USERNAME: 'narrow', STAGELINE_GIT_TOKEN: NARROW };
    expect(await run(planBy(byPullRequest(), 'v3.1'), env)).toMatch(
      /^stageline: pull request #3 waits to be merged into main; #2, which it supersedes, could not be closed: .*write:issue/,
    );
    expect(promotion()?.status).toBe('waiting');
  });

  it('by pull request that merges by itself is in the next stage, once the host has come to it', async () => {
    expect(await run(planBy(byPullRequest({ autoMerge: 'merge' }), 'v4'))).toBe(
      'stageline: pull request #4 merges when its requirements are met',
    );
    await due(world, Date.now, { STAGELINE_GIT_ADDRESSES: `${world.git.url} ${gitea.url}` });
    expect(world.show('charts/prod/values.yaml')).toContain('tag: v4 # by promotion');
    expect(promotion()).toMatchObject({ status: 'done', message: 'pull request #4 was merged' });
  });

  it('by push is a commit that links to the host', async () => {
    expect(await run(planBy({ kind: 'push', merge: true }, 'v5'))).toBe(
      'stageline: frontend.tag v5 is in prod',
    );
    expect(promotion()).toMatchObject({
      commit: world.head(),
      url: `${world.git.url}/acme/shop/commit/${world.head()}`,
    });
  });

  it('by workflow starts it with the trace parent', async () => {
    expect(await run(planBy({ kind: 'workflow', file: 'promote.yaml', inputs: {} }, 'v6'))).toBe(
      'stageline: workflow promote.yaml was dispatched for frontend.tag v6',
    );
    expect(repository().runs).toMatchObject([{ inputs: { traceParent: promotion()?.traceparent } }]);
  });
});
