/** Pull requests at GitHub, against the stand-in that holds every request to GitHub's published description. */
import { describe, expect, it } from 'vitest';
import { actOnce } from '../../hooks/promotion/providers/index.ts';
import { HEAD, HEAD_COMMIT, MAIN_COMMIT, holdToDescription, startWorld, valueOf } from './github-world.ts';

holdToDescription();

const WANTED = { head: HEAD, base: 'main', title: 'Promote shop to prod', body: '| a | b |', draft: false };

describe('pull requests at GitHub', () => {
  it('are found by branch only once they are there', async () => {
    const { provider } = await startWorld();
    expect(valueOf(await provider.findPullRequest({ head: HEAD, base: 'main' }))).toBeUndefined();
    const made = valueOf(await provider.createPullRequest(WANTED));
    expect(made.created).toBe(true);
    expect(made.pullRequest).toMatchObject({
      number: 1,
      title: WANTED.title,
      body: WANTED.body,
      head: { branch: HEAD, commit: HEAD_COMMIT },
      base: 'main',
      state: { name: 'open', autoMerge: 'off' },
    });
    expect(valueOf(await provider.findPullRequest({ head: HEAD, base: 'main' }))).toEqual(made.pullRequest);
    expect(valueOf(await provider.findPullRequest({ head: HEAD, base: 'other' }))).toBeUndefined();
  });

  it('are taken over where GitHub says that one exists', async () => {
    const { provider, github } = await startWorld();
    await provider.createPullRequest(WANTED);
    const again = valueOf(await provider.createPullRequest({ ...WANTED, title: 'Another' }));
    expect(again).toMatchObject({ created: false, pullRequest: { number: 1, title: WANTED.title } });
    expect(github.repository('acme/shop').pulls).toHaveLength(1);
  });

  it('of forks are never taken for ours, whatever their branches are called', async () => {
    const { provider, github } = await startWorld();
    await provider.createPullRequest(WANTED);
    const [pull] = github.repository('acme/shop').pulls;
    Object.assign(pull ?? {}, { headRepository: 'acme/shop-fork' });
    expect(valueOf(await provider.findPullRequest({ head: HEAD, base: 'main' }))).toBeUndefined();
    expect(valueOf(await provider.listOpenPullRequests({ headPrefix: 'stageline/', base: 'main' }))).toEqual(
      [],
    );
  });

  it('say who merged them, and as which commit', async () => {
    const { provider, github } = await startWorld();
    await provider.createPullRequest(WANTED);
    const [pull] = github.repository('acme/shop').pulls;
    Object.assign(pull ?? {}, {
      state: 'closed',
      merged: { commit: 'c'.repeat(40), by: 'alice', at: '2026-03-01T11:00:00Z' },
    });
    expect(valueOf(await provider.findPullRequest({ head: HEAD, base: 'main' }))?.state).toEqual({
      name: 'merged',
      commit: 'c'.repeat(40),
      by: 'alice',
      at: '2026-03-01T11:00:00Z',
    });
  });

  it('are found open before merged or closed ones of the same branch', async () => {
    const { provider } = await startWorld();
    await provider.createPullRequest(WANTED);
    await provider.closePullRequest(1, { comment: 'superseded' });
    expect(valueOf(await provider.findPullRequest({ head: HEAD, base: 'main' }))).toMatchObject({
      number: 1,
      state: { name: 'closed' },
    });
    await provider.createPullRequest(WANTED);
    expect(valueOf(await provider.findPullRequest({ head: HEAD, base: 'main' }))?.number).toBe(2);
  });

  it('are closed with one comment, however often it is asked for', async () => {
    const { provider, github } = await startWorld();
    await provider.createPullRequest(WANTED);
    for (let times = 0; times < 3; times += 1) {
      const closed = valueOf(await provider.closePullRequest(1, { comment: 'superseded by #2' }));
      expect(closed.state.name).toBe('closed');
    }
    expect(github.repository('acme/shop').pulls[0]?.comments).toEqual([
      { body: 'superseded by #2', by: 'promoter' },
    ]);
  });

  it('get title, body, labels and reviewers', async () => {
    const { provider, github } = await startWorld();
    await provider.createPullRequest({ ...WANTED, draft: true });
    valueOf(await provider.updatePullRequest(1, { title: 'New title', body: 'New body' }));
    valueOf(await provider.addLabels(1, ['promotion', 'prod']));
    valueOf(await provider.addLabels(1, ['promotion']));
    valueOf(await provider.requestReviewers(1, { users: ['alice'], teams: ['platform'] }));
    expect(github.repository('acme/shop').pulls[0]).toMatchObject({
      draft: true,
      title: 'New title',
      body: 'New body',
      labels: ['promotion', 'prod'],
      reviewers: ['alice'],
      teams: ['platform'],
    });
  });

  it('say which reviewers GitHub does not take', async () => {
    const { provider } = await startWorld();
    await provider.createPullRequest(WANTED);
    const refused = await provider.requestReviewers(1, { users: ['stranger'], teams: [] });
    expect(refused).toMatchObject({
      status: 'failure',
      error: {
        code: 'PROVIDER_REFUSED',
        message: expect.stringContaining('only be requested from collaborators'),
      },
    });
  });

  it('ask nobody again who was asked or has reviewed', async () => {
    const { provider, github } = await startWorld();
    await provider.createPullRequest(WANTED);
    const wanted = { users: ['alice', 'bob'], teams: ['platform'] };
    valueOf(await provider.requestReviewers(1, wanted));
    const [pull] = github.repository('acme/shop').pulls;
    // As GitHub does with the first review.
    pull?.reviewers.splice(0, 1);
    pull?.teams.splice(0);
    pull?.reviews.push({ by: 'alice', state: 'COMMENTED' });
    valueOf(await provider.requestReviewers(1, wanted));
    expect(
      github.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('reviewers')),
    ).toHaveLength(1);
  });

  it('know who approved last', async () => {
    const { provider, github } = await startWorld();
    await provider.createPullRequest(WANTED);
    github
      .repository('acme/shop')
      .pulls[0]?.reviews.push(
        { by: 'alice', state: 'APPROVED' },
        { by: 'alice', state: 'COMMENTED' },
        { by: 'bob', state: 'APPROVED' },
        { by: 'bob', state: 'CHANGES_REQUESTED' },
      );
    expect(valueOf(await provider.readApprovals(1))).toEqual(['alice']);
  });

  it('without commits are refused in GitHub’s words', async () => {
    const { provider } = await startWorld({ branches: { main: MAIN_COMMIT, [HEAD]: MAIN_COMMIT } });
    expect(await provider.createPullRequest(WANTED)).toMatchObject({
      status: 'failure',
      error: { message: expect.stringContaining(`No commits between main and ${HEAD}`) },
    });
  });

  it('that were created although the answer never came are found, not made twice', async () => {
    for (const fault of [{ kind: 'silence' }, { kind: 'drop', when: 'after' }] as const) {
      const world = await startWorld();
      const provider = world.open({}, { timeoutMs: 150 });
      world.github.faults.push({ method: 'POST', path: /\/pulls$/, ...fault });
      const made = await actOnce(
        () => provider.findPullRequest({ head: HEAD, base: 'main' }),
        async () => {
          const result = await provider.createPullRequest(WANTED);
          if (result.status === 'retryable') expect(result.mayHaveActed).toBe(true);
          return result.status === 'success'
            ? { status: 'success', value: result.value.pullRequest }
            : result;
        },
        { now: world.now, sleep: world.sleep, signal: new AbortController().signal, deadlineMs: 60_000 },
      );
      expect(valueOf(made).number).toBe(1);
      expect(world.github.repository('acme/shop').pulls).toHaveLength(1);
      expect(world.github.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    }
  });

  it('over several pages are all listed', async () => {
    const branches = Object.fromEntries(
      Array.from({ length: 130 }, (_, index) => [
        `stageline/prod/${index}`,
        index.toString(16).padStart(40, '1'),
      ]),
    );
    const { provider } = await startWorld({ branches: { main: MAIN_COMMIT, ...branches } });
    for (const head of Object.keys(branches)) await provider.createPullRequest({ ...WANTED, head });
    const listed = valueOf(
      await provider.listOpenPullRequests({ headPrefix: 'stageline/prod/', base: 'main' }),
    );
    expect(new Set(listed.map((pull) => pull.head.branch)).size).toBe(130);
  });
});
