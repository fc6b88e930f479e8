/** What happened from one ledger to the next, for those who are told of it: events and notifications. Pure. */
import type {
  AttemptRecord,
  CheckRecord,
  DeliveryRecord,
  Ledger,
  PhaseRecord,
  PromotionRecord,
  RollbackRecord,
} from './types.ts';

export type TransitionSubject = 'delivery' | 'attempt' | 'phase' | 'check' | 'promotion' | 'rollback';

export interface Transition {
  subject: TransitionSubject;
  /** `started`, or `finished` with a status that is none of running and intended. */
  change: 'started' | 'finished';
  deliveryId: string;
  traceId: string;
  /** Names it within its delivery, such as `1788000000/1/pre-deployment/probe`; the same for a repeat. */
  key: string;
  /** What people call it: a phase, a check, a target stage. */
  name: string;
  status: string;
  /** RFC 3339. */
  at: string;
  message?: string;
}

/** In the order in which they happen: outer things start first and finish last. */
export function ledgerTransitions(before: Ledger, after: Ledger): Transition[] {
  const known = new Map(before.deliveries.map((delivery) => [delivery.id, delivery]));
  return after.deliveries
    .toReversed()
    .flatMap((delivery) => deliveryTransitions(known.get(delivery.id), delivery));
}

type Place = Pick<Transition, 'deliveryId' | 'traceId'>;

function deliveryTransitions(before: DeliveryRecord | undefined, after: DeliveryRecord): Transition[] {
  const place = { deliveryId: after.id, traceId: after.traceId };
  const runs = new Map((before?.attempts ?? []).map((attempt) => [runKey(attempt), attempt]));
  const promotions = new Map((before?.promotions ?? []).map((promotion) => [promotion.target, promotion]));
  return [
    ...started(before === undefined, {
      ...place,
      subject: 'delivery',
      key: '',
      name: after.id,
      at: after.openedAt,
    }),
    ...after.attempts.flatMap((attempt) => attemptTransitions(place, runs.get(runKey(attempt)), attempt)),
    ...after.promotions.flatMap((promotion) =>
      promotionTransitions(place, promotions.get(promotion.target), promotion),
    ),
    ...(after.rollback ? promotionTransitions(place, before?.rollback, after.rollback, 'rollback') : []),
    ...finished(
      after.status !== 'running' && after.closedAt !== before?.closedAt,
      { ...place, subject: 'delivery', key: '', name: after.id, at: after.closedAt ?? after.openedAt },
      after,
    ),
  ];
}

function attemptTransitions(
  place: Place,
  before: AttemptRecord | undefined,
  after: AttemptRecord,
): Transition[] {
  const key = runKey(after);
  const phases = new Map((before?.phases ?? []).map((phase) => [phase.name, phase]));
  const attempt = { ...place, subject: 'attempt', key, name: key } as const;
  return [
    ...started(before === undefined, { ...attempt, at: after.startedAt }),
    ...after.phases.flatMap((phase) => phaseTransitions({ ...place, key }, phases.get(phase.name), phase)),
    ...finished(
      before?.finishedAt === undefined && after.finishedAt !== undefined,
      { ...attempt, at: after.finishedAt ?? after.startedAt },
      after,
    ),
  ];
}

function phaseTransitions(
  place: Place & { key: string },
  before: PhaseRecord | undefined,
  after: PhaseRecord,
): Transition[] {
  const key = `${place.key}/${after.name}`;
  const checks = new Map((before?.checks ?? []).map((check) => [check.name, check]));
  const phase = { ...place, subject: 'phase', key, name: after.name } as const;
  return [
    ...started(before === undefined, { ...phase, at: after.startedAt }),
    ...after.checks
      .filter((check) => check.carried !== true)
      .flatMap((check) => checkTransitions({ ...place, key }, checks.get(check.name), check)),
    ...finished(
      before?.finishedAt === undefined && after.finishedAt !== undefined,
      { ...phase, at: after.finishedAt ?? after.startedAt },
      after,
    ),
  ];
}

function checkTransitions(
  place: Place & { key: string },
  before: CheckRecord | undefined,
  after: CheckRecord,
): Transition[] {
  const check = { ...place, subject: 'check', key: `${place.key}/${after.name}`, name: after.name } as const;
  return [
    ...started(before === undefined, { ...check, at: after.startedAt }),
    ...finished(
      after.status !== 'running' && before?.finishedAt !== after.finishedAt,
      { ...check, at: after.finishedAt ?? after.startedAt },
      after,
    ),
  ];
}

function promotionTransitions(
  place: Place,
  before: PromotionRecord | RollbackRecord | undefined,
  after: PromotionRecord | RollbackRecord,
  subject: 'promotion' | 'rollback' = 'promotion',
): Transition[] {
  const promotion = {
    ...place,
    subject,
    key: subject === 'rollback' ? subject : `promotion/${after.target}`,
    name: after.target,
  } as const;
  const at = after.settledAt ?? after.finishedAt ?? after.startedAt;
  return [
    ...started(before === undefined, { ...promotion, at: after.startedAt }),
    ...finished(after.status !== 'intended' && after.status !== before?.status, { ...promotion, at }, after),
  ];
}

type Known = Omit<Transition, 'change' | 'status' | 'message'>;

function started(isNew: boolean, known: Known): Transition[] {
  return isNew ? [{ ...known, change: 'started', status: 'running' }] : [];
}

function finished(isNew: boolean, known: Known, record: { status: string; message?: string }): Transition[] {
  if (!isNew) return [];
  const message = record.message === undefined ? {} : { message: record.message };
  return [{ ...known, change: 'finished', status: record.status, ...message }];
}

function runKey(attempt: Pick<AttemptRecord, 'operation' | 'run'>): string {
  return `${attempt.operation}/${attempt.run}`;
}
