/**
 * What a CronJob does now and then (`stageline promote --due`): lets go what is due, ends what was turned down, has
 * expired or is needless, sees what was merged, and closes deliveries that nobody works on any more.
 */
import { errorLine } from '../../core/errors.ts';
import { settle, waitingRecord, type Settled, type Waiting } from '../../core/ledger/pending.ts';
import type { DeliveryRecord, Ledger, PendingPromotion, PromotionRecord } from '../../core/ledger/types.ts';
import { connectKube, type KubeClient } from '../../runtime/kube/client.ts';
import { deleteJob, findJob } from '../../runtime/kube/jobs.ts';
import { delay } from '../../runtime/kube/retry.ts';
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
import { openLedgers, type OpenLedger } from './ledgers.ts';
import { removeOrphans } from './orphans.ts';
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
      report.done.push(...(await removeOrphans(due, namespace)));
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
      return endFailed(due, open, waiting, 'its Job is gone before it had ended');
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
    return endFailed(due, open, waiting, message);
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

/** A Job that was killed may have got through before: where the target can be looked at, it says so. */
async function endFailed(due: Due, open: OpenLedger, waiting: Open, message: string): Promise<void> {
  if (hasCredentials(due) && (await lookOutside(due, open, waiting))) return;
  await end(due, open, waiting, { status: 'failed', message });
}

function hasCredentials({ env }: Due): boolean {
  return Boolean(env['STAGELINE_GIT_TOKEN'] || env['STAGELINE_GITHUB_APP_ID']);
}

/** What waits for no Job: for this very run, or at the Git host. */
async function attendOutside(due: Due, open: OpenLedger, waiting: Open): Promise<void> {
  if (!hasCredentials(due)) {
    const ledger = open.name;
    due.log.info('there is no token, so what waits outside the cluster is not looked at', { ledger });
    return;
  }
  const { by, url, commit } = waiting.record;
  if (by !== 'due' || url !== undefined || commit !== undefined) {
    await lookOutside(due, open, waiting);
    return;
  }
  const ledger = await open.store.read();
  const change = await carryOutLeft({ ...due, store: open.store }, { ...waiting, ledger });
  if (change) await writeAndSupersede(due, open, waiting, change);
}

/** Whether the Git host, or the target itself, has said how it ended. */
async function lookOutside(due: Due, open: OpenLedger, waiting: Open): Promise<boolean> {
  const { host, autoMerge, ...rest } = waiting.record;
  if (host === undefined) return false;
  checkAddress(due.env, host.repoURL);
  if (host.api !== undefined) checkAddress(due.env, host.api);
  const left = { ...waiting, ledger: await open.store.read() };
  const merges = autoMerge !== undefined && (await mergesByItself(due, left));
  const change = await lookAtHost(due, merges ? left : { ...left, record: { ...rest, host } });
  if (change) await write(due, open, waiting, change);
  return change !== undefined;
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
