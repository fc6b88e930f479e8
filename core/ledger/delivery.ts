/**
 * How a delivery moves: pure transitions, from a ledger and what happened to the next ledger. A delivery that
 * succeeded stays so; a `failed` verdict is final for its operation; phases only go forward.
 */
import { contentId } from '../canonical.ts';
import { PHASES, type PhaseName, type Plan } from '../plan.ts';
import { formatTraceparent, spanIdOf } from '../trace-context.ts';
import { spanKey } from '../span-keys.ts';
import type {
  AttemptRecord,
  CheckRecord,
  DeliveryRecord,
  Ledger,
  PhaseRecord,
  PromotionRecord,
} from './types.ts';
import { LEDGER_VERSION } from './types.ts';

/** What a hook should do after it has opened the delivery. */
export type OpenDecision = 'run' | 'already-verified' | 'already-failed';

export interface OpenOptions {
  /** Start of Argo CD's operation in Unix seconds, from the hook Job's name. */
  operation: string;
  /** RFC 3339. */
  now: string;
  /** 32 hexadecimal digits, used if the delivery is new. */
  newTraceId: string;
}

export function emptyLedger(plan: Pick<Plan, 'pipeline' | 'stage' | 'application'>): Ledger {
  return {
    version: LEDGER_VERSION,
    pipeline: plan.pipeline,
    stage: plan.stage,
    application: plan.application,
    deliveries: [],
    history: [],
  };
}

/** The identity of a delivery: one freight at one commit into one stage, with one definition of its checks. */
export function deliveryId(plan: Pick<Plan, 'stage' | 'commit' | 'freight' | 'definition'>): string {
  return contentId([plan.stage, plan.commit.id, plan.freight.id, plan.definition]);
}

/**
 * Opens the plan's delivery for an operation, or finds it open. Attempts of other operations that still run
 * are closed as abandoned, since Argo CD runs one operation at a time: the ledger may change whatever the
 * decision. If nothing changes, the ledger that comes back is the one that was given, as with all transitions.
 */
export function openDelivery(
  ledger: Ledger,
  plan: Plan,
  options: OpenOptions,
): { ledger: Ledger; decision: OpenDecision } {
  const id = deliveryId(plan);
  const others = ledger.deliveries.filter((delivery) => delivery.id !== id);
  const known = ledger.deliveries.find((delivery) => delivery.id === id);
  // A success with no attempt behind it was written by hand, and is no verdict.
  if (known?.status === 'succeeded' && known.attempts.length > 0) {
    const settled = changeDeliveries(ledger, (other) => supersede(other, options.now));
    return { ledger: settled, decision: 'already-verified' };
  }
  const ownRuns = (known?.attempts ?? []).filter((attempt) => attempt.operation === options.operation);
  if (ownRuns.some((attempt) => attempt.status === 'failed')) return { ledger, decision: 'already-failed' };
  if (ownRuns.some((attempt) => attempt.status === 'running')) return { ledger, decision: 'run' };
  const base = known ?? newDelivery(plan, id, options);
  const attempt: AttemptRecord = {
    operation: options.operation,
    // Not the count: old runs may no longer be kept, and a number must not come again.
    run: Math.max(0, ...ownRuns.map((earlier) => earlier.run)) + 1,
    head: plan.head,
    status: 'running',
    startedAt: options.now,
    phases: [],
  };
  const delivery: DeliveryRecord = {
    ...base,
    head: plan.head,
    status: 'running',
    attempts: [...base.attempts.map((old) => abandoned(old, options.now)), attempt],
  };
  delete delivery.closedAt;
  delete delivery.message;
  const closedOthers = others.map((other) => supersede(other, options.now));
  return { ledger: { ...ledger, deliveries: [delivery, ...closedOthers] }, decision: 'run' };
}

