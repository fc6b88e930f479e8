/** Whether a promotion that waited still makes sense. */
import { waitingRecord, type Waiting } from '../../core/ledger/pending.ts';
import type { DeliveryRecord, Ledger } from '../../core/ledger/types.ts';

/** What happened meanwhile that makes it needless. */
export function needlessness(
  ledger: Ledger,
  delivery: DeliveryRecord,
  what: Waiting,
): { status: 'superseded' | 'unchanged'; message: string } | undefined {
  if ('rollback' in what) {
    if (delivery.status !== 'succeeded') return undefined;
    return { status: 'unchanged', message: 'the version was verified meanwhile, nothing is rolled back' };
  }
  const newer = ledger.deliveries.find((other) => {
    const promotion = waitingRecord(other, what);
    const isThrough = promotion?.status === 'done' || promotion?.url !== undefined;
    return other.openedAt > delivery.openedAt && isThrough;
  });
  return newer && { status: 'superseded', message: `superseded by freight ${newer.freight.id}` };
}
