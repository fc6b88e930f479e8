/**
 * What the Job of a pending promotion does when it is let go (`stageline promote --pending`): it passes the gate that
 * it waited at, and carries the promotion out, or waits at the next gate with another Job.
 */
import { boundMessage } from '../../core/ledger/bound.ts';
import { errorLine, StagelineError } from '../../core/errors.ts';
import { awaitJob, letGo, settle, waitingRecord } from '../../core/ledger/pending.ts';
import { ledgerTransitions } from '../../core/ledger/transitions.ts';
import type { DeliveryRecord, Ledger, PromotionRecord } from '../../core/ledger/types.ts';
import {
  JOB_NAME_ENV,
  NAMESPACE_ENV,
  parsePlan,
  PLAN_ENV,
  POD_NAME_ENV,
  type Plan,
} from '../../core/plan.ts';
import { connectKube, type KubeClient } from '../../runtime/kube/client.ts';
import { findJob } from '../../runtime/kube/jobs.ts';
import { LedgerStore } from '../../runtime/kube/ledger-store.ts';
import { delay } from '../../runtime/kube/retry.ts';
import { redact, type Logger } from '../../runtime/log.ts';
import { exportSpans } from '../../runtime/telemetry/export-spans.ts';
import { cloudEventSink } from '../events/cloudevents.ts';
import { kubernetesEventSink } from '../events/kubernetes-events.ts';
import { createPublisher, type EventPublisher } from '../events/publisher.ts';
import { proxySettings } from '../http/proxy.ts';
import { secretValues } from '../secret-values.ts';
import { spansToSend } from '../spans.ts';
import { carryOut, recordOf, type Order, type PromotionRun } from './carry-out.ts';
import { resumedBy } from './deciders.ts';
import { needlessness } from './needless.ts';
import { PENDING_ENV, PENDING_TRIES, type PendingTask } from './pending-job.ts';
import { rollbackOrder } from './rollback.ts';

export interface PendingOptions {
  env: NodeJS.ProcessEnv;
  log: Logger;
  signal: AbortSignal;
  now?: () => number;
  sleep?: PromotionRun['sleep'];
}

export interface PendingEnd {
  exitCode: 0 | 1;
  /** One line that says how it ended. */
  line: string;
}

interface Pending extends PromotionRun {
  client: KubeClient;
  namespace: string;
  jobName: string;
  plan: Plan;
  task: PendingTask;
  events: EventPublisher;
}

const EVENTS_BUDGET_MS = 2000;

/** Never throws: whatever goes wrong becomes a line and exit code 1, and the Job's next try. */
export async function runPending(options: PendingOptions): Promise<PendingEnd> {
  let pending: Pending;
  let before: Ledger;
  try {
    pending = open(options);
    before = await pending.store.read();
  } catch (error) {
    return { exitCode: 1, line: errorLine(error) };
  }
  const end = await act(pending).catch((error: unknown) => failed(pending, error));
  await Promise.all([sendTrace(pending, before), pending.events.flush(EVENTS_BUDGET_MS)]);
  const line = `stageline: ${end.line.replace(/^stageline: /, '').replace(/\s+/g, ' ')}`;
  return { ...end, line: redact(line, secretValues(options.env)) };
}

function open({ env, log, signal, now = Date.now, sleep = delay }: PendingOptions): Pending {
  const plan = parsePlan(env[PLAN_ENV]);
  const task = readTask(env[PENDING_ENV]);
  const jobName = env[JOB_NAME_ENV];
  if (!jobName) throw malformed(`${JOB_NAME_ENV} is not set`);
  const namespace = env[NAMESPACE_ENV] || plan.namespace;
  const client = connectKube(env);
  const place = { client, namespace, plan, podName: env[POD_NAME_ENV] || undefined };
  const sinks = [kubernetesEventSink(env, place), cloudEventSink(env, plan, proxySettings(env))];
  const events = createPublisher(
    sinks.filter((sink) => sink !== undefined),
    log,
  );
  const store = new LedgerStore({
    client,
    namespace,
    plan,
    log,
    now,
    onWrite: (one, other) => events.publish(ledgerTransitions(one, other)),
  });
  return {
    env,
    log,
    now,
    sleep,
    random: Math.random,
    signal,
    client,
    namespace,
    jobName,
    plan,
    task,
    events,
    store,
  };
}

function readTask(text: string | undefined): PendingTask {
  try {
    const task: unknown = JSON.parse(text ?? '');
    if (typeof task === 'object' && task !== null && 'what' in task && 'deliveryId' in task)
      return task as PendingTask;
  } catch {
    // Said below.
  }
  throw malformed(`${PENDING_ENV} does not say which promotion waits`);
}

function malformed(problem: string): StagelineError {
  return new StagelineError(`this is not the Job of a pending promotion: ${problem}`, {
    code: 'PENDING_ENVIRONMENT',
    hint: 'Use "stageline promote --due", or "--from" and "--to"; --pending is for the Jobs that hooks make',
    blame: 'setup',
  });
}

