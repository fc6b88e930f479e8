/**
 * What a CronJob does now and then (`stageline promote --due`): lets go what is due, ends what was turned down, has
 * expired or is needless, sees what was merged, and closes deliveries that nobody works on any more.
 */
import { PART_LABEL } from '../../core/annotations.ts';
import { errorLine } from '../../core/errors.ts';
import { settle, waitingRecord, type Settled, type Waiting } from '../../core/ledger/pending.ts';
import type { DeliveryRecord, Ledger, PendingPromotion, PromotionRecord } from '../../core/ledger/types.ts';
import { connectKube, type KubeClient } from '../../runtime/kube/client.ts';
import { deleteJob, findJob } from '../../runtime/kube/jobs.ts';
import { delay } from '../../runtime/kube/retry.ts';
import type { Job } from '../../runtime/kube/types.ts';
import { redact } from '../../runtime/log.ts';
import { exportSpans } from '../../runtime/telemetry/export-spans.ts';
import { secretValues } from '../secret-values.ts';
import { spansToSend } from '../spans.ts';
import { supersedeOlder } from './carry-out.ts';
import { deletedBy } from './deciders.ts';
import { carryOutLeft, mergesByItself } from './due-promotion.ts';
import { closeStale } from './close-stale.ts';
import { checkAddress } from './git-addresses.ts';
import { tellOf } from './tell.ts';
import type { PromotionTools } from './order.ts';
import { PENDING_PART } from './pending-job.ts';
import { openLedgers, type OpenLedger } from './ledgers.ts';
import { resumeJob } from './resume.ts';
import { lookAtHost } from './settle-waiting.ts';

export interface DueOptions extends Pick<PromotionTools, 'env' | 'log' | 'signal'> {
  /** Where ledgers are looked for. */
  namespaces: readonly string[];
  now?: () => number;
  sleep?: PromotionTools['sleep'];
}

export interface DueReport {
  /** One line for everything that was done. */
  done: string[];
  problems: string[];
  /** Namespaces without a ledger: nothing was delivered there yet, or the name is wrong. */
  empty: string[];
}

interface Due extends PromotionTools {
  client: KubeClient;
  report: DueReport;
}

/** Problems with one ledger do not keep it from the next. Errors: `KUBE_CONFIG`. */
export async function runDue(options: DueOptions): Promise<DueReport> {
  const { env, log, signal, namespaces, now = Date.now, sleep = delay } = options;
  const report: DueReport = { done: [], problems: [], empty: [] };
  const client = connectKube(env);
  const due: Due = { env, log, signal, now, sleep, random: Math.random, client, report };
  for (const namespace of namespaces) {
    await guarded(due, namespace, async () => {
      const ledgers = await openLedgers({ client, namespace, log, now });
      if (ledgers.length === 0) report.empty.push(namespace);
      for (const open of ledgers) await guarded(due, `${namespace}/${open.name}`, () => attend(due, open));
      await removeOrphans(due, namespace);
    });
  }
  return report;
}

async function guarded(due: Due, place: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (due.signal.aborted) throw due.signal.reason;
    due.log.error('what is due could not be done', { place, error });
    const line = errorLine(error).replace(/^stageline: /, '');
    due.report.problems.push(`${place}: ${redact(line, secretValues(due.env))}`);
  }
}

async function attend(due: Due, open: OpenLedger): Promise<void> {
  const before = await open.store.read();
  for (const delivery of before.deliveries) {
    for (const { what, record } of openRecords(delivery)) {
      const place = `${open.namespace}/${open.name} ${record.target}`;
      await guarded(due, place, () =>
        record.pending === undefined
          ? attendOutside(due, open, { delivery, record, what })
          : attendJob(due, open, { delivery, record, what, pending: record.pending }),
      );
    }
  }
  const closed = await closeStale(due, open);
  if (closed !== undefined) due.report.done.push(closed);
  const after = await open.store.read();
  await Promise.all([
    exportSpans(spansToSend(before, after, { id: '', recovered: false }), { env: due.env, log: due.log }),
    tellOf(due, before, after),
  ]);
}

function openRecords(delivery: DeliveryRecord): { what: Waiting; record: PromotionRecord }[] {
  const all: { what: Waiting; record: PromotionRecord | undefined }[] = [
    ...delivery.promotions.map((record) => ({ what: { target: record.target }, record })),
    { what: { rollback: true }, record: delivery.rollback },
  ];
  return all.flatMap(({ what, record }) => (record?.status === 'waiting' ? [{ what, record }] : []));
}

interface Open {
  delivery: DeliveryRecord;
  record: PromotionRecord;
  what: Waiting;
}

