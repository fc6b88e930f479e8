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

/** argocd-server writes an Event on the resource: `<user> ran action resume`, `<user> deleted resource`. */
const WORDS = {
  resume: { reason: 'ResourceActionRan', message: /^(.+) ran action resume\b/ },
  delete: { reason: 'ResourceDeleted', message: /^(.+) deleted resource\b/ },
} as const;

/**
 * The user's name as Argo CD knows it; undefined if nobody told: `kubectl` leaves no such Event, and Argo CD writes it
 * into the cluster that it runs in, which need not be this one.
 */
export async function decider(
  client: KubeClient,
  about: { namespace: string; job: string; did: keyof typeof WORDS },
  log: Logger,
): Promise<string | undefined> {
  const { namespace, job, did } = about;
  try {
    const list = await client.request<{ items?: KubeEvent[] }>({
      action: { verb: 'list', group: '', resource: 'events', namespace },
      query: { fieldSelector: `involvedObject.name=${job}` },
      tries: 3,
    });
    const told = (list.items ?? [])
      .filter(({ reason }) => reason === WORDS[did].reason)
      .toSorted((a, b) => ((a.lastTimestamp ?? '') < (b.lastTimestamp ?? '') ? -1 : 1));
    return told.map(({ message }) => WORDS[did].message.exec(message ?? '')?.[1]).findLast(Boolean);
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    log.info('the Events cannot be read, so it is not known who decided', { error });
    return undefined;
  }
}
