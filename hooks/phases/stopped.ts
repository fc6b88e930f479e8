/** What a hook does when its process is told to end: it closes the attempt, so that nothing is left half open. */
import { closeAttempt, currentAttempt } from '../../core/ledger/delivery.ts';
import { findJob } from '../../runtime/kube/jobs.ts';
import type { Job } from '../../runtime/kube/types.ts';
import { idOf, timestamp, type HookContext } from '../context.ts';

/**
 * A Job that is being deleted was terminated by Argo CD, which tries no more: the attempt is abandoned. A Job that
 * stays lost only its pod (deadline, eviction, node shutdown): the attempt is errored, and a retry may follow.
 */
export async function closeStopped(context: HookContext): Promise<string> {
  const job = await findJob(context.client, { namespace: context.namespace, name: context.jobName });
  const end = endingOf(job);
  const id = idOf(context);
  await context.store.update((ledger) => {
    if (currentAttempt(ledger, id)?.attempt.operation !== context.operation) return ledger;
    return closeAttempt(ledger, id, { ...end, now: timestamp(context) });
  });
  return end.message;
}

function endingOf(job: Job | undefined): { status: 'abandoned' | 'errored'; message: string } {
  if (job === undefined || job.metadata?.deletionTimestamp !== undefined) {
    return { status: 'abandoned', message: 'the sync was terminated while its hook ran' };
  }
  const late = job.status?.conditions?.find(
    (condition) => /^(Failed|FailureTarget)$/.test(condition.type) && condition.reason === 'DeadlineExceeded',
  );
  if (late) {
    return {
      status: 'errored',
      message: 'the hook ran longer than its activeDeadlineSeconds (hooks.activeDeadline, default 1h)',
    };
  }
  return { status: 'errored', message: 'the hook’s pod was stopped (eviction or node shutdown)' };
}