function newDelivery(plan: Plan, id: string, options: OpenOptions): DeliveryRecord {
  return {
    id,
    commit: plan.commit,
    head: plan.head,
    freight: plan.freight,
    definition: plan.definition,
    ...(plan.project === undefined ? {} : { project: plan.project }),
    source: { ...plan.source, repoURL: withoutCredentials(plan.source.repoURL) },
    traceId: options.newTraceId,
    links: plan.links,
    ancestry: plan.ancestry,
    metadata: plan.metadata,
    status: 'running',
    openedAt: options.now,
    attempts: [],
    promotions: [],
  };
}

/** A ledger holds no secret, whatever people write into a repository's address. */
function withoutCredentials(repoURL: string): string {
  return repoURL.replace(/^(https?:\/\/)[^/@]*@/i, '$1');
}

/** Ends a delivery that Argo CD left for another one: what never had a verdict gets one now. */
function supersede(delivery: DeliveryRecord, now: string): DeliveryRecord {
  if (delivery.status === 'succeeded') return delivery;
  if (delivery.status === 'failed') return withVerdict(delivery, delivery.closedAt ?? now);
  const message = 'abandoned: Argo CD went on to another version';
  return {
    ...withVerdict({ ...delivery, message }, now),
    status: 'failed',
    closedAt: now,
    attempts: delivery.attempts.map((attempt) => abandoned(attempt, now)),
  };
}

function withVerdict(delivery: DeliveryRecord, at: string): DeliveryRecord {
  if (delivery.firstVerdict) return delivery;
  const { message } = delivery;
  return {
    ...delivery,
    firstVerdict: { status: 'failed', at, ...(message === undefined ? {} : { message }) },
  };
}

function abandoned(attempt: AttemptRecord, now: string): AttemptRecord {
  if (attempt.status !== 'running') return attempt;
  return {
    ...attempt,
    status: 'abandoned',
    finishedAt: now,
    message: 'Argo CD ended the operation before its hooks were done',
    phases: attempt.phases.map((phase) => closePhase(phase, { status: 'abandoned', now })),
  };
}

function closePhase(
  phase: PhaseRecord,
  close: { status: 'abandoned' | 'errored'; now: string },
): PhaseRecord {
  if (phase.status !== 'running') return phase;
  return {
    ...phase,
    status: close.status,
    finishedAt: close.now,
    checks: phase.checks.map((check) =>
      check.status === 'running' ? { ...check, status: close.status, finishedAt: close.now } : check,
    ),
  };
}

/** The delivery of a plan and its newest attempt, if there is one. */
export function currentAttempt(
  ledger: Ledger,
  id: string,
): { delivery: DeliveryRecord; attempt: AttemptRecord } | undefined {
  const delivery = ledger.deliveries.find((candidate) => candidate.id === id);
  const attempt = delivery?.attempts.at(-1);
  return delivery && attempt ? { delivery, attempt } : undefined;
}

/**
 * Starts a phase, or finds it started. Checks that passed in an earlier run of the same operation are carried
 * over. A phase never starts after a later one has.
 */
export function startPhase(
  ledger: Ledger,
  id: string,
  phase: { name: PhaseName; now: string; job?: string },
): Ledger {
  return changeAttempt(ledger, id, (attempt, delivery) => {
    if (attempt.phases.some((known) => known.name === phase.name)) return attempt;
    const order = PHASES.indexOf(phase.name);
    if (attempt.phases.some((known) => PHASES.indexOf(known.name) > order)) return attempt;
    const record: PhaseRecord = {
      name: phase.name,
      status: 'running',
      startedAt: phase.now,
      ...(phase.job === undefined ? {} : { job: phase.job }),
      checks: carriedChecks(delivery, attempt, phase.name),
    };
    return { ...attempt, phases: [...attempt.phases, record] };
  });
}

