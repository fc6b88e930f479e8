/**
 * The spans of a delivery, made from the ledger alone, so that any process can export any span after any
 * crash. A span appears once it is finished and is the same from then on.
 */
import type {
  AttemptRecord,
  CheckRecord,
  DeliveryRecord,
  Ledger,
  PhaseRecord,
  PromotionRecord,
} from './ledger/types.ts';
import { parseTraceparent, spanIdOf } from './trace-context.ts';
import { spanKey } from './span-keys.ts';

export type AttributeValue = string | number | boolean | string[];

export interface SpanModel {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** RFC 3339. */
  startedAt: string;
  finishedAt: string;
  status: 'ok' | 'error' | 'unset';
  /** With `error`: what went wrong. */
  statusMessage?: string;
  attributes: Record<string, AttributeValue>;
  events: { name: string; at: string; attributes: Record<string, AttributeValue> }[];
  links: { traceId: string; spanId: string; attributes: Record<string, AttributeValue> }[];
}

interface SpanContext {
  ledger: Ledger;
  delivery: DeliveryRecord;
}

/** All finished spans of a delivery: root, attempts, phases, checks, promotions. */
export function deliverySpans(ledger: Ledger, delivery: DeliveryRecord): SpanModel[] {
  const context = { ledger, delivery };
  const root = rootSpan(context);
  const spans = [
    ...(root ? [root] : []),
    ...delivery.attempts.flatMap((attempt) => attemptSpans(context, attempt)),
    ...delivery.promotions.flatMap((promotion) => promotionSpans(context, promotion)),
    ...(delivery.rollback ? promotionSpans(context, delivery.rollback) : []),
  ];
  return spans.map(notBackwards);
}

/** What one node began another may have ended, whose clock is behind. */
function notBackwards(span: SpanModel): SpanModel {
  const isBackwards = Date.parse(span.finishedAt) < Date.parse(span.startedAt);
  return isBackwards ? { ...span, finishedAt: span.startedAt } : span;
}

/** The root span's id, known as soon as the delivery is open. */
export function rootSpanId(delivery: Pick<DeliveryRecord, 'traceId'>): string {
  return spanIdOf(delivery.traceId, spanKey.delivery());
}

function rootSpan(context: SpanContext): SpanModel | undefined {
  const { ledger, delivery } = context;
  const verdict = delivery.firstVerdict;
  if (!verdict) return undefined;
  return {
    traceId: delivery.traceId,
    spanId: rootSpanId(delivery),
    name: `deliver ${ledger.pipeline} ${ledger.stage}`,
    startedAt: delivery.openedAt,
    finishedAt: verdict.at,
    status: verdict.status === 'succeeded' ? 'ok' : 'error',
    ...(verdict.status === 'failed' ? { statusMessage: verdict.message ?? 'failed' } : {}),
    attributes: {
      ...commonAttributes(context),
      'cicd.pipeline.action.name': 'SYNC',
      'cicd.pipeline.result': verdict.status === 'succeeded' ? 'success' : 'failure',
      'deployment.status': verdict.status,
      ...commitAttributes(delivery),
      'stageline.freight.items': delivery.freight.items.map(
        (item) => `${item.key || item.file}=${item.value}`,
      ),
      // Set last: Keptn lets metadata win over its own attributes, and charts rely on the raw keys.
      ...delivery.metadata,
    },
    events: [],
    links: delivery.links.flatMap((link) => {
      const parent = parseTraceparent(link.traceparent);
      if (!parent) return [];
      const attributes: Record<string, AttributeValue> = { 'opentracing.ref_type': 'follows-from' };
      if (link.stage !== undefined) attributes['stageline.stage'] = link.stage;
      return [{ traceId: parent.traceId, spanId: parent.spanId, attributes }];
    }),
  };
}

function attemptSpans(context: SpanContext, attempt: AttemptRecord): SpanModel[] {
  const { delivery } = context;
  const phases = attempt.phases.flatMap((phase) => phaseSpans(context, attempt, phase));
  if (attempt.finishedAt === undefined) return phases;
  const number = (delivery.earlierAttempts ?? 0) + delivery.attempts.indexOf(attempt) + 1;
  const span: SpanModel = {
    traceId: delivery.traceId,
    spanId: spanIdOf(delivery.traceId, spanKey.attempt(attempt)),
    parentSpanId: rootSpanId(delivery),
    name: `attempt ${number}`,
    startedAt: attempt.startedAt,
    finishedAt: attempt.finishedAt,
    ...statusOf(attempt.status, attempt.message),
    attributes: {
      ...commonAttributes(context),
      'stageline.attempt.number': number,
      'stageline.attempt.operation': attempt.operation,
      'stageline.attempt.run': attempt.run,
      'stageline.attempt.status': attempt.status,
      ...(attempt.head === undefined ? {} : { 'vcs.ref.head.revision': attempt.head }),
    },
    events: [],
    links: [],
  };
  return [span, ...phases];
}

