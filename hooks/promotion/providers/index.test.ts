import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../runtime/log.ts';
import { openProvider, parseRepositoryAddress, type GitProvider } from './index.ts';
import { usualApiAddress } from './github/index.ts';

function open(address: string, env: NodeJS.ProcessEnv = {}): GitProvider {
  return openProvider({
    repository: parseRepositoryAddress(address),
    env: { STAGELINE_GIT_TOKEN: 'token-of-a-test', ...env },
    log: createLogger({ write: () => undefined, now: () => 0 }),
    now: () => 0,
    sleep: async () => undefined,
    random: () => 0,
    signal: new AbortController().signal,
  });
}

describe('the provider of a repository', () => {
  it.each([
    ['https://github.com/acme/shop', 'github'],
    ['git@acme.ghe.com:acme/shop.git', 'github'],
    ['https://github.acme.dev/acme/shop', 'github'],
    ['https://codeberg.org/acme/shop', 'gitea'],
    ['https://gitea.acme.dev/acme/shop', 'gitea'],
    ['ssh://git@forgejo.acme.dev:2222/acme/shop', 'gitea'],
  ])('of %s is %s', (address, kind) => {
    expect(open(address).kind).toBe(kind);
  });

  it('is named where the host does not say it, and the name wins', () => {
    expect(() => open('https://git.acme.dev/acme/shop')).toThrow(
      expect.objectContaining({
        code: 'PROVIDER_UNKNOWN',
        hint: expect.stringContaining('github, gitea, forgejo'),
      }),
    );
    expect(open('https://git.acme.dev/acme/shop', { STAGELINE_GIT_PROVIDER: 'Forgejo' }).kind).toBe('gitea');
    expect(open('https://github.com/acme/shop', { STAGELINE_GIT_PROVIDER: 'gitea' }).kind).toBe('gitea');
    expect(() => open('https://github.com/acme/shop', { STAGELINE_GIT_PROVIDER: 'svn' })).toThrow(
      'there is no Git host provider "svn"',
    );
  });

  it('refuses an API address that could carry a secret', () => {
    for (const url of [
      'https://user:secret@api.example',
      'https://api.example?token=secret',
      'api.example',
      'file:///x',
    ]) {
      const opened = (): unknown => open('https://github.com/acme/shop', { STAGELINE_GIT_API_URL: url });
      expect(opened).toThrow(expect.objectContaining({ code: 'PROVIDER_ADDRESS' }));
      expect(opened).toThrow(expect.not.stringContaining('secret'));
    }
  });
});

describe('GitHub’s API', () => {
  it.each([
    ['https://github.com/acme/shop', 'https://api.github.com'],
    ['https://acme.ghe.com/acme/shop', 'https://api.acme.ghe.com'],
    ['https://github.acme.dev:8443/acme/shop', 'https://github.acme.dev:8443/api/v3'],
    ['git@github.acme.dev:acme/shop', 'https://github.acme.dev/api/v3'],
  ])('of %s is at %s', (address, api) => {
    expect(usualApiAddress(parseRepositoryAddress(address))).toBe(api);
  });
});