function carriedChecks(delivery: DeliveryRecord, attempt: AttemptRecord, phase: PhaseName): CheckRecord[] {
  const earlier = delivery.attempts.filter(
    (other) => other.operation === attempt.operation && other.run < attempt.run,
  );
  const checks = new Map<string, CheckRecord>();
  for (const check of earlier
    .flatMap((other) => other.phases.filter((known) => known.name === phase))
    .flatMap((known) => known.checks)) {
    if (check.status === 'passed' || check.status === 'warning')
      checks.set(check.name, { ...check, carried: true });
  }
  return [...checks.values()];
}

/**
 * Writes a check's record into a running phase of the newest attempt, in place of an earlier one of the same
 * name. A verdict stays; only a check that runs or errored can be written again.
 */
export function recordCheck(ledger: Ledger, id: string, phase: PhaseName, check: CheckRecord): Ledger {
  return changePhase(ledger, { id, phase }, (record) => {
    if (record.status !== 'running') return record;
    const others = record.checks.filter((known) => known.name !== check.name);
    const known = record.checks.find((candidate) => candidate.name === check.name);
    if (known && known.status !== 'running' && known.status !== 'errored') return record;
    return {
      ...record,
      checks: [...others, check].sort((a, b) => a.step - b.step || (a.name < b.name ? -1 : 1)),
    };
  });
}

/** Ends a phase that runs. */
export function finishPhase(
  ledger: Ledger,
  id: string,
  end: { name: PhaseName; status: 'succeeded' | 'failed' | 'errored'; now: string; message?: string },
): Ledger {
  return changePhase(ledger, { id, phase: end.name }, (record) => {
    if (record.status !== 'running') return record;
    return {
      ...record,
      status: end.status,
      finishedAt: end.now,
      ...(end.message === undefined ? {} : { message: end.message }),
    };
  });
}

/**
 * Ends the newest attempt and, by its verdict, the delivery. `errored` leaves the way open for Argo CD's
 * retry; the delivery counts as failed until then. Ending twice changes nothing.
 */
export function closeAttempt(
  ledger: Ledger,
  id: string,
  end: { status: 'succeeded' | 'failed' | 'errored' | 'abandoned'; now: string; message?: string },
): Ledger {
  return changeDelivery(ledger, id, (delivery) => {
    const attempt = delivery.attempts.at(-1);
    if (!attempt || attempt.status !== 'running') return delivery;
    const status = end.status === 'succeeded' ? 'succeeded' : 'failed';
    const message = end.message === undefined ? {} : { message: end.message };
    const openPhases = end.status === 'abandoned' ? 'abandoned' : 'errored';
    const closed: AttemptRecord = {
      ...attempt,
      status: end.status,
      finishedAt: end.now,
      ...message,
      phases: attempt.phases.map((phase) => closePhase(phase, { status: openPhases, now: end.now })),
    };
    const isVerdict = end.status === 'succeeded' || end.status === 'failed';
    return {
      ...delivery,
      status,
      closedAt: end.now,
      ...message,
      ...(isVerdict && !delivery.firstVerdict ? { firstVerdict: { status, at: end.now, ...message } } : {}),
      attempts: [...delivery.attempts.slice(0, -1), closed],
    };
  });
}

/**
 * Writes the intent of a promotion, before anything outside is changed. A known promotion stays as it is; one
 * that failed is tried again.
 */
export function intendPromotion(
  ledger: Ledger,
  id: string,
  intent: PromotionIntent & { now: string },
): Ledger {
  return changeDelivery(ledger, id, (delivery) => {
    const known = delivery.promotions.find((promotion) => promotion.target === intent.target);
    if (known && known.status !== 'failed') return delivery;
    const { now, ...fields } = intent;
    const record: PromotionRecord = {
      ...fields,
      status: 'intended',
      traceparent: promotionTraceparent(delivery.traceId, intent.target, known?.again),
      startedAt: now,
      ...(known?.again === undefined ? {} : { again: known.again }),
      // What was begun may have come to be, whatever became of its answer.
      ...(known?.attemptedAt === undefined ? {} : { attemptedAt: known.attemptedAt }),
    };
    return {
      ...delivery,
      promotions: [...delivery.promotions.filter((promotion) => promotion !== known), record],
    };
  });
}

