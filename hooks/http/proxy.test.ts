import { describe, expect, it } from 'vitest';
import { proxyFor, proxySettings } from './proxy.ts';

const proxy = 'http://proxy:3128';

describe('proxyFor', () => {
  it.each([
    ['http://a.b.svc/x', { HTTP_PROXY: proxy }, `${proxy}/`],
    ['https://a.b.svc/x', { HTTP_PROXY: proxy }, undefined],
    ['https://a/x', { HTTPS_PROXY: 'proxy:1' }, 'http://proxy:1/'],
    ['http://a.b.svc/', { HTTP_PROXY: proxy, NO_PROXY: '.svc' }, undefined],
    ['http://a.b.svc/', { HTTP_PROXY: proxy, NO_PROXY: '*.svc, x' }, undefined],
    ['http://svc/', { HTTP_PROXY: proxy, NO_PROXY: 'svc' }, undefined],
    ['http://notsvc/', { HTTP_PROXY: proxy, NO_PROXY: 'svc' }, `${proxy}/`],
    ['http://a:8080/', { HTTP_PROXY: proxy, NO_PROXY: 'a:8080' }, undefined],
    ['http://a:8081/', { HTTP_PROXY: proxy, NO_PROXY: 'a:8080' }, `${proxy}/`],
    ['http://a/', { HTTP_PROXY: proxy, NO_PROXY: '*' }, undefined],
  ])('of %s with %j is %s', (url, settings, expected) => {
    expect(proxyFor(new URL(url), settings)?.href).toBe(expected);
  });

  it('reads both cases of the variables, and takes empty ones for none', () => {
    expect(proxySettings({ http_proxy: 'a', HTTPS_PROXY: 'b', NO_PROXY: '' })).toEqual({
      HTTP_PROXY: 'a',
      HTTPS_PROXY: 'b',
    });
  });
});
