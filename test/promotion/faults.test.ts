/** What promotions say and do when tokens, hosts and networks are not as they should be. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errorLine } from '../../core/errors.ts';
import type { PlannedPromotion, PromotionWay } from '../../core/plan.ts';
import { sendHttp } from '../../hooks/http/send.ts';
import { promote } from '../../hooks/promotion/promote.ts';
import type { PromotionOrder, PromotionTools } from '../../hooks/promotion/order.ts';
import { startTap } from '../hooks/support/tap.ts';
import { orderOf, toolsFor } from './support/order.ts';
import { byPullRequest, startPromotionWorld, TOKEN, type PromotionWorld } from './support/world.ts';

const TARGETS = Array.from({ length: 20 }, (_, index) => `t${index + 1}`);
const READS = { metadata: 'read', contents: 'write', pull_requests: 'read', actions: 'read' } as const;
const JSON_TYPE = { 'content-type': 'application/json' };
const workflow = (inputs: Record<string, string> = {}): PromotionWay => ({
  kind: 'workflow',
  file: 'promote.yaml',
  inputs,
});
const push: PromotionWay = { kind: 'push', merge: true };

let world: PromotionWorld;
let taken = 0;
/** How far waits have moved the clock of both sides, in milliseconds. */
let ahead = 0;
const now = (): number => Date.now() + ahead;

beforeAll(async () => {
  world = await startPromotionWorld(
    {},
    {
      now,
      tokens: [
        { token: 'token-that-may-not-open', login: 'reader', rights: { permissions: READS } },
        {
          token: 'token-that-sets-no-status',
          login: 'opener',
          rights: { permissions: { metadata: 'read', contents: 'write', pull_requests: 'write' } },
        },
      ],
    },
  );
  const files = TARGETS.map((name) => [`charts/${name}/values.yaml`, 'frontend:\n  tag: v1\n']);
  world.commit(Object.fromEntries(files), 'Add the targets');
});

afterEach(() => {
  expect(world.github.faults.splice(0)).toEqual([]);
});

afterAll(async () => {
  await world.close();
  expect(world.github.violations).toEqual([]);
});

interface Surroundings extends PromotionTools {
  /** What was waited for, in milliseconds; the clock moves by it at once. */
  waits: number[];
  lines: string[];
}

function surroundings(env: NodeJS.ProcessEnv = {}): Surroundings {
  const lines: string[] = [];
  const waits: number[] = [];
  const user = { STAGELINE_GIT_USERNAME: 'stageline', STAGELINE_GIT_TOKEN: TOKEN };
  return {
    ...toolsFor({ ...user, ...env }, lines),
    now,
    sleep: async (ms) => {
      waits.push(ms);
      ahead += ms;
    },
    waits,
    lines,
  };
}

/** Into a target of its own, so that the tests share one world. */
function orderFor(way: PromotionWay, more: Partial<PlannedPromotion> = {}): PromotionOrder {
  const target = TARGETS[(taken += 1)] ?? '';
  const place = { target, targetPath: `charts/${target}`, targetApplication: `shop-${target}` };
  const traceId = taken.toString(16).padStart(32, '0');
  return orderOf({ ...world.plan({ way, ...place, ...more }), definition: target }, traceId);
}

async function lineOf(promotion: Promise<unknown>): Promise<string> {
  return promotion.then(
    (outcome) => `no error: ${JSON.stringify(outcome)}`,
    (error: unknown) => errorLine(error),
  );
}

const posts = (what: RegExp): number =>
  world.github.requests.filter(({ method, path: at }) => method === 'POST' && what.test(at)).length;
const has = (order: PromotionOrder): boolean =>
  world.show(`${order.planned.targetPath}/values.yaml`).includes('tag: v2');