async function attendJob(
  due: Due,
  open: OpenLedger,
  waiting: Open & { pending: PendingPromotion },
): Promise<void> {
  const { pending, record, delivery, what } = waiting;
  const where = { namespace: open.namespace, name: pending.job };
  const job = await findJob(due.client, where);
  if (job === undefined) {
    if (record.resumedAt !== undefined)
      return end(due, open, waiting, { status: 'failed', message: 'its Job is gone before it had ended' });
    const about = { job: pending.job, application: open.ledger.application, env: due.env };
    const by = await deletedBy(due.client, about, due.log);
    return end(due, open, waiting, {
      status: 'rejected',
      message: `turned down: Job ${pending.job} was deleted`,
      ...(by === undefined ? {} : { decidedBy: by }),
    });
  }
  const failure = job.status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True');
  if (failure) {
    const message = `Job ${pending.job} failed (${failure.reason ?? 'no reason'}); its log says why`;
    return end(due, open, waiting, { status: 'failed', message });
  }
  if (job.spec?.['suspend'] !== true) return;
  if ('rollback' in what && delivery.status === 'succeeded') {
    await end(due, open, waiting, { status: 'unchanged', message: 'the version was verified meanwhile' });
    return deleteJob(due.client, where, job.metadata?.uid);
  }
  const now = due.now();
  if (pending.expiresAt !== undefined && Date.parse(pending.expiresAt) <= now) {
    await end(due, open, waiting, { status: 'expired', message: `it expired at ${pending.expiresAt}` });
    return deleteJob(due.client, where, job.metadata?.uid);
  }
  const isTimed = pending.waitsFor === 'soak' || pending.waitsFor === 'window';
  if (!isTimed || pending.notBefore === undefined || Date.parse(pending.notBefore) > now) return;
  await resumeJob(due.client, job, where);
  due.report.done.push(`${open.name}: let go ${record.target} (${pending.waitsFor} is over)`);
}

/** What waits for no Job: for this very run, or at the Git host. */
async function attendOutside(due: Due, open: OpenLedger, waiting: Open): Promise<void> {
  if (!due.env['STAGELINE_GIT_TOKEN'] && !due.env['STAGELINE_GITHUB_APP_ID']) {
    due.log.info('there is no token, so what waits outside the cluster is not looked at', {
      ledger: open.name,
    });
    return;
  }
  const ledger = await open.store.read();
  const { by, url, commit, host } = waiting.record;
  if (by === 'due' && url === undefined && commit === undefined) {
    const change = await carryOutLeft({ ...due, store: open.store }, { ...waiting, ledger });
    return change && writeAndSupersede(due, open, waiting, change);
  }
  if (host === undefined) return;
  checkAddress(due.env, host.repoURL);
  if (host.api !== undefined) checkAddress(due.env, host.api);
  const { autoMerge: _untrusted, ...looked } = waiting.record;
  const left = { ...waiting, ledger };
  const merges = waiting.record.autoMerge !== undefined && (await mergesByItself(due, left));
  const change = await lookAtHost(due, merges ? left : { ...left, record: looked });
  if (change) await write(due, open, waiting, change);
}

async function writeAndSupersede(
  due: Due,
  open: OpenLedger,
  waiting: Open,
  change: (ledger: Ledger) => Ledger,
): Promise<void> {
  const { delivery, what } = waiting;
  let jobs: string[] = [];
  await write(due, open, waiting, (ledger) => {
    const changed = change(ledger);
    if ('rollback' in what) return changed;
    const by = { deliveryId: delivery.id, target: what.target, now: new Date(due.now()).toISOString() };
    const superseded = supersedeOlder(changed, by);
    ({ jobs } = superseded);
    return superseded.ledger;
  });
  for (const name of jobs) await deleteJob(due.client, { namespace: open.namespace, name });
}

async function end(
  due: Due,
  open: OpenLedger,
  waiting: Open,
  ending: { status: Settled; message: string; decidedBy?: string },
): Promise<void> {
  const now = new Date(due.now()).toISOString();
  await write(due, open, waiting, (ledger) =>
    settle(ledger, waiting.delivery.id, { what: waiting.what, now, ...ending }),
  );
}

async function write(
  due: Due,
  open: OpenLedger,
  waiting: Open,
  change: (ledger: Ledger) => Ledger,
): Promise<void> {
  const before = await open.store.read();
  const ledger = await open.store.update(change);
  if (ledger === before) return;
  const delivery = ledger.deliveries.find(({ id }) => id === waiting.delivery.id);
  const record = waitingRecord(delivery, waiting.what);
  due.report.done.push(
    `${open.name}: ${waiting.record.target} ${record?.status ?? 'gone'} (${record?.message ?? ''})`,
  );
}

/** Jobs that no record waits for: of a promotion that was superseded just when its writer was killed. */
async function removeOrphans(due: Due, namespace: string): Promise<void> {
  const { client, log, now } = due;
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
  if (records.some(isBusy)) return;
  const wanted = new Set(
    records.flatMap(({ status, pending }) => (status === 'waiting' && pending ? [pending.job] : [])),
  );
  for (const job of list.items ?? []) {
    const name = job.metadata?.name ?? '';
    if (job.spec?.['suspend'] !== true || wanted.has(name)) continue;
    await deleteJob(client, { namespace, name }, job.metadata?.uid);
    due.report.done.push(`${namespace}: removed Job ${name}, which nothing waits for`);
  }
}

function recordsOf({ promotions, rollback }: DeliveryRecord): PromotionRecord[] {
  return [...promotions, ...(rollback ? [rollback] : [])];
}
