/** Who let a pending promotion go or turned it down, where it can be known. */
import type { KubeClient } from '../../runtime/kube/client.ts';
import { KubeError } from '../../runtime/kube/errors.ts';
import type { KubeObject } from '../../runtime/kube/types.ts';
import type { Logger } from '../../runtime/log.ts';

interface KubeEvent extends KubeObject {
  reason?: string;
  message?: string;
  lastTimestamp?: string;
}

interface About {
  namespace: string;
  job: string;
}

const ARGOCD_NAMESPACE_ENV = 'STAGELINE_ARGOCD_NAMESPACE';

/**
 * The user's name as Argo CD knows it, from the Event `<user> ran action resume` that argocd-server writes beside the
 * Job. Undefined if nobody told: `kubectl` leaves no such Event, and Argo CD writes it into the cluster that it runs
 * in, which need not be this one.
 */
export function resumedBy(client: KubeClient, about: About, log: Logger): Promise<string | undefined> {
  const { namespace, job } = about;
  return newest(client, log, {
    namespace,
    fieldSelector: `involvedObject.name=${job},reason=ResourceActionRan`,
    who: (message) => /^(.+) ran action resume\b/.exec(message)?.[1],
  });
}

/**
 * The same of a Job that was deleted. Argo CD writes this Event at the Application, `<user> deleted resource batch/Job
 * '<name>'`: it is looked for in the namespace that `STAGELINE_ARGOCD_NAMESPACE` names, and in that of an application
 * outside it; with neither nobody knows.
 */
export function deletedBy(
  client: KubeClient,
  about: { job: string; application: string; env: NodeJS.ProcessEnv },
  log: Logger,
): Promise<string | undefined> {
  const { job, application, env } = about;
  const own = application.includes('_') ? application.split('_')[0] : undefined;
  const namespace = own ?? env[ARGOCD_NAMESPACE_ENV];
  if (!namespace) return Promise.resolve(undefined);
  const tail = ` deleted resource batch/Job '${job}'`;
  return newest(client, log, {
    namespace,
    fieldSelector: 'involvedObject.kind=Application,reason=ResourceDeleted',
    who: (message) => (message.endsWith(tail) ? message.slice(0, -tail.length) : undefined),
  });
}

async function newest(
  client: KubeClient,
  log: Logger,
  find: { namespace: string; fieldSelector: string; who: (message: string) => string | undefined },
): Promise<string | undefined> {
  const { namespace, fieldSelector, who } = find;
  try {
    const list = await client.request<{ items?: KubeEvent[] }>({
      action: { verb: 'list', group: '', resource: 'events', namespace },
      query: { fieldSelector },
      tries: 3,
    });
    const inOrder = (list.items ?? []).toSorted((a, b) =>
      (a.lastTimestamp ?? '') < (b.lastTimestamp ?? '') ? -1 : 1,
    );
    return inOrder.map(({ message }) => who(message ?? '')).findLast(Boolean);
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    log.info('the Events cannot be read, so it is not known who decided', { error });
    return undefined;
  }
}
