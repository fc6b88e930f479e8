/** Jobs and their pods: reading, creating, deleting, and the last lines of a pod's log. */
import type { KubeClient } from './client.ts';
import { isKubeStatus, type KubeAction } from './errors.ts';
import type { Job, Pod } from './types.ts';

const GROUP = 'batch';

/** The Job, or undefined. */
export async function findJob(
  client: KubeClient,
  where: { namespace: string; name: string },
  signal?: AbortSignal,
): Promise<Job | undefined> {
  return client.find<Job>({ verb: 'get', group: GROUP, resource: 'jobs', ...where }, signal);
}

/** Creates a Job; if one of its name is there already, that one is the answer. */
export async function createJob(client: KubeClient, namespace: string, job: Job): Promise<Job> {
  const action: KubeAction = { verb: 'create', group: GROUP, resource: 'jobs', namespace };
  try {
    return await client.request<Job>({ action, body: job });
  } catch (error) {
    const name = job.metadata?.name;
    if (!isKubeStatus(error, 409) || name === undefined) throw error;
    const existing = await findJob(client, { namespace, name });
    if (existing) return existing;
    throw error;
  }
}

/** Deletes a Job with its pods; that it is gone already is fine. With `uid` only that very one. */
export async function deleteJob(
  client: KubeClient,
  where: { namespace: string; name: string },
  uid?: string,
): Promise<void> {
  try {
    await client.request({
      action: { verb: 'delete', group: GROUP, resource: 'jobs', ...where },
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      },
    });
  } catch (error) {
    if (!isKubeStatus(error, 404) && !isKubeStatus(error, 409)) throw error;
  }
}

/** The newest pod of a Job, or undefined. */
export async function findJobPod(
  client: KubeClient,
  where: { namespace: string; name: string },
  signal?: AbortSignal,
): Promise<Pod | undefined> {
  const list = await client.request<{ items?: Pod[] }>({
    action: { verb: 'list', group: '', resource: 'pods', namespace: where.namespace },
    query: { labelSelector: `batch.kubernetes.io/job-name=${where.name}`, limit: '10' },
    ...(signal === undefined ? {} : { signal }),
  });
  const created = (pod: Pod): string => pod.metadata?.creationTimestamp ?? '';
  return [...(list.items ?? [])].sort((a, b) => (created(a) < created(b) ? 1 : -1))[0];
}

const LOG_BYTES = 16 * 1024;

/** The last lines of a pod's log, however much it printed. */
export async function podLogTail(
  client: KubeClient,
  where: { namespace: string; pod: string; container: string; lines: number },
): Promise<string[]> {
  const text = await client.request<string>({
    action: { verb: 'get', group: '', resource: 'pods/log', namespace: where.namespace, name: where.pod },
    query: { container: where.container, tailLines: String(where.lines), limitBytes: String(LOG_BYTES) },
    text: true,
    maxBytes: LOG_BYTES,
    // A few last words are not worth a long wait.
    tries: 2,
  });
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-where.lines);
}