/** What is known of a promotion before it is carried out. */
export type PromotionIntent = Pick<PromotionRecord, 'target' | 'way' | 'base'> &
  Partial<Pick<PromotionRecord, 'branch' | 'host' | 'by' | 'targetApplication' | 'autoMerge'>>;

/** The context of a promotion's span. It is known before the span is written. */
export function promotionTraceparent(traceId: string, target: string, again?: number): string {
  const spanId = spanIdOf(traceId, spanKey.promotion(target, again));
  return formatTraceparent({ traceId, spanId, sampled: true });
}

/**
 * Writes the result of an intended promotion. A promotion that is done stays done. One that waits keeps what
 * its span says until it is done or has become needless; that looking at it failed says nothing about it.
 */
export function recordPromotion(
  ledger: Ledger,
  id: string,
  result: { target: string; now: string } & PromotionResult,
): Ledger {
  const { target, now, ...fields } = result;
  return changeDelivery(ledger, id, (delivery) => {
    const promotions = mapChanged(delivery.promotions, (promotion) =>
      promotion.target === target ? withResult(promotion, fields, now) : promotion,
    );
    return promotions === delivery.promotions ? delivery : { ...delivery, promotions };
  });
}

export type PromotionResult = Pick<PromotionRecord, 'status'> &
  Partial<Pick<PromotionRecord, 'commit' | 'url' | 'message' | 'branch' | 'decidedBy' | 'pending'>>;

function withResult(promotion: PromotionRecord, result: PromotionResult, now: string): PromotionRecord {
  if (promotion.status === 'intended') {
    return result.status === 'intended' ? promotion : { ...promotion, ...result, finishedAt: now };
  }
  // That it could not be looked at, or still waits, says nothing new of one that waits.
  const { status, message, decidedBy } = result;
  if (promotion.status !== 'waiting' || ['intended', 'waiting', 'failed'].includes(status)) return promotion;
  return {
    ...promotion,
    ...(message === undefined ? {} : { message }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    status,
    settledAt: now,
  };
}

/** Changes one delivery; the same ledger if that changes nothing. */
export function changeDelivery(
  ledger: Ledger,
  id: string,
  change: (delivery: DeliveryRecord) => DeliveryRecord,
): Ledger {
  return changeDeliveries(ledger, (delivery) => (delivery.id === id ? change(delivery) : delivery));
}

function changeDeliveries(ledger: Ledger, change: (delivery: DeliveryRecord) => DeliveryRecord): Ledger {
  const deliveries = mapChanged(ledger.deliveries, change);
  return deliveries === ledger.deliveries ? ledger : { ...ledger, deliveries };
}

/** The same list if nothing in it changes, so that callers see that there is nothing to write. */
function mapChanged<T>(list: T[], change: (item: T) => T): T[] {
  const changed = list.map(change);
  return changed.every((item, index) => item === list[index]) ? list : changed;
}

function changeAttempt(
  ledger: Ledger,
  id: string,
  change: (attempt: AttemptRecord, delivery: DeliveryRecord) => AttemptRecord,
): Ledger {
  return changeDelivery(ledger, id, (delivery) => {
    const attempt = delivery.attempts.at(-1);
    if (!attempt || attempt.status !== 'running') return delivery;
    const changed = change(attempt, delivery);
    if (changed === attempt) return delivery;
    return { ...delivery, attempts: [...delivery.attempts.slice(0, -1), changed] };
  });
}

function changePhase(
  ledger: Ledger,
  where: { id: string; phase: PhaseName },
  change: (phase: PhaseRecord) => PhaseRecord,
): Ledger {
  return changeAttempt(ledger, where.id, (attempt) => {
    const phases = mapChanged(attempt.phases, (record) =>
      record.name === where.phase ? change(record) : record,
    );
    return phases === attempt.phases ? attempt : { ...attempt, phases };
  });
}