async function act(pending: Pending): Promise<PendingEnd> {
  const { task, store, jobName, plan } = pending;
  const { what, deliveryId } = task;
  const found = await find(pending);
  if ('exitCode' in found) return found;
  const isDue = task.notBefore !== undefined && Date.parse(task.notBefore) <= pending.now();
  if (task.expiresAt !== undefined && Date.parse(task.expiresAt) <= pending.now()) {
    return finish(pending, 'expired', `it expired at ${task.expiresAt}`);
  }
  const needless = needlessness(await store.read(), found.delivery, what);
  if (needless) return finish(pending, needless.status, needless.message);
  const about = { namespace: pending.namespace, job: jobName };
  const by = found.record.decidedBy ?? (await resumedBy(pending.client, about, pending.log));
  const ledger = await store.update((current) =>
    letGo(current, deliveryId, {
      what,
      job: jobName,
      now: timestamp(pending),
      ...(by === undefined ? {} : { decidedBy: by }),
    }),
  );
  const order = orderOf(pending, ledger, isDue);
  if (!order)
    return finish(pending, 'failed', 'the version that it would restore is no longer in the ledger');
  const run = { ...pending, maker: pending, handsOver: true } as const;
  const end = await recordOf(run, order, await carryOut(run, order));
  await store.update(end.record);
  const approved = by === undefined ? '' : `, let go by ${by}`;
  pending.log.info('the pending promotion has ended', { stage: plan.stage, reason: end.message });
  return { exitCode: 0, line: `${end.message}${approved}` };
}

/** The record, if it is this Job's to carry out; else what there is to say. */
async function find(
  pending: Pending,
): Promise<PendingEnd | { delivery: DeliveryRecord; record: PromotionRecord }> {
  const { store, task, jobName } = pending;
  const look = (ledger: Ledger): { delivery: DeliveryRecord; record: PromotionRecord } | undefined => {
    const delivery = ledger.deliveries.find(({ id }) => id === task.deliveryId);
    const record = waitingRecord(delivery, task.what);
    return delivery && record ? { delivery, record } : undefined;
  };
  const known = look(await store.read());
  if (!known)
    return { exitCode: 1, line: `the ledger has no delivery ${task.deliveryId} any more; nothing was done` };
  if (known.record.status === 'intended') {
    // The hook made this Job and was killed before it could write so.
    const { gate: waitsFor, notBefore, expiresAt } = task;
    const times = {
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    const wait = {
      what: task.what,
      pending: { job: jobName, waitsFor, ...times },
      message: 'was let go',
      now: timestamp(pending),
    };
    const ledger = await store.update((current) => awaitJob(current, task.deliveryId, wait));
    return look(ledger) ?? known;
  }
  const { status, message = '', pending: waits } = known.record;
  const isThrough = status === 'done' || status === 'unchanged';
  if (status !== 'waiting')
    return { exitCode: isThrough ? 0 : 1, line: `nothing to do, it is ${status}: ${message}` };
  if (waits === undefined) return { exitCode: 0, line: `nothing more to do: ${message}` };
  if (waits.job !== jobName) return { exitCode: 0, line: `Job ${waits.job} carries it out now` };
  return known;
}

function orderOf(pending: Pending, ledger: Ledger, isDue: boolean): Order | undefined {
  const { plan, task } = pending;
  const { what } = task;
  const delivery = ledger.deliveries.find(({ id }) => id === task.deliveryId);
  if (!delivery) return undefined;
  if ('rollback' in what) {
    const verified = ledger.deliveries.find(({ id }) => id === delivery.rollback?.delivery);
    if (!plan.rollback || !verified) return undefined;
    return rollbackOrder(plan, delivery, { planned: plan.rollback, verified });
  }
  const planned = plan.promotions.find(({ target }) => target === what.target);
  const intent = waitingRecord(delivery, what);
  if (!planned || !intent) return undefined;
  // Let go before its time, a person wants it now: that passes the window too. Let go by the clock, the window has to
  // be open still.
  const passed = task.gate === 'window' && isDue ? 'soak' : task.gate;
  const { gates } = planned;
  return {
    plan,
    planned,
    delivery,
    intent,
    what,
    passed,
    insists: task.gate === 'hold' || task.gate === 'approval',
    ...(gates === undefined ? {} : { gates }),
  };
}

async function finish(
  pending: Pending,
  status: 'expired' | 'superseded' | 'unchanged' | 'failed',
  message: string,
): Promise<PendingEnd> {
  const { what, deliveryId } = pending.task;
  await pending.store.update((ledger) =>
    settle(ledger, deliveryId, { what, status, message, now: timestamp(pending) }),
  );
  return { exitCode: status === 'unchanged' ? 0 : 1, line: message };
}

/** The Job tries again by itself; after its last try nobody does, and the ledger says so. */
async function failed(pending: Pending, error: unknown): Promise<PendingEnd> {
  const line = redact(errorLine(error), secretValues(pending.env));
  if (pending.signal.aborted) return { exitCode: 1, line };
  try {
    const { client, namespace, jobName: name } = pending;
    const job = await findJob(client, { namespace, name });
    if ((job?.status?.failed ?? 0) >= PENDING_TRIES) {
      await finish(pending, 'failed', boundMessage(line.replace(/^stageline: /, '')));
    }
  } catch (second) {
    pending.log.warn('the failure could not be written down', { error: second });
  }
  return { exitCode: 1, line };
}

async function sendTrace(pending: Pending, before: Ledger): Promise<void> {
  try {
    const after = await pending.store.read();
    const spans = spansToSend(before, after, { id: pending.task.deliveryId, recovered: true });
    await exportSpans(spans, { env: pending.env, log: pending.log });
  } catch (error) {
    pending.log.warn('the trace could not be made', { error });
  }
}

function timestamp({ now }: Pick<Pending, 'now'>): string {
  return new Date(now()).toISOString();
}
