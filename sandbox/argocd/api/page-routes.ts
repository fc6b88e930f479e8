/** Routes that Argo CD's own page asks for beside those that a tab needs: without them it shows errors of its own. */
import { applicationOf } from './context.ts';
import type { ApiCall } from './context.ts';

/** `GET …/links`: deep links that an admin configured; here none. */
export function getLinks(call: ApiCall): unknown {
  applicationOf(call);
  return {};
}

/** `GET /api/v1/clusters/{server}?id.type=url`: the one cluster that there is. */
export function getCluster(call: ApiCall): unknown {
  return {
    server: call.params['server'] ?? '',
    name: 'in-cluster',
    config: { tlsClientConfig: { insecure: false } },
    connectionState: { status: 'Successful', message: '', attemptedAt: null },
    info: { connectionState: { status: 'Successful', message: '', attemptedAt: null }, applicationsCount: 0 },
  };
}
