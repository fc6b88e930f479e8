/** Auto-merge, statuses, workflow dispatches, protection and rights at GitHub. */
import { describe, expect, it } from 'vitest';
import {
  HEAD,
  HEAD_COMMIT,
  START,
  TRACEPARENT,
  holdToDescription,
  startWorld,
  valueOf,
} from './github-world.ts';

holdToDescription();

const WANTED = { head: HEAD, base: 'main', title: 'Promote', body: '', draft: false };
const MERGE = { head: HEAD_COMMIT, method: 'squash' } as const;
const DISPATCH = { workflow: 'promote.yaml', ref: 'main', inputs: { traceParent: TRACEPARENT } };
const QUERY = {
  workflow: 'promote.yaml',
  ref: 'main',
  marker: TRACEPARENT,
  since: new Date(START).toISOString(),
};

describe('auto-merge at GitHub', () => {
  it('is left to GitHub while a check is required, and asked for once', async () => {
    const { provider, github } = await startWorld({
      allowAutoMerge: true,
      protection: { main: { checks: ['stageline/prod'] } },
    });
    await provider.createPullRequest(WANTED);
    expect(valueOf(await provider.autoMerge(1, MERGE))).toEqual({ outcome: 'enabled' });
    expect(valueOf(await provider.autoMerge(1, MERGE))).toEqual({ outcome: 'enabled' });
    expect(valueOf(await provider.readPullRequest(1)).state).toEqual({ name: 'open', autoMerge: 'on' });
    expect(github.requests.filter(({ path }) => path === '/graphql')).toHaveLength(1);
  });

  it('is a merge at once where nothing is required, and a repeat finds it merged', async () => {
    const { provider, github } = await startWorld({ allowAutoMerge: true });
    await provider.createPullRequest(WANTED);
    expect(valueOf(await provider.autoMerge(1, MERGE))).toEqual({ outcome: 'merged' });
    expect(valueOf(await provider.autoMerge(1, MERGE))).toEqual({ outcome: 'merged' });
    expect(github.repository('acme/shop').pulls[0]?.merged?.by).toBe('promoter');
  });

  it('names the setting where the repository does not allow it', async () => {
    const { provider } = await startWorld({ allowAutoMerge: false });
    await provider.createPullRequest(WANTED);
    expect(await provider.autoMerge(1, MERGE)).toMatchObject({
      status: 'failure',
      error: {
        message: 'acme/shop does not allow auto-merge',
        hint: expect.stringContaining('"Allow auto-merge"'),
      },
    });
  });

  it('never merges another commit than the promotion’s, nor a draft, nor what is closed', async () => {
    const { provider, github } = await startWorld({ allowAutoMerge: true });
    await provider.createPullRequest({ ...WANTED, draft: true });
    expect(await provider.autoMerge(1, MERGE)).toMatchObject({
      error: { message: 'pull request 1 is a draft' },
    });
    const [pull] = github.repository('acme/shop').pulls;
    Object.assign(pull ?? {}, { draft: false, headCommit: 'd'.repeat(40) });
    expect(await provider.autoMerge(1, MERGE)).toMatchObject({
      error: { message: expect.stringContaining('another commit (dddddddddddd)') },
    });
    Object.assign(pull ?? {}, { state: 'closed' });
    expect(await provider.autoMerge(1, MERGE)).toMatchObject({
      error: { message: 'pull request 1 is closed' },
    });
    expect(pull?.merged).toBeUndefined();
  });

  it('waits while GitHub finds the request unstable', async () => {
    const { provider, github } = await startWorld({ allowAutoMerge: true });
    await provider.createPullRequest(WANTED);
    const message = 'Pull request Pull request is in unstable status';
    const body = JSON.stringify({ data: null, errors: [{ type: 'UNPROCESSABLE', message }] });
    github.faults.push({ path: /^\/graphql$/, kind: 'answer', status: 200, body });
    expect(valueOf(await provider.autoMerge(1, MERGE))).toEqual({ outcome: 'waiting', reason: message });
  });
});

