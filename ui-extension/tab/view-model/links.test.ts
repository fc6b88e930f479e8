import { describe, expect, test } from 'vitest';
import { applicationPath, commitLink, traceLink, webLink } from './links.ts';

const COMMIT = 'a'.repeat(40);

describe('links', () => {
  test.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'java\nscript:alert(1)',
    'https://user:pass@example.com/',
    'http://',
    '//example.com',
    7,
    undefined,
    `https://example.com/${'a'.repeat(3000)}`,
  ])('refuse %s', (value) => {
    expect(webLink(value)).toBeUndefined();
  });

  test('keep http and https', () => {
    expect(webLink('https://example.com/pull/1')).toBe('https://example.com/pull/1');
  });

  test.each([
    ['https://github.com/example/shop.git', `https://github.com/example/shop/commit/${COMMIT}`],
    ['git@github.com:example/shop.git', `https://github.com/example/shop/commit/${COMMIT}`],
    [
      'ssh://git@gitlab.example.com:2222/team/shop',
      `https://gitlab.example.com/team/shop/-/commit/${COMMIT}`,
    ],
    ['https://token@bitbucket.org/team/shop', `https://bitbucket.org/team/shop/commits/${COMMIT}`],
    ['https://codeberg.org/team/shop/', `https://codeberg.org/team/shop/commit/${COMMIT}`],
    ['https://git.example.com/shop.git', undefined],
    ['/srv/shop.git', undefined],
  ])('to a commit of %s', (repository, expected) => {
    expect(commitLink(repository, COMMIT)).toBe(expected);
  });

  test('to nothing for what is no commit', () => {
    expect(commitLink('https://github.com/example/shop.git', 'digest-0123456789abcdef')).toBeUndefined();
  });

  test('to a trace only through a template with a place for its id', () => {
    expect(traceLink('https://jaeger.example.com/trace/{traceId}', 'ab')).toBe(
      'https://jaeger.example.com/trace/ab',
    );
    expect(traceLink('https://jaeger.example.com/', 'ab')).toBeUndefined();
    expect(traceLink('javascript:{traceId}', 'ab')).toBeUndefined();
  });

  test('to applications inside and outside the control-plane namespace', () => {
    expect(applicationPath('shop-dev', 'argocd')).toBe('applications/argocd/shop-dev');
    expect(applicationPath('team_shop-dev', 'argocd')).toBe('applications/team/shop-dev');
    expect(applicationPath('../../evil', 'argocd')).toBeUndefined();
  });
});
