import { describe, expect, it } from 'vitest';
import { parseRepositoryAddress } from './address.ts';

describe('the address of a repository', () => {
  it.each([
    ['https://github.com/acme/shop', 'https://github.com', 'acme/shop'],
    ['https://github.com/acme/shop.git', 'https://github.com', 'acme/shop'],
    ['https://github.com/acme/shop.git/', 'https://github.com', 'acme/shop'],
    ['https://www.github.com/acme/shop', 'https://github.com', 'acme/shop'],
    ['https://x-access-token:ghs_1@github.com/acme/shop.git', 'https://github.com', 'acme/shop'],
    ['git@github.com:acme/shop.git', 'https://github.com', 'acme/shop'],
    ['github.com:acme/shop.git', 'https://github.com', 'acme/shop'],
    ['ssh://git@github.com/acme/shop.git', 'https://github.com', 'acme/shop'],
    ['ssh://git@ssh.github.com:443/acme/shop.git', 'https://github.com', 'acme/shop'],
    ['ssh://git@git.acme.dev:2222/acme/shop.git', 'https://git.acme.dev', 'acme/shop'],
    ['https://git.acme.dev:8443/acme/shop.git', 'https://git.acme.dev:8443', 'acme/shop'],
    ['http://gitea.gitea.svc:3000/acme/shop', 'http://gitea.gitea.svc:3000', 'acme/shop'],
    ['https://acme.dev/tools/gitea/acme/shop.js.git', 'https://acme.dev/tools/gitea', 'acme/shop.js'],
    ['  https://github.com/acme/.github ', 'https://github.com', 'acme/.github'],
  ])('%s is %s and %s', (text, origin, slug) => {
    expect(parseRepositoryAddress(text)).toMatchObject({ origin, slug });
  });

  it.each([
    '',
    'shop',
    'https://github.com',
    'https://github.com/acme',
    'https://github.com/../shop',
    'https://github.com/acme/..',
    'https://github.com/acme/sh%2fop',
    'file:///srv/git/acme/shop.git',
    '/srv/git/acme/shop.git',
    'ftp://github.com/acme/shop',
    'git@github.com:',
  ])('"%s" is none', (text) => {
    expect(() => parseRepositoryAddress(text)).toThrow(expect.objectContaining({ code: 'PROVIDER_ADDRESS' }));
  });
});