describe('commit statuses at GitHub', () => {
  it('are written once for the same words, and cut to what GitHub takes', async () => {
    const { provider, github } = await startWorld();
    const status = {
      context: 'stageline/prod',
      state: 'pending',
      description: 'waits '.repeat(60),
      targetUrl: 'https://argocd.example/tab',
    } as const;
    expect(valueOf(await provider.setStatus(HEAD_COMMIT, status))).toEqual({ changed: true });
    expect(valueOf(await provider.setStatus(HEAD_COMMIT, status))).toEqual({ changed: false });
    expect(valueOf(await provider.setStatus(HEAD_COMMIT, { ...status, state: 'success' }))).toEqual({
      changed: true,
    });
    expect(github.repository('acme/shop').statuses).toHaveLength(2);
  });

  it('are read with who wrote them, the newest of each context', async () => {
    const { provider } = await startWorld();
    await provider.setStatus(HEAD_COMMIT, { context: 'a', state: 'pending', description: 'one' });
    await provider.setStatus(HEAD_COMMIT, { context: 'a', state: 'failure', description: 'two' });
    await provider.setStatus(HEAD_COMMIT, { context: 'b', state: 'success', description: '' });
    const statuses = valueOf(await provider.readStatuses(HEAD_COMMIT));
    expect(
      statuses.map(({ context, state, description, creator }) => [context, state, description, creator]),
    ).toEqual([
      ['b', 'success', '', 'promoter'],
      ['a', 'failure', 'two', 'promoter'],
    ]);
  });
});

describe('workflow dispatches at GitHub', () => {
  it('give their run at once, and are found by the trace parent in the run’s title', async () => {
    const { provider, github } = await startWorld();
    expect(valueOf(await provider.findDispatch(QUERY))).toEqual({ found: 'no' });
    const run = valueOf(await provider.dispatchWorkflow(DISPATCH));
    expect(run?.url).toBe(`${github.url}/acme/shop/actions/runs/${run?.id}`);
    expect(github.repository('acme/shop').runs[0]?.inputs).toEqual({ traceParent: TRACEPARENT });
    expect(valueOf(await provider.findDispatch(QUERY))).toEqual({
      found: 'yes',
      run: { id: run?.id, url: run?.url, title: `Promote ${TRACEPARENT}` },
    });
  });

  it('of another promotion are not taken for this one’s', async () => {
    const { provider } = await startWorld();
    await provider.dispatchWorkflow({
      ...DISPATCH,
      inputs: { traceParent: TRACEPARENT.replace('0af7', '1bf8') },
    });
    expect(valueOf(await provider.findDispatch(QUERY))).toEqual({ found: 'no' });
  });

  it('leave it unclear where the workflow puts no marker into the title', async () => {
    const { provider } = await startWorld({ workflows: { 'promote.yaml': { inputs: ['traceParent'] } } });
    await provider.dispatchWorkflow(DISPATCH);
    expect(valueOf(await provider.findDispatch(QUERY))).toMatchObject({
      found: 'unclear',
      runs: [{ title: 'promote.yaml' }],
    });
    const later = { ...QUERY, since: new Date(START + 3_600_000).toISOString() };
    expect(valueOf(await provider.findDispatch(later))).toEqual({ found: 'no' });
  });

  it('with an undeclared input are refused, and the input is named', async () => {
    const { provider, github } = await startWorld();
    const refused = await provider.dispatchWorkflow({ ...DISPATCH, inputs: { version: '2' } });
    expect(refused).toMatchObject({
      status: 'failure',
      error: {
        code: 'PROVIDER_REFUSED',
        message: expect.stringContaining('Unexpected inputs provided: ["version"]'),
      },
    });
    expect(github.repository('acme/shop').runs).toEqual([]);
  });

  it('name a workflow that is not there', async () => {
    const { provider } = await startWorld();
    expect(await provider.dispatchWorkflow({ ...DISPATCH, workflow: 'gone.yaml' })).toMatchObject({
      status: 'failure',
      error: { message: expect.stringContaining('finds no workflow gone.yaml of acme/shop') },
    });
  });

  it('work with an Enterprise Server that cannot tell the run', async () => {
    const { provider, github } = await startWorld({}, { description: 'ghes-3.19' });
    expect(valueOf(await provider.dispatchWorkflow(DISPATCH))).toBeUndefined();
    expect(github.repository('acme/shop').runs).toHaveLength(1);
    expect(valueOf(await provider.findDispatch(QUERY))).toMatchObject({ found: 'yes' });
  });
});

