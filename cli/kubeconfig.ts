/** Where a person's cluster is. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** As kubectl: KUBECONFIG, else `~/.kube/config` if it is there. */
export function withKubeconfig(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const usual = path.join(env['HOME'] ?? '/nonexistent', '.kube/config');
  return env['KUBECONFIG'] || !existsSync(usual) ? env : { ...env, KUBECONFIG: usual };
}
