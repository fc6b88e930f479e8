/** The environment of Helm: its own folders, no cluster, and only what reaching a registry needs of the sidecar's. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../settings.ts';

const PASSED_ON = [
  'PATH',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'TMPDIR',
];

/** Folders of Helm: cached downloads are kept from render to render, the rest is the process's own. */
export function helmFolders(settings: Settings): { cache: string; own: string } {
  const base = settings.cacheDir ?? join(tmpdir(), 'stageline-helm');
  return { cache: join(base, 'cache'), own: join(base, `render-${process.pid}`) };
}

/** Variables for Helm. The cluster's address is not among them: a render asks no cluster. */
export function helmEnvironment(context: { settings: Settings; env: NodeJS.ProcessEnv }): NodeJS.ProcessEnv {
  const { settings, env } = context;
  const { cache, own } = helmFolders(settings);
  const passed = PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return {
    ...Object.fromEntries(passed),
    HOME: own,
    HELM_CACHE_HOME: cache,
    HELM_CONFIG_HOME: join(own, 'config'),
    HELM_DATA_HOME: join(own, 'data'),
    HELM_PLUGINS: '/nonexistent',
    KUBECONFIG: '/dev/null',
    ...(settings.helmRegistryConfig === undefined
      ? {}
      : { HELM_REGISTRY_CONFIG: settings.helmRegistryConfig }),
    ...(settings.helmRepositoryConfig === undefined
      ? {}
      : { HELM_REPOSITORY_CONFIG: settings.helmRepositoryConfig }),
  };
}
