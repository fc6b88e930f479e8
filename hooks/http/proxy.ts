/**
 * Proxies for checks, by HTTP_PROXY, HTTPS_PROXY and NO_PROXY, which Node's own agents heed. Calls to the Kubernetes API
 * never use them.
 */

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
