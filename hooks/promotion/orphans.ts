/** Jobs of pending promotions that nothing waits for. */
import { PART_LABEL } from '../../core/annotations.ts';
import type { DeliveryRecord, PromotionRecord } from '../../core/ledger/types.ts';
import type { KubeClient } from '../../runtime/kube/client.ts';
import { deleteJob } from '../../runtime/kube/jobs.ts';
import type { Job } from '../../runtime/kube/types.ts';
import type { Logger } from '../../runtime/log.ts';
import { openLedgers } from './ledgers.ts';
import { PENDING_PART } from './pending-job.ts';

/** Jobs that no record waits for: of a promotion that was superseded just when its writer was killed. */
export async function removeOrphans(
  tools: { client: KubeClient; log: Logger; now: () => number },
  namespace: string,
): Promise<string[]> {
  const { client, log, now } = tools;
  const removed: string[] = [];
  const list = await client.request<{ items?: Job[] }>({
    action: { verb: 'list', group: 'batch', resource: 'jobs', namespace },
    query: { labelSelector: `${PART_LABEL}=${PENDING_PART}` },
  });
  // Read after the Jobs: a record that is older than its Job would not know it.
  const ledgers = await openLedgers({ client, namespace, log, now });
  const records = ledgers.flatMap(({ ledger }) => ledger.deliveries.flatMap(recordsOf));
  // Somebody who has just made a Job has yet to write so.
  const isBusy = ({ status, resumedAt, pending }: PromotionRecord): boolean =>
    status === 'intended' || (status === 'waiting' && pending !== undefined && resumedAt !== undefined);
  if (records.some(isBusy)) return removed;
  const wanted = new Set(
    records.flatMap(({ status, pending }) => (status === 'waiting' && pending ? [pending.job] : [])),
  );
  for (const job of list.items ?? []) {
    const name = job.metadata?.name ?? '';
    if (job.spec?.['suspend'] !== true || wanted.has(name)) continue;
    await deleteJob(client, { namespace, name }, job.metadata?.uid);
    removed.push(`${namespace}: removed Job ${name}, which nothing waits for`);
  }
  return removed;
}

function recordsOf({ promotions, rollback }: DeliveryRecord): PromotionRecord[] {
  return [...promotions, ...(rollback ? [rollback] : [])];
}
