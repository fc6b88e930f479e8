/** What a chart is told of the cluster. */
import type { Parameters } from '../parameters.ts';

/**
 * The versions that parameters name, or else the cluster's own; an empty list counts as none. Of a version its numbers
 * alone, as Argo CD does it: charts compare, and `v1.30.0-eks-1` would come before 1.30.0.
 */
export function clusterOf(
  parameters: Parameters,
  env: NodeJS.ProcessEnv,
): { kubeVersion: string | undefined; apiVersions: string[] } {
  const version = parameters.string('kubeVersion') ?? env['KUBE_VERSION'];
  const named = parameters.array('apiVersions');
  const apis = named.length > 0 ? named : (env['KUBE_API_VERSIONS'] ?? '').split(',');
  return {
    kubeVersion: version && (/^\s*v?(\d+(?:\.\d+)+)/.exec(version)?.[1] ?? version),
    apiVersions: apis.filter((api) => api !== ''),
  };
}
