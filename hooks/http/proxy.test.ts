import { describe, expect, it } from 'vitest';
import { proxySettings } from './proxy.ts';

describe('proxySettings', () => {
  it('reads both cases of the variables, and takes empty ones for none', () => {
    expect(proxySettings({ http_proxy: 'a', HTTPS_PROXY: 'b', NO_PROXY: '' })).toEqual({
      HTTP_PROXY: 'a',
      HTTPS_PROXY: 'b',
    });
  });
});
