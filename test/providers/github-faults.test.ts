/** What providers say and do when GitHub refuses, fails, or is slow; and that nothing of it tells a secret. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { errorLine } from '../../core/errors.ts';
import type { GitProvider, Result } from '../../hooks/promotion/providers/index.ts';
import {
  HEAD,
  HEAD_COMMIT,
  START,
  TOKEN,
  holdToDescription,
  startWorld,
  type World,
} from './github-world.ts';

holdToDescription();

const WANTED = { head: HEAD, base: 'main', title: 'Promote', body: '', draft: false };
const STATUS = { context: 'stageline/prod', state: 'success', description: '' } as const;
const JSON_TYPE = { 'content-type': 'application/json' };

function errorOf(result: Result<unknown>): { code: string; message: string; hint: string } {
  if (result.status === 'success') throw new Error('this was to be refused');
  return result.error;
}

function posts({ github }: World): number {
  return github.requests.filter(({ method }) => method === 'POST').length;
}

describe('a token that GitHub does not take', () => {
  it('is said to be wrong or expired', async () => {
    const { open } = await startWorld();
    const error = errorOf(await open({ STAGELINE_GIT_TOKEN: 'ghp_expired' }).readPullRequest(1));
    expect(error.code).toBe('PROVIDER_TOKEN');
    expect(error.message).toBe('github.com does not accept the token (401): Bad credentials');
  });

  it('is a clear error before any request if there is none', async () => {
    const { open, github } = await startWorld();
    expect(() => open({ STAGELINE_GIT_TOKEN: '' })).toThrow('there is no token for the Git host');
    expect(() => open({ STAGELINE_GIT_TOKEN: 'two words' })).toThrow('characters that no token has');
    expect(github.requests).toEqual([]);
  });

  const acts: [
    name: string,
    missing: string,
    act: (provider: GitProvider) => Promise<Result<unknown>>,
    right: string,
  ][] = [
    [
      'create pull requests in',
      'pull_requests',
      (p) => p.createPullRequest(WANTED),
      '"Pull requests: write"',
    ],
    [
      'write commit statuses in',
      'statuses',
      (p) => p.setStatus(HEAD_COMMIT, STATUS),
      '"Commit statuses: write"',
    ],
    [
      'dispatch workflow promote.yaml in',
      'actions',
      (p) => p.dispatchWorkflow({ workflow: 'promote.yaml', ref: 'main', inputs: {} }),
      '"Actions: write"',
    ],
  ];
  it.each(acts)('names the right that is missing to %s a repository', async (name, missing, act, right) => {
    const permissions = {
      pull_requests: 'write',
      statuses: 'write',
      actions: 'write',
      contents: 'write',
    } as const;
    const world = await startWorld(
      {},
      {
        tokens: [
          {
            token: 'github_pat_1',
            login: 'a',
            rights: { permissions: { ...permissions, [missing]: 'read' } },
          },
        ],
      },
    );
    const error = errorOf(await act(world.open({ STAGELINE_GIT_TOKEN: 'github_pat_1' })));
    expect(error.code).toBe('PROVIDER_RIGHT');
    expect(error.message).toBe(
      `the token may not ${name} acme/shop (403): give it ${right}: Resource not accessible by personal access token`,
    );
  });

  it('is told of by a 404 that hides the repository', async () => {
    const world = await startWorld(
      {},
      { tokens: [{ token: 'ghp_no', login: 'a', rights: { scopes: ['gist'] } }] },
    );
    const error = errorOf(await world.open({ STAGELINE_GIT_TOKEN: 'ghp_no' }).readPullRequest(1));
    expect(error.code).toBe('PROVIDER_NOT_FOUND');
    expect(error.message).toContain(
      'finds no acme/shop, or the token may not read pull requests of acme/shop (404)',
    );
  });

  it('is not blamed for a pull request that is not there', async () => {
    const { provider } = await startWorld();
    expect(errorOf(await provider.readPullRequest(9)).message).toContain(
      'finds no such pull request of acme/shop',
    );
  });
});

describe('rate limits', () => {
  it.each([
    { as: 'Retry-After in seconds says', status: 429, headers: { 'retry-after': '7' }, wait: 7000 },
    {
      as: 'Retry-After as a date says',
      status: 429,
      headers: { 'retry-after': new Date(START + 9000).toUTCString() },
      wait: 9000,
    },
    {
      as: 'x-ratelimit-reset says',
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(START / 1000 + 12) },
      wait: 13_000,
    },
    {
      as: 'GitHub’s documentation says where only words tell of them',
      status: 403,
      headers: {},
      body: '{"message":"You have exceeded a secondary rate limit."}',
      wait: 60_000,
    },
  ])('are waited for as $as, also by writes, which were refused and not made', async (limit) => {
    const { status, body = '{}', wait } = limit;
    const world = await startWorld();
    const headers: Record<string, string> = { ...JSON_TYPE };
    for (const [name, value] of Object.entries(limit.headers)) headers[name] = value;
    world.github.faults.push({ method: 'POST', kind: 'answer', status, headers, body });
    expect((await world.provider.createPullRequest(WANTED)).status).toBe('success');
    expect(world.waits).toEqual([wait]);
    expect(world.github.repository('acme/shop').pulls).toHaveLength(1);
  });

  it('longer than the deadline are given back with how long they last', async () => {
    const world = await startWorld();
    world.github.faults.push({ kind: 'answer', status: 429, headers: { 'retry-after': '900' }, body: '{}' });
    const result = await world.provider.createPullRequest(WANTED);
    expect(result).toMatchObject({ status: 'retryable', retryAfterMs: 900_000, mayHaveActed: false });
    expect(errorOf(result).code).toBe('PROVIDER_RATE_LIMIT');
    expect(world.waits).toEqual([]);
  });

  it('of GraphQL are rate limits too', async () => {
    const world = await startWorld({ allowAutoMerge: true });
    await world.provider.createPullRequest(WANTED);
    const body = JSON.stringify({ errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] });
    world.github.faults.push({ path: /graphql/, kind: 'answer', status: 200, headers: JSON_TYPE, body });
    const result = await world.provider.autoMerge(1, { head: HEAD_COMMIT, method: 'merge' });
    expect(result).toMatchObject({ status: 'retryable', error: { code: 'PROVIDER_RATE_LIMIT' } });
  });
});

describe('faults', () => {
  it('of a moment do not disturb a read', async () => {
    const world = await startWorld();
    world.github.faults.push(
      { kind: 'answer', status: 502, body: '<html>Bad gateway</html>' },
      { kind: 'drop', when: 'before' },
    );
    expect((await world.provider.findPullRequest({ head: HEAD, base: 'main' })).status).toBe('success');
    expect(world.waits).toHaveLength(2);
  });

  it('of a write are never answered by writing again', async () => {
    for (const fault of [
      { kind: 'answer', status: 502 },
      { kind: 'drop', when: 'after' },
    ] as const) {
      const world = await startWorld();
      world.github.faults.push({ method: 'POST', ...fault });
      const result = await world.provider.createPullRequest(WANTED);
      expect(result).toMatchObject({ status: 'retryable', mayHaveActed: true });
      expect(posts(world)).toBe(1);
    }
  });

  it('of a host that is not there at all have surely done nothing', async () => {
    const world = await startWorld();
    const provider = world.open({ STAGELINE_GIT_API_URL: 'http://127.0.0.1:1' });
    const result = await provider.createPullRequest(WANTED);
    expect(result).toMatchObject({ status: 'retryable', mayHaveActed: false });
    expect(errorOf(result).message).toContain(
      'github.com did not answer when asked to create pull requests in acme/shop',
    );
  });

  it('that last are given up within a few tries', async () => {
    const world = await startWorld();
    world.github.faults.push({ kind: 'answer', status: 503, times: 100, body: 'down' });
    const result = await world.provider.readPullRequest(1);
    expect(errorOf(result).code).toBe('PROVIDER_DOWN');
    expect(world.github.requests).toHaveLength(4);
  });

  it('end at once when the runner is told to stop', async () => {
    const world = await startWorld();
    const stop = new AbortController();
    const provider = world.open({}, { signal: stop.signal });
    world.github.faults.push({ kind: 'silence' });
    const asked = provider.readPullRequest(1);
    const reason = new Error('told to end');
    stop.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  it('are told apart from a login page with status 200', async () => {
    const world = await startWorld();
    const page = '<!doctype html><title>Sign in</title>';
    world.github.faults.push({
      kind: 'answer',
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: page,
    });
    const error = errorOf(await world.provider.readPullRequest(1));
    expect(error.code).toBe('PROVIDER_ANSWER');
    expect(error.message).toContain('answered with a web page');
  });

  it('are told apart from an answer of another shape, with the field', async () => {
    const world = await startWorld();
    world.github.faults.push({ kind: 'answer', status: 200, headers: JSON_TYPE, body: '{"number":"one"}' });
    expect(errorOf(await world.provider.readPullRequest(1)).message).toContain('(number: ');
  });
});

describe('redirects', () => {
  it('within the host are followed by reads', async () => {
    const world = await startWorld();
    await world.provider.createPullRequest(WANTED);
    const location = '/repos/acme/shop/pulls/1';
    world.github.faults.push({ path: /pulls\/7$/, kind: 'answer', status: 301, headers: { location } });
    expect(await world.provider.readPullRequest(7)).toMatchObject({
      status: 'success',
      value: { number: 1 },
    });
  });

  it('of a write are followed only where method and body stay', async () => {
    const location = '/repos/acme/shop/pulls?moved=1';
    const moved = await startWorld();
    moved.github.faults.push({ method: 'POST', kind: 'answer', status: 301, headers: { location } });
    expect(errorOf(await moved.provider.createPullRequest(WANTED)).code).toBe('PROVIDER_MOVED');
    expect(posts(moved)).toBe(1);
    const kept = await startWorld();
    const same = { location: '/repos/acme/shop/pulls' };
    kept.github.faults.push({ method: 'POST', kind: 'answer', status: 307, headers: same });
    expect((await kept.provider.createPullRequest(WANTED)).status).toBe('success');
    expect(posts(kept)).toBe(2);
  });

  it('to another host are not followed, and it never sees the token', async () => {
    const world = await startWorld();
    const elsewhere = await startWorld();
    const headers = { location: `${elsewhere.github.url}/repos/acme/shop/pulls/1?x=1` };
    world.github.faults.push({ kind: 'answer', status: 302, headers });
    const error = errorOf(await world.provider.readPullRequest(1));
    expect(error.code).toBe('PROVIDER_MOVED');
    expect(error.message).toContain(`has moved to ${elsewhere.github.url} (302)`);
    expect(elsewhere.github.requests).toEqual([]);
  });
});

describe('secrets', () => {
  it('are in the authorization header and nowhere else', async () => {
    const world = await startWorld({ allowAutoMerge: true });
    const { provider, github } = world;
    const echo = JSON.stringify({ message: `denied: authorization was Bearer ${TOKEN}`, errors: [TOKEN] });
    const results: unknown[] = [];
    for (const status of [400, 401, 403, 404, 409, 422, 429, 500]) {
      const headers = { ...JSON_TYPE, 'x-echo': TOKEN, 'retry-after': '900' };
      github.faults.push({ kind: 'answer', status, times: 4, headers, body: echo });
      results.push(await provider.createPullRequest(WANTED));
      github.faults.splice(0);
    }
    github.faults.push({ kind: 'drop', when: 'before', times: 4 });
    results.push(await provider.readPullRequest(1));
    const said = results.map((result) => [
      inspect(result, { depth: 20, showHidden: true }),
      typeof result === 'object' && result !== null && 'error' in result ? errorLine(result.error) : '',
    ]);
    expect(JSON.stringify([said, world.printed])).not.toContain(TOKEN);
    expect(JSON.stringify(said)).toContain('[redacted]');
    expect(github.requests.every((request) => request.authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(JSON.stringify(github.requests.map(({ url, body }) => [url, body]))).not.toContain(TOKEN);
  });

  it('in the repository’s address are left behind', async () => {
    const { parseRepositoryAddress } = await import('../../hooks/promotion/providers/index.ts');
    const address = parseRepositoryAddress('https://user:hunter2hunter2@github.com/acme/shop.git');
    expect(JSON.stringify(address)).not.toContain('hunter2');
    const malformed = 'https://user:hunter2hunter2@github.com/';
    expect(() => parseRepositoryAddress(malformed)).toThrow(expect.not.stringContaining('hunter2'));
  });
});
