/** Deliveries that nobody works on any more. */
import { closeAttempt } from '../../core/ledger/delivery.ts';
import type { KubeClient } from '../../runtime/kube/client.ts';
import { findJob } from '../../runtime/kube/jobs.ts';
import type { OpenLedger } from './ledgers.ts';

interface Closer {
  client: KubeClient;
  now: () => number;
}

/** A hook whose Job is gone or has ended has had time to say so. */
const HOOK_GRACE_MS = 5 * 60_000;
/** Argo CD may take long to apply and to become healthy, but not for ever. */
const DEPLOYMENT_STALE_MS = 24 * 3600_000;

/** An attempt whose hook is gone without a word, or whose deployment nobody ended, is closed as abandoned; a line that says so. */
export async function closeStale(due: Closer, open: OpenLedger): Promise<string | undefined> {
  const [delivery] = (await open.store.read()).deliveries;
  const attempt = delivery?.attempts.at(-1);
  if (!delivery || attempt?.status !== 'running') return undefined;
  const phase = attempt.phases.findLast(({ status }) => status === 'running');
  const age = due.now() - Date.parse(phase?.startedAt ?? attempt.startedAt);
  const isStale =
    phase?.job === undefined
      ? age > DEPLOYMENT_STALE_MS
      : age > HOOK_GRACE_MS && (await isOver(due.client, { namespace: open.namespace, name: phase.job }));
  if (!isStale) return undefined;
  const message = `nobody works on it any more: the ${phase?.name ?? 'first'} phase did not end`;
  const now = new Date(due.now()).toISOString();
  await open.store.update((ledger) =>
    closeAttempt(ledger, delivery.id, { status: 'abandoned', now, message }),
  );
  return `${open.name}: closed delivery ${delivery.id} (${message})`;
}

async function isOver(client: KubeClient, where: { namespace: string; name: string }): Promise<boolean> {
  const job = await findJob(client, where);
  return (
    job === undefined ||
    (job.status?.conditions ?? []).some(
      ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
    )
  );
}
