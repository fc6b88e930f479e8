/** The provider for Gitea and Forgejo, against the stand-in that holds every request to their published description. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  actOnce,
  openProvider,
  parseRepositoryAddress,
  type GitProvider,
} from '../../hooks/promotion/providers/index.ts';
import { createLogger } from '../../runtime/log.ts';
import {
  startGiteaStandIn,
  type GiteaSeed,
  type GiteaStandIn,
  type GiteaStandInOptions,
} from '../../sandbox/gitea/index.ts';
import { valueOf } from './github-world.ts';

const HEAD = 'stageline/prod/0123abcd';
const HEAD_COMMIT = 'b'.repeat(40);
const TOKEN = '0123456789abcdef0123456789abcdef01234567';
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const START = Date.parse('2026-03-01T10:00:00Z');
const WANTED = { head: HEAD, base: 'main', title: 'Promote shop to prod', body: '| a | b |', draft: false };
const WORKFLOW = [
  'run-name: Promote ${{ inputs.traceParent }}',
  'on:',
  '  workflow_dispatch:',
  '    inputs:',
  '      traceParent: { type: string }',
  '',
].join('\n');

const open: GiteaStandIn[] = [];

afterEach(async () => {
  const ended = open.splice(0);
  await Promise.all(ended.map((gitea) => gitea.close()));
  expect(ended.flatMap((gitea) => gitea.violations)).toEqual([]);
});

async function startWorld(seed: Partial<GiteaSeed> = {}, options: Partial<GiteaStandInOptions> = {}) {
  let clock = START;
  const now = (): number => clock;
  const gitea = await startGiteaStandIn({
    repositories: [
      {
        owner: 'acme',
        name: 'shop',
        branches: { main: 'a'.repeat(40), [HEAD]: HEAD_COMMIT },
        users: ['alice'],
        workflowFiles: { 'promote.yaml': WORKFLOW },
        ...seed,
      },
    ],
    tokens: [{ token: TOKEN, login: 'promoter', scopes: ['write:repository', 'write:issue'] }],
    now,
    ...options,
  });
  open.push(gitea);
  const waits: number[] = [];
  const printed: string[] = [];
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms);
    clock += ms;
  };
  const openWith = (token = TOKEN, timeoutMs = 10_000): GitProvider =>
    openProvider({
      repository: parseRepositoryAddress(`${gitea.url}/acme/shop.git`),
      env: { STAGELINE_GIT_PROVIDER: 'forgejo', STAGELINE_GIT_TOKEN: token },
      log: createLogger({ write: (line) => printed.push(line), now, level: 'debug' }),
      now,
      sleep,
      random: () => 0.5,
      signal: new AbortController().signal,
      timeoutMs,
    });
  return { gitea, provider: openWith(), open: openWith, waits, printed, now, sleep };
}

describe('pull requests at Gitea', () => {
  it('are found by branch only once they are there, and taken over where one exists', async () => {
    const { provider, gitea } = await startWorld();
    expect(valueOf(await provider.findPullRequest(WANTED))).toBeUndefined();
    const made = valueOf(await provider.createPullRequest(WANTED));
    expect(made).toMatchObject({
      created: true,
      pullRequest: { number: 1, head: { branch: HEAD, commit: HEAD_COMMIT } },
    });
    expect(valueOf(await provider.findPullRequest(WANTED))).toEqual(made.pullRequest);
    expect(valueOf(await provider.createPullRequest(WANTED))).toMatchObject({
      created: false,
      pullRequest: { number: 1 },
    });
    expect(gitea.repository('acme/shop').pulls).toHaveLength(1);
  });

  it('are found open, else the newest, although the host gives the first it meets', async () => {
    const { provider } = await startWorld();
    for (let round = 1; round <= 3; round += 1) {
      await provider.createPullRequest(WANTED);
      expect(valueOf(await provider.findPullRequest(WANTED))).toMatchObject({
        number: round,
        state: { name: 'open' },
      });
      await provider.closePullRequest(round, { comment: 'superseded' });
      expect(valueOf(await provider.findPullRequest(WANTED))).toMatchObject({
        number: round,
        state: { name: 'closed' },
      });
    }
  });

  it('of forks are never taken for ours', async () => {
    const { provider, gitea } = await startWorld();
    await provider.createPullRequest(WANTED);
    Object.assign(gitea.repository('acme/shop').pulls[0] ?? {}, { headRepository: 'mallory/shop' });
    expect(valueOf(await provider.findPullRequest(WANTED))).toBeUndefined();
    expect(valueOf(await provider.listOpenPullRequests({ headPrefix: 'stageline/', base: 'main' }))).toEqual(
      [],
    );
  });

  it('are drafts by their title, which people do not see twice', async () => {
    const { provider, gitea } = await startWorld();
    const { pullRequest } = valueOf(await provider.createPullRequest({ ...WANTED, draft: true }));
    expect(pullRequest).toMatchObject({ draft: true, title: WANTED.title });
    const changed = valueOf(await provider.updatePullRequest(1, { title: 'New title' }));
    expect(changed).toMatchObject({ draft: true, title: 'New title' });
    expect(gitea.repository('acme/shop').pulls[0]?.title).toBe('WIP: New title');
    expect(await provider.autoMerge(1, { head: HEAD_COMMIT, method: 'merge' })).toMatchObject({
      error: { message: 'pull request 1 is a draft' },
    });
  });

  it('get labels, made where they are missing and only then', async () => {
    const { provider, gitea } = await startWorld();
    await provider.createPullRequest(WANTED);
    valueOf(await provider.addLabels(1, ['promotion', 'prod']));
    valueOf(await provider.addLabels(1, ['prod', 'prod']));
    expect(valueOf(await provider.readPullRequest(1)).labels).toEqual(['promotion', 'prod']);
    expect(gitea.repository('acme/shop').labels.map(({ name }) => name)).toEqual(['promotion', 'prod']);
  });

  it('are closed with one comment, however often it is asked for', async () => {
    const { provider, gitea } = await startWorld();
    await provider.createPullRequest(WANTED);
    for (let times = 0; times < 3; times += 1)
      valueOf(await provider.closePullRequest(1, { comment: 'superseded' }));
    expect(gitea.repository('acme/shop').pulls[0]?.comments).toHaveLength(1);
  });

  it('get reviewers; one that is unknown is named', async () => {
    const { provider, gitea } = await startWorld();
    await provider.createPullRequest(WANTED);
    valueOf(await provider.requestReviewers(1, { users: ['alice'], teams: [] }));
    expect(gitea.repository('acme/shop').pulls[0]?.reviewers).toEqual(['alice']);
    expect(await provider.requestReviewers(1, { users: ['ghost'], teams: [] })).toMatchObject({
      error: { message: expect.stringContaining("User 'ghost' not exist") },
    });
  });

  it('over several pages are all listed, also by releases that do not know the base', async () => {
    const names = Array.from({ length: 70 }, (_, index) => `stageline/prod/${index}`);
    const branches = Object.fromEntries(
      names.map((name, index) => [name, index.toString(16).padStart(40, '1')]),
    );
    for (const flavour of ['gitea', 'old'] as const) {
      const { provider } = await startWorld(
        { branches: { main: 'a'.repeat(40), release: 'f'.repeat(40), ...branches } },
        { flavour },
      );
      for (const head of names) await provider.createPullRequest({ ...WANTED, head });
      await provider.createPullRequest({ ...WANTED, head: 'stageline/prod/0', base: 'release' });
      const listed = valueOf(
        await provider.listOpenPullRequests({ headPrefix: 'stageline/prod/', base: 'main' }),
      );
      expect(new Set(listed.map((pull) => pull.head.branch)).size).toBe(70);
      expect(listed).toHaveLength(70);
    }
  });

  it('that were created although the answer never came are found, not made twice', async () => {
    const world = await startWorld();
    const provider = world.open(TOKEN, 150);
    world.gitea.faults.push({ method: 'POST', kind: 'silence' });
    const made = await actOnce(
      () => provider.findPullRequest(WANTED),
      async () => {
        const result = await provider.createPullRequest(WANTED);
        return result.status === 'success' ? { status: 'success', value: result.value.pullRequest } : result;
      },
      { now: world.now, sleep: world.sleep, signal: new AbortController().signal, deadlineMs: 60_000 },
    );
    expect(valueOf(made).number).toBe(1);
    expect(world.gitea.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});

describe('auto-merge at Gitea', () => {
  const merge = { head: HEAD_COMMIT, method: 'squash' } as const;

  it('is scheduled while a check is required, and asking again changes nothing', async () => {
    const { provider, gitea } = await startWorld({ protection: { main: { checks: ['stageline/prod'] } } });
    await provider.createPullRequest(WANTED);
    expect(valueOf(await provider.autoMerge(1, merge))).toEqual({ outcome: 'enabled' });
    expect(valueOf(await provider.autoMerge(1, merge))).toEqual({ outcome: 'enabled' });
    expect(gitea.repository('acme/shop').pulls[0]?.autoMerge).toBe('squash');
  });

  it.each([
    ['gitea', 'enabled'],
    ['forgejo', 'merged'],
  ] as const)('is a merge where nothing is required, at %s %s at first', async (flavour, outcome) => {
    const { provider, waits } = await startWorld({}, { flavour });
    await provider.createPullRequest(WANTED);
    expect(valueOf(await provider.autoMerge(1, merge))).toEqual({ outcome });
    // A request that was just made is still looked at for conflicts.
    expect(waits).toEqual([1000]);
    expect(valueOf(await provider.autoMerge(1, merge))).toEqual({ outcome: 'merged' });
    expect(valueOf(await provider.readPullRequest(1)).state).toMatchObject({
      name: 'merged',
      by: 'promoter',
    });
  });

  it('is refused where the repository does not allow the method, which Gitea would schedule for ever', async () => {
    const { provider, gitea } = await startWorld({ mergeMethods: ['merge', 'rebase'] });
    await provider.createPullRequest(WANTED);
    expect(await provider.autoMerge(1, merge)).toMatchObject({
      status: 'failure',
      error: { code: 'PROVIDER_REFUSED', message: 'acme/shop does not allow the merge method "squash"' },
    });
    expect(gitea.repository('acme/shop').pulls[0]?.autoMerge).toBeUndefined();
  });

  it('waits where the host says "not yet", and fails where it says "never by you"', async () => {
    const { provider, gitea, open } = await startWorld(
      {},
      {
        tokens: [
          { token: TOKEN, login: 'promoter', scopes: ['all'] },
          { token: 'readers', login: 'reader', scopes: ['all'], role: 'read' },
        ],
      },
    );
    await provider.createPullRequest(WANTED);
    const body = '{"message":"Please try again later"}';
    for (let asked = 0; asked < 6; asked += 1)
      gitea.faults.push({ method: 'POST', kind: 'answer', status: 405, body });
    expect(valueOf(await provider.autoMerge(1, merge))).toEqual({
      outcome: 'waiting',
      reason: 'it conflicts with its base, or the host still looks whether it does: Please try again later',
    });
    expect(await open('readers').autoMerge(1, merge)).toMatchObject({
      status: 'failure',
      error: {
        code: 'PROVIDER_RIGHT',
        message: expect.stringContaining('may not merge pull requests of acme/shop'),
      },
    });
  });
});

describe('commit statuses at Gitea', () => {
  it('are written once for the same words; the highest id is the current one', async () => {
    const { provider } = await startWorld();
    const status = { context: 'stageline/prod', state: 'pending', description: 'waits' } as const;
    expect(valueOf(await provider.setStatus(HEAD_COMMIT, status))).toEqual({ changed: true });
    expect(valueOf(await provider.setStatus(HEAD_COMMIT, status))).toEqual({ changed: false });
    expect(valueOf(await provider.setStatus(HEAD_COMMIT, { ...status, state: 'success' }))).toEqual({
      changed: true,
    });
    expect(valueOf(await provider.readStatuses(HEAD_COMMIT))).toEqual([
      { ...status, state: 'success', creator: 'promoter', at: '2026-03-01T10:00:00Z' },
    ]);
  });

  it('of a commit that is not there are a failure, although the host answers 500', async () => {
    const { provider } = await startWorld();
    const result = await provider.setStatus('c'.repeat(40), {
      context: 'a',
      state: 'success',
      description: '',
    });
    expect(result).toMatchObject({
      status: 'failure',
      error: { message: expect.stringContaining('finds no commit cccccccccccc of acme/shop') },
    });
  });
});

describe('workflow dispatches', () => {
  const dispatch = { workflow: 'promote.yaml', ref: 'main', inputs: { traceParent: TRACEPARENT } };
  const query = {
    workflow: 'promote.yaml',
    ref: 'main',
    marker: TRACEPARENT,
    since: new Date(START).toISOString(),
  };

  it.each(['gitea', 'forgejo'] as const)(
    'give their run at once and are found again at %s',
    async (flavour) => {
      const { provider } = await startWorld({}, { flavour });
      expect(valueOf(await provider.findDispatch(query))).toEqual({ found: 'no' });
      const run = valueOf(await provider.dispatchWorkflow(dispatch));
      expect(run?.url).toContain('/acme/shop/actions/runs/');
      const found = valueOf(await provider.findDispatch(query));
      expect(found).toMatchObject({ found: 'yes', run: { id: run?.id, title: `Promote ${TRACEPARENT}` } });
    },
  );

  it('stay unclear at releases that list no runs', async () => {
    const { provider } = await startWorld({}, { flavour: 'old' });
    expect(valueOf(await provider.dispatchWorkflow(dispatch))).toBeUndefined();
    expect(valueOf(await provider.findDispatch(query))).toEqual({ found: 'unclear', runs: [] });
  });

  it('with an undeclared input are refused here, since the host would leave it out without a word', async () => {
    const { provider, gitea } = await startWorld();
    const refused = await provider.dispatchWorkflow({
      ...dispatch,
      inputs: { ...dispatch.inputs, version: '2' },
    });
    expect(refused).toMatchObject({
      status: 'failure',
      error: { message: 'workflow promote.yaml of acme/shop on main declares no input "version"' },
    });
    expect(gitea.repository('acme/shop').runs).toEqual([]);
  });

  it('name a workflow or a branch that is not there', async () => {
    const { provider } = await startWorld();
    expect(await provider.dispatchWorkflow({ ...dispatch, workflow: 'gone.yaml' })).toMatchObject({
      error: { message: expect.stringContaining('finds no workflow gone.yaml on main of acme/shop') },
    });
    expect(await provider.dispatchWorkflow({ ...dispatch, ref: 'nope' })).toMatchObject({
      error: { message: expect.stringContaining('ref "nope" doesn\'t exist') },
    });
  });
});

describe('protection and rights at Gitea', () => {
  it('are what the host says of this very token', async () => {
    const { provider } = await startWorld({ protection: { main: { checks: ['build'], approvals: 2 } } });
    expect(valueOf(await provider.readProtection('main'))).toEqual({
      directPush: 'refused',
      requiredChecks: ['build'],
      requiredApprovals: 2,
      complete: true,
    });
    expect(valueOf(await provider.readProtection(HEAD))).toMatchObject({ directPush: 'allowed' });
    expect(valueOf(await provider.readRights())).toMatchObject({ read: 'yes', push: 'unknown' });
  });

  it('name the scope that is missing', async () => {
    const { open } = await startWorld(
      {},
      { tokens: [{ token: 'readonly', login: 'a', scopes: ['read:repository'] }] },
    );
    const provider = open('readonly');
    expect(await provider.createPullRequest(WANTED)).toMatchObject({
      status: 'failure',
      error: {
        code: 'PROVIDER_RIGHT',
        message: expect.stringContaining(
          'the token may not create pull requests in acme/shop (403): give it the scope "write:repository"',
        ),
      },
    });
  });

  it('tell that pull requests are turned off, which is a "not found" too', async () => {
    const { provider, gitea } = await startWorld();
    gitea.faults.push({
      method: 'GET',
      path: /\/pulls$/,
      kind: 'answer',
      status: 404,
      body: '{"message":"not found"}',
    });
    expect(await provider.listOpenPullRequests({ headPrefix: 'stageline/', base: 'main' })).toMatchObject({
      status: 'failure',
      error: {
        code: 'PROVIDER_NOT_FOUND',
        message: expect.stringContaining(
          'finds no pull requests (are they turned off, or is it empty?) of acme/shop',
        ),
      },
    });
  });

  it('tell a wrong token and a hidden repository', async () => {
    const { open } = await startWorld();
    expect(await open('wrong').readPullRequest(1)).toMatchObject({ error: { code: 'PROVIDER_TOKEN' } });
    const { gitea } = await startWorld();
    const hidden = openProvider({
      repository: parseRepositoryAddress(`${gitea.url}/acme/ghost`),
      env: { STAGELINE_GIT_PROVIDER: 'gitea', STAGELINE_GIT_TOKEN: TOKEN },
      log: createLogger({ write: () => undefined, now: () => START }),
      now: () => START,
      sleep: async () => undefined,
      random: () => 0.5,
      signal: new AbortController().signal,
    });
    expect(await hidden.findPullRequest(WANTED)).toMatchObject({
      status: 'failure',
      error: { code: 'PROVIDER_NOT_FOUND', message: expect.stringContaining('finds no acme/ghost') },
    });
  });
});

describe('the token for Gitea', () => {
  it('is in the authorization header and nowhere else', async () => {
    const { provider, gitea, printed } = await startWorld();
    const results: unknown[] = [];
    for (const status of [400, 401, 403, 404, 409, 422, 429, 500]) {
      const body = JSON.stringify({ message: `authorization: token ${TOKEN}` });
      gitea.faults.push({ kind: 'answer', status, times: 4, headers: { 'retry-after': '900' }, body });
      const result = await provider.createPullRequest(WANTED);
      results.push(
        result.status === 'success' ? result : [result.error.message, result.error.hint, result.error.stack],
      );
      gitea.faults.splice(0);
    }
    expect(JSON.stringify([results, printed])).not.toContain(TOKEN);
    expect(JSON.stringify(results)).toContain('[redacted]');
    expect(gitea.requests.every(({ authorization }) => authorization === `token ${TOKEN}`)).toBe(true);
    expect(JSON.stringify(gitea.requests.map(({ url, body }) => [url, body]))).not.toContain(TOKEN);
  });
});
