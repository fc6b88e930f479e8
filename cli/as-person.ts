/** What the Kubernetes API answered, for a person at a terminal: errors of the API's client speak to hooks. */
import { StagelineError } from '../core/errors.ts';
import { connectKube, type KubeClient } from '../runtime/kube/client.ts';
import { KubeError, roleRule } from '../runtime/kube/errors.ts';

/** A person would rather read why than wait. */
const RETRY = { tries: 3, firstMs: 200, maxMs: 1000, deadlineMs: 10_000 };

/** The cluster that kubectl would use. Errors: `KUBE_CONFIG`. */
export function connectAsPerson(env: NodeJS.ProcessEnv): KubeClient {
  try {
    return connectKube(env, { retry: RETRY });
  } catch (cause) {
    if (!(cause instanceof StagelineError) || env['KUBECONFIG']) throw cause;
    throw new StagelineError('no cluster is known: KUBECONFIG is not set and there is no ~/.kube/config', {
      code: 'KUBE_CONFIG',
      hint: 'Set KUBECONFIG, or run it where kubectl works',
      blame: 'setup',
      cause,
    });
  }
}

/** Does something with the cluster, and says what a person can do about an error of it. */
export async function asPerson<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof KubeError ? forPeople(error) : error;
  }
}

function forPeople(error: KubeError): StagelineError {
  const { action, status, code } = error;
  const { verb, resource, namespace } = action;
  const where = namespace === '' ? 'in all namespaces' : `in namespace ${namespace}`;
  if (status === 403) {
    return new StagelineError(`you have no right to ${verb} ${resource} ${where}`, {
      code,
      hint:
        namespace === ''
          ? 'Name the namespaces that you may read with --namespace'
          : `Ask for a Role there with ${roleRule(action)}`,
      cause: error,
    });
  }
  if (status === 401) {
    return new StagelineError('the cluster does not know you', {
      code,
      hint: 'Sign in again; "kubectl get configmaps" has to work first',
      cause: error,
    });
  }
  if (status !== 0) return error;
  return new StagelineError(error.message, {
    code,
    hint: 'Check KUBECONFIG, its current context and the network; "kubectl get configmaps" has to work first',
    cause: error,
  });
}
