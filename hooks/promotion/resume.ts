/** Letting a suspended Job go. */
import type { KubeClient } from '../../runtime/kube/client.ts';
import { isKubeStatus } from '../../runtime/kube/errors.ts';
import { findJob } from '../../runtime/kube/jobs.ts';
import type { Job } from '../../runtime/kube/types.ts';

/** As Argo CD's `resume` action does. One that is gone or runs already is left as it is. Errors: KubeError. */
export async function resumeJob(
  client: KubeClient,
  job: Job,
  where: { namespace: string; name: string },
): Promise<void> {
  let live: Job | undefined = job;
  while (live?.spec?.['suspend'] === true) {
    try {
      await client.request<Job>({
        action: { verb: 'update', group: 'batch', resource: 'jobs', ...where },
        body: { apiVersion: 'batch/v1', kind: 'Job', ...live, spec: { ...live.spec, suspend: false } },
      });
      return;
    } catch (error) {
      if (isKubeStatus(error, 404)) return;
      if (!isKubeStatus(error, 409)) throw error;
      live = await findJob(client, where);
    }
  }
}
