/** GitHub Apps: a key in place of a token. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { holdToDescription, HEAD, startWorld, valueOf, type World } from './github-world.ts';

holdToDescription();

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const PERMISSIONS = {
  pull_requests: 'write',
  contents: 'write',
  statuses: 'write',
  metadata: 'read',
} as const;
const WANTED = { head: HEAD, base: 'main', title: 'Promote', body: '', draft: false };

function startWithApp(installed = 'acme/shop'): Promise<World> {
  const app = {
    id: 12,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    installations: [{ id: 77, repository: installed, permissions: PERMISSIONS }],
  };
  // The App's statement is signed by the real clock.
  return startWorld({}, { apps: [app], now: Date.now });
}

const ENV = { STAGELINE_GIT_TOKEN: '', STAGELINE_GITHUB_APP_ID: '12', STAGELINE_GITHUB_APP_PRIVATE_KEY: PEM };

describe('a GitHub App', () => {
  it('acts by a token for this repository alone, its installation looked up', async () => {
    const { open, github } = await startWithApp();
    const provider = open(ENV);
    expect(valueOf(await provider.createPullRequest(WANTED)).created).toBe(true);
    await provider.readPullRequest(1);
    expect(github.repository('acme/shop').pulls[0]?.author).toBe('stageline[bot]');
    const issued = github.requests.filter(({ path }) => path.endsWith('/access_tokens'));
    expect(issued.map(({ path, body }) => [path, body])).toEqual([
      ['/app/installations/77/access_tokens', { repositories: ['shop'] }],
    ]);
  });

  it('needs no look-up where the installation is named, and takes a key in Base64 or on one line', async () => {
    const { open, github } = await startWithApp();
    for (const key of [Buffer.from(PEM).toString('base64'), PEM.replaceAll('\n', '\\n')]) {
      const provider = open({
        ...ENV,
        STAGELINE_GITHUB_APP_PRIVATE_KEY: key,
        STAGELINE_GITHUB_APP_INSTALLATION_ID: '77',
      });
      expect((await provider.findPullRequest({ head: HEAD, base: 'main' })).status).toBe('success');
    }
    expect(github.requests.some(({ path }) => path.endsWith('/installation'))).toBe(false);
  });

  it('hands its token to Git, and knows its permissions', async () => {
    const { open } = await startWithApp();
    const provider = open(ENV);
    expect(valueOf(await provider.gitCredentials())).toMatchObject({
      username: 'x-access-token',
      token: expect.stringMatching(/^ghs_/),
    });
    expect(valueOf(await provider.readRights())).toEqual({
      read: 'yes',
      push: 'yes',
      'pull-requests': 'yes',
      merge: 'yes',
      statuses: 'yes',
      workflows: 'no',
    });
  });

  it('that is not installed says so', async () => {
    const { open } = await startWithApp('acme/other');
    expect(await open(ENV).readPullRequest(1)).toMatchObject({
      status: 'failure',
      error: { message: expect.stringContaining('act as an installed GitHub App in acme/shop') },
    });
  });

  it('with a key that is none fails before any request, and does not quote it', async () => {
    const { open, github } = await startWithApp();
    const secret = '-----BEGIN RSA PRIVATE KEY-----\nverysecretkey\n-----END RSA PRIVATE KEY-----';
    const opened = (): unknown => open({ ...ENV, STAGELINE_GITHUB_APP_PRIVATE_KEY: secret });
    expect(opened).toThrow('STAGELINE_GITHUB_APP_PRIVATE_KEY holds no RSA private key');
    expect(opened).toThrow(expect.not.stringContaining('verysecretkey'));
    expect(() => open({ ...ENV, STAGELINE_GITHUB_APP_ID: 'twelve' })).toThrow(
      'STAGELINE_GITHUB_APP_ID is not a number',
    );
    expect(github.requests).toEqual([]);
  });

  it('whose fresh token is not yet known everywhere tries again', async () => {
    const { open, github } = await startWithApp();
    github.faults.push({ path: /pulls/, kind: 'answer', status: 401, body: '{"message":"Bad credentials"}' });
    const provider = open({ ...ENV, STAGELINE_GITHUB_APP_INSTALLATION_ID: '77' });
    expect(await provider.readPullRequest(1)).toMatchObject({ status: 'retryable', mayHaveActed: false });
  });
});