describe('a token', () => {
  it('that is wrong or has expired is told from everything else', async () => {
    const wrong = surroundings({ STAGELINE_GIT_TOKEN: 'expired-token' });
    expect(await lineOf(promote(wrong, orderFor(push)))).toBe(
      `stageline: GIT_CREDENTIALS: the Git host does not accept the credentials for ${world.repository}. Put a user and a token that is valid and has not expired into the promotion’s Secret (keys username, token)`,
    );
    expect(await lineOf(promote(wrong, orderFor(byPullRequest())))).toBe(
      'stageline: PROVIDER_TOKEN: 127.0.0.1 does not accept the token (401): Bad credentials. Put a token that is valid and has not expired into the promotion’s Secret',
    );
    expect(wrong.waits).toEqual([]);
  });

  it('without the right for one act is told which act and which right', async () => {
    const reader = surroundings({
      STAGELINE_GIT_USERNAME: 'reader',
      STAGELINE_GIT_TOKEN: 'token-that-may-not-open',
    });
    expect(await lineOf(promote(reader, orderFor(byPullRequest())))).toMatch(
      /^stageline: PROVIDER_RIGHT: the token may not create pull requests in acme\/shop \(403\): give it (pull_requests=write|"Pull requests: write")/,
    );
    expect(await lineOf(promote(reader, orderFor(workflow())))).toMatch(
      /^stageline: PROVIDER_RIGHT: the token may not dispatch workflow promote\.yaml in acme\/shop \(403\): give it .*[Aa]ctions/,
    );
  });

  it('that may not set the status still gets its pull request, with what is missing', async () => {
    const opener = surroundings({
      STAGELINE_GIT_USERNAME: 'opener',
      STAGELINE_GIT_TOKEN: 'token-that-sets-no-status',
    });
    expect(await promote(opener, orderFor(byPullRequest()))).toMatchObject({
      status: 'waiting',
      message: expect.stringMatching(
        /its commit status could not be set: the token may not .* \(403\): give it .*statuses/i,
      ),
    });
  });
});

