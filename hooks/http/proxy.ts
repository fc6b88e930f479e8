/** Proxies for checks, by HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Calls to the Kubernetes API never use them. */

export interface ProxySettings {
  HTTP_PROXY?: string;
  HTTPS_PROXY?: string;
  NO_PROXY?: string;
}

/** The settings in an environment, in upper or lower case, empty ones left out. */
export function proxySettings(env: NodeJS.ProcessEnv): ProxySettings {
  const settings: ProxySettings = {};
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const) {
    const value = env[name.toLowerCase()] || env[name];
    if (value) settings[name] = value;
  }
  return settings;
}

/** The proxy that an address goes through, or undefined. */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const text = url.protocol === 'https:' ? settings.HTTPS_PROXY : settings.HTTP_PROXY;
  if (text === undefined || isExempt(url, settings.NO_PROXY)) return undefined;
  return new URL(text.includes('://') ? text : `http://${text}`);
}

/** Host names with or without a leading dot or `*.`, with or without a port; `*` exempts everything. */
function isExempt(url: URL, noProxy: string | undefined): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return (noProxy ?? '').split(/[\s,]+/).some((entry) => {
    if (entry === '') return false;
    if (entry === '*') return true;
    const match = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase());
    const host = match?.[1] ?? '';
    if (match?.[2] !== undefined && match[2] !== port) return false;
    return host !== '' && (url.hostname === host || url.hostname.endsWith(`.${host}`));
  });
}
