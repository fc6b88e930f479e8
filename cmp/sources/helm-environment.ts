/** The environment of Helm: its own folders, no cluster, and only what reaching a registry needs of the sidecar's. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../settings.ts';

const PASSED_ON = ['PATH', 'TMPDIR', 'GOGC', 'GOMEMLIMIT'];
const NETWORK = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/**
 * How Go's collector works in programs that live for a moment: seldom while they are small, which saves a render time,
 * and more often than by default once they are large, which saves the sidecar memory. The admin's own settings win.
 */
const GO_COLLECTOR = { GOGC: '400', GOMEMLIMIT: '100MiB' };

/** Folders of Helm: cached downloads are kept from render to render, the rest is the process's own. */
export function helmFolders(settings: Settings): { cache: string; own: string } {
  const base = settings.cacheDir ?? join(tmpdir(), 'stageline-helm');
  return { cache: join(base, 'cache'), own: join(base, `render-${process.pid}`) };
}

/** Variables for Helm. */
export function helmEnvironment(context: { settings: Settings; env: NodeJS.ProcessEnv }): NodeJS.ProcessEnv {
  const { settings, env } = context;
  const { cache, own } = helmFolders(settings);
  return {
    ...baseEnvironment(env, { cache, own }),
    ...present(env, NETWORK),
    ...(settings.helmRegistryConfig === undefined
      ? {}
      : { HELM_REGISTRY_CONFIG: settings.helmRegistryConfig }),
    ...(settings.helmRepositoryConfig === undefined
      ? {}
      : { HELM_REPOSITORY_CONFIG: settings.helmRepositoryConfig }),
  };
}

/** For a chart that is here with all its values: the same in each render, and without what may be secret. */
export function offlineEnvironment(context: {
  settings: Settings;
  env: NodeJS.ProcessEnv;
}): NodeJS.ProcessEnv {
  const { cache } = helmFolders(context.settings);
  // Nobody makes this folder: such a render keeps nothing.
  return baseEnvironment(context.env, { cache, own: join(cache, 'none') });
}

/** The cluster's address is not among the variables: a render asks no cluster. */
function baseEnvironment(
  env: NodeJS.ProcessEnv,
  { cache, own }: { cache: string; own: string },
): NodeJS.ProcessEnv {
  return {
    ...GO_COLLECTOR,
    ...present(env, PASSED_ON),
    HOME: own,
    HELM_CACHE_HOME: cache,
    HELM_CONFIG_HOME: join(own, 'config'),
    HELM_DATA_HOME: join(own, 'data'),
    HELM_PLUGINS: '/nonexistent',
    KUBECONFIG: '/dev/null',
  };
}

function present(env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