function phaseSpans(context: SpanContext, attempt: AttemptRecord, phase: PhaseRecord): SpanModel[] {
  const { delivery } = context;
  const spanId = spanIdOf(delivery.traceId, spanKey.phase(attempt, phase.name));
  const checks = phase.checks
    .filter((check) => check.carried !== true && isSettled(check, phase))
    .flatMap((check) => checkSpan(context, { attempt, phase, parentSpanId: spanId }, check));
  if (phase.finishedAt === undefined) return checks;
  const span: SpanModel = {
    traceId: delivery.traceId,
    spanId,
    parentSpanId: spanIdOf(delivery.traceId, spanKey.attempt(attempt)),
    name: phase.name,
    startedAt: phase.startedAt,
    finishedAt: phase.finishedAt,
    ...statusOf(phase.status, phase.message),
    attributes: {
      ...commonAttributes(context),
      'cicd.pipeline.task.name': phase.name,
      'cicd.pipeline.task.type':
        phase.name === 'deployment' || phase.name === 'promotion' ? 'deploy' : 'test',
      'cicd.pipeline.task.run.result': RESULT[phase.status] ?? 'failure',
      'stageline.phase': phase.name,
      ...(phase.job === undefined ? {} : { 'k8s.job.name': phase.job }),
      ...delivery.metadata,
    },
    events: [
      {
        name: phase.status === 'succeeded' ? `${phase.name} has succeeded` : `${phase.name} has failed`,
        at: phase.finishedAt,
        attributes: {},
      },
    ],
    links: [],
  };
  return [span, ...checks];
}

/** An errored check may be tried again as long as its phase runs. */
function isSettled(check: CheckRecord, phase: PhaseRecord): boolean {
  return check.status !== 'errored' || phase.finishedAt !== undefined;
}

interface CheckPlace {
  attempt: AttemptRecord;
  phase: PhaseRecord;
  parentSpanId: string;
}

function checkSpan(context: SpanContext, place: CheckPlace, check: CheckRecord): SpanModel[] {
  if (check.finishedAt === undefined) return [];
  const { delivery } = context;
  return [
    {
      traceId: delivery.traceId,
      spanId: spanIdOf(delivery.traceId, spanKey.check(place.attempt, place.phase.name, check.name)),
      parentSpanId: place.parentSpanId,
      name: check.name,
      startedAt: check.startedAt,
      finishedAt: check.finishedAt,
      ...statusOf(check.status, check.message),
      attributes: {
        ...commonAttributes(context),
        'cicd.pipeline.task.name': check.name,
        'cicd.pipeline.task.type': 'test',
        'cicd.pipeline.task.run.result': RESULT[check.status] ?? 'failure',
        'stageline.phase': place.phase.name,
        'stageline.check.kind': check.kind,
        'stageline.check.status': check.status,
        'stageline.check.tries': check.tries,
        ...(check.workload === undefined ? {} : { 'stageline.workload': check.workload }),
        ...(check.value === undefined ? {} : { 'stageline.check.value': check.value }),
        ...(check.target === undefined ? {} : { 'stageline.check.target': check.target }),
        ...(check.job === undefined ? {} : { 'k8s.job.name': check.job }),
        ...figureAttributes(check),
        ...delivery.metadata,
      },
      events: [
        ...(check.message === undefined
          ? []
          : [{ name: check.message, at: check.finishedAt, attributes: {} }]),
        ...objectiveEvents(check, check.finishedAt),
      ],
      links: [],
    },
  ];
}

function objectiveEvents(check: CheckRecord, at: string): SpanModel['events'] {
  return (check.objectives ?? []).map(({ name, status, value, target, query, sampledAt, reason }) => ({
    name: `objective ${name}: ${status}`,
    at,
    attributes: {
      'stageline.objective.name': name,
      'stageline.objective.status': status,
      'stageline.objective.query': query,
      ...(value === undefined ? {} : { 'stageline.objective.value': value }),
      ...(target === undefined ? {} : { 'stageline.objective.target': target }),
      ...(sampledAt === undefined ? {} : { 'stageline.objective.sampled_at': sampledAt }),
      ...(reason === undefined ? {} : { 'stageline.objective.reason': reason }),
    },
  }));
}