describe('a host', () => {
  it('that limits how often it is asked gets the time that it asks for', async () => {
    const tools = surroundings();
    const limited = { kind: 'answer', status: 429, body: '{"message":"slow down"}' } as const;
    world.github.faults.push({ ...limited, method: 'GET', headers: { ...JSON_TYPE, 'retry-after': '7' } });
    world.github.faults.push({
      ...limited,
      method: 'POST',
      path: /\/pulls$/,
      headers: { ...JSON_TYPE, 'retry-after': '11' },
    });
    const before = posts(/\/pulls$/);
    expect(await promote(tools, orderFor(byPullRequest()))).toMatchObject({ status: 'waiting' });
    expect(tools.waits).toEqual([7000, 11_000]);
    // The one that was refused, and the one that was made.
    expect(posts(/\/pulls$/) - before).toBe(2);
  });

  it('that asks for more time than there is, is told with that time', async () => {
    world.github.faults.push({
      kind: 'answer',
      status: 403,
      headers: { ...JSON_TYPE, 'retry-after': '900' },
      body: '{"message":"You have exceeded a secondary rate limit"}',
    });
    expect(await lineOf(promote(surroundings(), orderFor(byPullRequest())))).toMatch(
      /^stageline: PROVIDER_RATE_LIMIT: .*secondary rate limit\. It will answer again in 900 s$/,
    );
  });

  it('that refuses an input which the workflow does not declare is quoted', async () => {
    const before = world.github.repository('acme/shop').runs.length;
    expect(await lineOf(promote(surroundings(), orderFor(workflow({ release: '{freight}' }))))).toMatch(
      /^stageline: PROVIDER_REFUSED: .* refused to dispatch workflow promote\.yaml in acme\/shop \(422\): .*release/,
    );
    expect(world.github.repository('acme/shop').runs).toHaveLength(before);
  });

  it('that protects the branch is told, with the ways that are left', async () => {
    const hook = path.join(world.folder, 'shop.git/hooks/pre-receive');
    mkdirSync(path.dirname(hook), { recursive: true });
    writeFileSync(
      hook,
      '#!/bin/sh\necho "GH006: Protected branch update failed for refs/heads/main." >&2\nexit 1\n',
    );
    chmodSync(hook, 0o755);
    const line = await lineOf(promote(surroundings(), orderFor(push)));
    rmSync(hook);
    expect(line).toMatch(
      /^stageline: PROMOTION_PUSH: pushing to branch main was refused: .*pre-receive hook declined.*\. The branch is protected: promote by "pullRequest", or by "push: \{ merge: false \}"$/,
    );
  });

  it('that cannot merge what conflicts leaves the request open, and says so', async () => {
    const order = orderFor(byPullRequest());
    await promote(surroundings(), order);
    const { target, targetPath } = order.planned;
    world.commit({ [`${targetPath}/values.yaml`]: 'frontend:\n  tag: hotfix\n' }, 'Mend it by hand');
    const way = byPullRequest({ autoMerge: 'merge' });
    const again = { ...order, planned: { ...order.planned, way } };
    expect(await promote(surroundings(), again)).toMatchObject({
      status: 'waiting',
      message: expect.stringMatching(/not merge.*not mergeable/i),
    });
    expect(world.pulls().find(({ head }) => head.includes(`/${target}/`))?.state).toBe('open');
  });

  it('that is down for a minute is waited for, by Git and by its API', async () => {
    let tools = surroundings();
    const begun = tools.now();
    const tap = await startTap(world.git.url, () => tools.now() - begun < 60_000);
    const order = orderFor(push, { repoURL: `${tap.url}/acme/shop.git` });
    expect(await promote(tools, order)).toMatchObject({ status: 'done' });
    await tap.close();
    expect(has(order)).toBe(true);
    expect(sum(tools.waits)).toBeGreaterThanOrEqual(60_000);

    tools = surroundings();
    const from = tools.now();
    const isDown = (): boolean => tools.now() - from < 60_000;
    const send: typeof sendHttp = (request) =>
      isDown() ? Promise.reject(new Error('connect ECONNREFUSED')) : sendHttp(request);
    expect(await promote({ ...tools, send }, orderFor(byPullRequest()))).toMatchObject({ status: 'waiting' });
    expect(sum(tools.waits)).toBeGreaterThanOrEqual(60_000);
  });

  it.each([
    ['a pull request', byPullRequest(), /\/pulls$/, 'waiting'],
    ['a workflow run', workflow(), /\/dispatches$/, 'done'],
  ] as const)(
    'that answers after our patience has made %s, which is found',
    async (_what, way, act, status) => {
      const tools = surroundings();
      world.github.faults.push({ kind: 'silence', method: 'POST', path: act });
      const send: typeof sendHttp = (request) =>
        request.method === 'POST' && act.test(request.url)
          ? sendHttp({ ...request, signal: AbortSignal.timeout(1000) })
          : sendHttp(request);
      const before = posts(act);
      expect(await promote({ ...tools, send }, orderFor(way))).toMatchObject({
        status,
        url: expect.stringMatching(/pull|runs/),
      });
      expect(posts(act) - before).toBe(1);
    },
  );

  it('that limits first and then answers too late has started one workflow run', async () => {
    const tools = surroundings();
    const headers = { ...JSON_TYPE, 'retry-after': '70' };
    const act = { method: 'POST', path: /\/dispatches$/ };
    world.github.faults.push({
      kind: 'answer',
      status: 429,
      headers,
      body: '{"message":"slow down"}',
      ...act,
    });
    world.github.faults.push({ kind: 'drop', when: 'after', ...act });
    const { runs } = world.github.repository('acme/shop');
    const before = runs.length;
    expect(await promote(tools, orderFor(workflow()))).toMatchObject({ status: 'done' });
    expect(runs.length - before).toBe(1);
    expect(tools.waits).toContain(70_000);
  });

  it('whose answer to a push was lost has the commit, which is found', async () => {
    let lost = 0;
    const tap = await startTap(world.git.url, (label, moment) => {
      const isPush = moment === 'after' && label.startsWith('POST') && label.endsWith('git-receive-pack');
      return isPush && (lost += 1) === 1;
    });
    const before = world.gitLog('%H').length;
    const order = orderFor(push, { repoURL: `${tap.url}/acme/shop.git` });
    expect(await promote(surroundings(), order)).toMatchObject({ status: 'done', commit: world.head() });
    await tap.close();
    expect(world.gitLog('%H')).toHaveLength(before + 1);
    expect(lost).toBe(1);
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
