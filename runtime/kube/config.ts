/** Where the Kubernetes API is and who we are there: KUBECONFIG if it is set, else the pod's ServiceAccount. */
import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { RequestOptions } from 'node:https';
// The package's index loads every generated client; this file is all that is needed of it.
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { messageOf, StagelineError } from '../../core/errors.ts';

const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';

export interface KubeEndpoint {
  /** Base address of the API server, without a trailing slash. */
  server: string;
  /** Options of a request: CA, client certificate, token header, agent. Asked anew, since tokens change. */
  requestOptions(): Promise<RequestOptions>;
}

/** Errors: `KUBE_CONFIG` if there is neither a readable KUBECONFIG nor a mounted ServiceAccount. */
export function loadKubeEndpoint(env: NodeJS.ProcessEnv): KubeEndpoint {
  const config = new KubeConfig();
  const file = env['KUBECONFIG'];
  if (file) loadFile(config, file);
  else if (existsSync(TOKEN_FILE) && env['KUBERNETES_SERVICE_HOST']) config.loadFromCluster();
  else {
    throw new StagelineError('there is no KUBECONFIG, and the pod has no ServiceAccount token', {
      code: 'KUBE_CONFIG',
      hint: 'Give the hook Jobs a ServiceAccount (hooks.serviceAccountName) whose token is mounted',
      blame: 'setup',
    });
  }
  const cluster = config.getCurrentCluster();
  if (!cluster?.server) {
    throw new StagelineError(`the current context of ${file ?? 'the cluster'} names no cluster`, {
      code: 'KUBE_CONFIG',
      hint: 'Set current-context in the KUBECONFIG file to a context whose cluster is there',
      blame: 'setup',
    });
  }
  const server = cluster.server.replace(/\/+$/, '');
  if (isPlainLoopback(server))
    config.clusters = config.clusters.map((one) => ({ ...one, skipTLSVerify: true }));
  // The library's agents open a connection a request; a proxy's agent is left as it is.
  const keepAlive = cluster.proxyUrl === undefined ? agentFor(server) : undefined;
  return {
    server,
    async requestOptions() {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      return keepAlive === undefined ? options : { ...options, agent: keepAlive };
    },
  };
}

/** The library refuses plain HTTP unless TLS verification is off; on loopback there is nothing to verify. */
function isPlainLoopback(server: string): boolean {
  const { protocol, hostname } = new URL(server);
  return (
    protocol === 'http:' && (hostname.startsWith('127.') || hostname === 'localhost' || hostname === '[::1]')
  );
}

function agentFor(server: string): http.Agent | https.Agent {
  const options = { keepAlive: true, maxSockets: 8 };
  return server.startsWith('https:') ? new https.Agent(options) : new http.Agent(options);
}

function loadFile(config: KubeConfig, file: string): void {
  try {
    config.loadFromFile(file);
  } catch (cause) {
    throw new StagelineError(`cannot read KUBECONFIG ${file}: ${messageOf(cause)}`, {
      code: 'KUBE_CONFIG',
      hint: 'Point KUBECONFIG to a readable kubeconfig file',
      blame: 'setup',
      cause,
    });
  }
}