function figureAttributes(check: CheckRecord): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(check.figures ?? {}).map(([name, value]) => [`stageline.figure.${name}`, value]),
  );
}

/**
 * Only a promotion whose part here is through has a span: until then another process may still carry it out.
 * A promotion that waits has its span too, since the next stage links to it, and keeps it when it is settled. What
 * its Job did when it was let go is a span of its own, linked to the first: nobody holds a span open for days.
 */
function promotionSpans(context: SpanContext, promotion: PromotionRecord): SpanModel[] {
  const waited = promotion.status === 'waiting' || promotion.settledAt !== undefined;
  if (promotion.finishedAt === undefined || (promotion.status === 'failed' && !waited)) return [];
  const { delivery } = context;
  const parent = parseTraceparent(promotion.traceparent);
  if (!parent) return [];
  const isRollback = promotion === delivery.rollback;
  const wasPending = promotion.pending !== undefined || promotion.carriedAt !== undefined;
  const name = isRollback ? `roll back ${promotion.target}` : `promote ${promotion.target}`;
  const attributes = {
    ...commonAttributes(context),
    'stageline.promotion.target': promotion.target,
    'stageline.promotion.way': promotion.way,
    'vcs.ref.base.name': promotion.base,
    ...(promotion.branch === undefined ? {} : { 'vcs.ref.head.name': promotion.branch }),
  };
  const result = {
    ...(promotion.commit === undefined ? {} : { 'vcs.ref.head.revision': promotion.commit }),
    ...(promotion.url === undefined ? {} : { 'url.full': promotion.url }),
  };
  const common = {
    traceId: delivery.traceId,
    parentSpanId: rootSpanId(delivery),
    status: 'ok' as const,
    events: [],
  };
  const first: SpanModel = {
    ...common,
    spanId: parent.spanId,
    name,
    startedAt: promotion.startedAt,
    finishedAt: promotion.finishedAt,
    attributes: {
      ...attributes,
      'stageline.promotion.status': waited ? 'waiting' : promotion.status,
      ...(wasPending ? {} : result),
      ...delivery.metadata,
    },
    links: [],
  };
  const { resumedAt, carriedAt } = promotion;
  if (resumedAt === undefined || carriedAt === undefined) return [first];
  const key = isRollback
    ? `${spanKey.rollback()}/resumed`
    : spanKey.resumption(promotion.target, promotion.again);
  return [
    first,
    {
      ...common,
      spanId: spanIdOf(delivery.traceId, key),
      name: `carry out ${name}`,
      startedAt: resumedAt,
      finishedAt: carriedAt,
      attributes: { ...attributes, ...result, ...delivery.metadata },
      links: [
        {
          traceId: parent.traceId,
          spanId: parent.spanId,
          attributes: { 'opentracing.ref_type': 'follows-from' },
        },
      ],
    },
  ];
}

const RESULT: Record<string, string> = {
  succeeded: 'success',
  passed: 'success',
  warning: 'success',
  failed: 'failure',
  errored: 'error',
  abandoned: 'cancellation',
};

function statusOf(status: string, message: string | undefined): Pick<SpanModel, 'status' | 'statusMessage'> {
  if (status === 'succeeded' || status === 'passed' || status === 'warning') return { status: 'ok' };
  return { status: 'error', statusMessage: message ?? status };
}

function commonAttributes({ ledger, delivery }: SpanContext): Record<string, AttributeValue> {
  return {
    'cicd.pipeline.name': ledger.pipeline,
    'cicd.pipeline.run.id': delivery.id,
    'deployment.environment.name': ledger.stage,
    'deployment.id': delivery.id,
    'stageline.application': ledger.application,
    ...(typeof delivery.project === 'string' ? { 'stageline.project': delivery.project } : {}),
    'stageline.freight.id': delivery.freight.id,
    'stageline.commit.id': delivery.commit.id,
  };
}

function commitAttributes(delivery: DeliveryRecord): Record<string, AttributeValue> {
  return {
    'stageline.commit.mode': delivery.commit.mode,
    ...(delivery.commit.mode === 'digest' ? {} : { 'vcs.ref.head.revision': delivery.commit.id }),
    ...(delivery.commit.author === undefined ? {} : { 'stageline.commit.author': delivery.commit.author }),
    ...(delivery.commit.subject === undefined ? {} : { 'stageline.commit.subject': delivery.commit.subject }),
  };
}