describe('branch protection at GitHub', () => {
  it('is none where there is none', async () => {
    const { provider } = await startWorld();
    expect(valueOf(await provider.readProtection('main'))).toEqual({
      directPush: 'allowed',
      requiredChecks: [],
      requiredApprovals: 0,
      complete: true,
    });
  });

  it('by rulesets is known to every reader', async () => {
    const { provider } = await startWorld({ protection: { main: { checks: ['build'], approvals: 2 } } });
    expect(valueOf(await provider.readProtection('main'))).toEqual({
      directPush: 'refused',
      requiredChecks: ['build'],
      requiredApprovals: 2,
      complete: true,
    });
  });

  it('of the classic kind is known in full only to administrators', async () => {
    const world = await startWorld(
      { protection: { main: { classic: true, approvals: 1 } } },
      {
        tokens: [
          {
            token: 'github_pat_limited',
            login: 'promoter',
            rights: { permissions: { contents: 'read', metadata: 'read' } },
          },
          { token: 'ghp_admin', login: 'admin', rights: { scopes: ['repo'] } },
        ],
      },
    );
    const limited = world.open({ STAGELINE_GIT_TOKEN: 'github_pat_limited' });
    expect(valueOf(await limited.readProtection('main'))).toMatchObject({
      directPush: 'unknown',
      complete: false,
    });
    const admin = world.open({ STAGELINE_GIT_TOKEN: 'ghp_admin' });
    expect(valueOf(await admin.readProtection('main'))).toMatchObject({
      directPush: 'refused',
      requiredApprovals: 1,
    });
  });

  it('of a branch that is not there is a failure that names it', async () => {
    const { provider } = await startWorld();
    expect(await provider.readProtection('release/1')).toMatchObject({
      error: { message: expect.stringContaining('finds no branch release/1 of acme/shop') },
    });
  });
});

describe('rights at GitHub', () => {
  it('follow from the scopes of a classic token', async () => {
    const tokens = [
      { token: 'ghp_all', login: 'a', rights: { scopes: ['repo'] } },
      { token: 'ghp_reader', login: 'b', rights: { scopes: ['repo'] }, role: 'read' },
      { token: 'ghp_public', login: 'c', rights: { scopes: ['public_repo', 'repo:status'] } },
    ] as const;
    const world = await startWorld({ private: false }, { tokens });
    const rights = async (token: string): Promise<unknown> =>
      valueOf(await world.open({ STAGELINE_GIT_TOKEN: token }).readRights());
    expect(await rights('ghp_all')).toMatchObject({ push: 'yes', 'pull-requests': 'yes', workflows: 'yes' });
    expect(await rights('ghp_reader')).toMatchObject({ read: 'yes', push: 'no', merge: 'no' });
    expect(await rights('ghp_public')).toMatchObject({ push: 'yes', statuses: 'yes' });
  });

  it('of a fine-grained token nobody knows before the act', async () => {
    const world = await startWorld(
      {},
      { tokens: [{ token: 'github_pat_1', login: 'a', rights: { permissions: { metadata: 'read' } } }] },
    );
    const provider = world.open({ STAGELINE_GIT_TOKEN: 'github_pat_1' });
    expect(valueOf(await provider.readRights())).toMatchObject({
      read: 'yes',
      push: 'unknown',
      workflows: 'unknown',
    });
  });
});
