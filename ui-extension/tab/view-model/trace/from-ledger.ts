/**
 * The trace of a delivery from its ledger alone, with the names and ids of core/spans.ts (which hashes with Node's
 * crypto), so that what a trace store has and what the ledger knows can be told to be the same span. Unlike there,
 * what still runs is a span too.
 */
import { spanKey } from '../../../../core/span-keys.ts';
import type {
  AttemptRecord,
  CheckRecord,
  DeliveryRecord,
  Ledger,
  PhaseRecord,
  PromotionRecord,
} from '../../../../core/ledger/types.ts';
import { checkView } from '../check.ts';
import { earlierAttempts, rollbackOf } from '../delivery.ts';
import { sha256 } from '../sha256.ts';
import { isRecord, message, text } from '../text.ts';
import { parseTime } from '../time.ts';
import {
  SPAN_ID,
  TRACE_ID,
  type Pair,
  type Span,
  type SpanLink,
  type SpanStatus,
  type Trace,
} from './span.ts';

/** What every span of Stageline carries as `service.name`. */
const SERVICE = 'stageline';

interface Context {
  ledger: Pick<Ledger, 'pipeline' | 'stage'>;
  delivery: DeliveryRecord;
  rootId: string;
}

/** The trace of one delivery, as far as the ledger knows it. */
export function ledgerTrace(ledger: Pick<Ledger, 'pipeline' | 'stage'>, delivery: DeliveryRecord): Trace {
  const rootId = spanIdOf(delivery, spanKey.delivery());
  const context = { ledger, delivery, rootId };
  const spans = [
    rootSpan(context),
    ...delivery.attempts.flatMap((attempt, index) => attemptSpans(context, attempt, index)),
    ...delivery.promotions.flatMap((promotion) => promotionSpans(context, promotion, false)),
    ...rollbackOf(delivery).flatMap((rollback) => promotionSpans(context, rollback, true)),
  ];
  return {
    traceId: delivery.traceId,
    spans,
    spanCount: spans.length,
    finished: delivery.status !== 'running',
  };
}

function spanIdOf({ traceId }: DeliveryRecord, key: string): string {
  return sha256(`${traceId}/${key}`).slice(0, 16);
}

/** What all have; a start that cannot be read is the delivery's. */
function spanOf(
  context: Context,
  part: { startedAt: unknown; finishedAt?: unknown; message?: unknown; status: unknown },
  own: Pick<Span, 'id' | 'parentId' | 'name'> & { attributes?: Pair[]; links?: SpanLink[] },
): Span {
  const finishedAt = parseTime(part.finishedAt);
  return {
    service: SERVICE,
    kind: '',
    startedAt: parseTime(part.startedAt) ?? parseTime(context.delivery.openedAt) ?? 0,
    finishedAt,
    status: statusOf(part.status, finishedAt !== undefined),
    message: message(part.message),
    attributes: [],
    events: [],
    links: [],
    ...own,
  };
}

function statusOf(status: unknown, finished: boolean): SpanStatus {
  if (!finished) return 'running';
  return ['succeeded', 'passed', 'warning', 'done', 'unchanged', 'waiting'].includes(text(status))
    ? 'ok'
    : 'error';
}

/** It ends with the first verdict: attempts that follow lie behind it. */
function rootSpan(context: Context): Span {
  const { ledger, delivery, rootId } = context;
  const verdict = delivery.firstVerdict;
  const part = {
    startedAt: delivery.openedAt,
    finishedAt: verdict?.at,
    status: verdict?.status,
    message: verdict?.message,
  };
  return spanOf(context, part, {
    id: rootId,
    parentId: '',
    name: `deliver ${text(ledger.pipeline)} ${text(ledger.stage)}`,
    attributes: pairs({
      'stageline.project': delivery.project,
      'stageline.commit.id': delivery.commit.id,
      'stageline.commit.author': delivery.commit.author,
      'stageline.commit.subject': delivery.commit.subject,
      'stageline.freight.id': delivery.freight.id,
      ...delivery.metadata,
    }),
    links: delivery.links.flatMap(({ traceparent, stage }) => {
      const [, traceId = '', spanId = ''] = text(traceparent).split('-');
      return TRACE_ID.test(traceId) && SPAN_ID.test(spanId) ? [{ traceId, spanId, stage: text(stage) }] : [];
    }),
  });
}

function attemptSpans(context: Context, attempt: AttemptRecord, index: number): Span[] {
  const { delivery, rootId } = context;
  const number = earlierAttempts(delivery) + index + 1;
  const id = spanIdOf(delivery, spanKey.attempt(attempt));
  const own = {
    id,
    parentId: rootId,
    name: `attempt ${number}`,
    attributes: pairs({
      'stageline.attempt.operation': attempt.operation,
      'stageline.attempt.run': attempt.run,
      'stageline.attempt.status': attempt.status,
      'vcs.ref.head.revision': attempt.head,
    }),
  };
  return [
    spanOf(context, attempt, own),
    ...attempt.phases.flatMap((phase) => phaseSpans(context, { attempt, parentId: id }, phase)),
  ];
}

interface Place {
  attempt: AttemptRecord;
  parentId: string;
}

function phaseSpans(context: Context, { attempt, parentId }: Place, phase: PhaseRecord): Span[] {
  const id = spanIdOf(context.delivery, spanKey.phase(attempt, phase.name));
  const attributes = pairs({ 'stageline.phase': phase.name, 'k8s.job.name': phase.job });
  return [
    spanOf(context, phase, { id, parentId, name: text(phase.name), attributes }),
    ...phase.checks
      // One that was carried over belongs to the run that it was carried from.
      .filter((check) => check.carried !== true)
      .map((check) =>
        spanOf(context, check, {
          id: spanIdOf(context.delivery, spanKey.check(attempt, phase.name, check.name)),
          parentId: id,
          name: text(check.name),
          attributes: checkAttributes(check),
        }),
      ),
  ];
}

function checkAttributes(check: CheckRecord): Pair[] {
  const figures = isRecord(check.figures) ? Object.entries(check.figures) : [];
  return pairs({
    'stageline.check.kind': check.kind,
    'stageline.check.status': check.status,
    'stageline.check.value': check.value,
    'stageline.check.target': check.target,
    'stageline.check.tries': check.tries,
    'stageline.workload': check.workload,
    'k8s.job.name': check.job,
    ...Object.fromEntries(figures.map(([name, value]) => [`stageline.figure.${name}`, value])),
    ...Object.fromEntries(
      checkView(check).objectives.map(({ name, status, query, note }) => [
        `stageline.objective.${name}`,
        [status, query, note].filter(Boolean).join(' · '),
      ]),
    ),
  });
}

/** The first one's id is what the next stage links to; a Job that carried it out later has a span of its own. */
function promotionSpans(context: Context, promotion: PromotionRecord, isRollback: boolean): Span[] {
  const [, traceId = '', id = ''] = text(promotion.traceparent).split('-');
  if (!SPAN_ID.test(id) || !isRecord(promotion)) return [];
  const target = text(promotion.target);
  const name = `${isRollback ? 'roll back' : 'promote'} ${target}`;
  const attributes = pairs({
    'stageline.promotion.target': target,
    'stageline.promotion.way': promotion.way,
    'stageline.promotion.status': promotion.status,
    'vcs.ref.base.name': promotion.base,
    'vcs.ref.head.name': promotion.branch,
    'vcs.ref.head.revision': promotion.commit,
    'url.full': promotion.url,
  });
  const own = { parentId: context.rootId, attributes };
  const first = spanOf(context, promotion, { ...own, id, name });
  const { resumedAt, carriedAt, again } = promotion;
  if (parseTime(resumedAt) === undefined) return [first];
  const repeat = typeof again === 'number' ? `/${again}` : '';
  const key = isRollback ? 'rollback/resumed' : `promotion/${target}${repeat}/resumed`;
  const part = { startedAt: resumedAt, finishedAt: carriedAt, status: promotion.status };
  const second = spanOf(context, part, {
    ...own,
    id: spanIdOf(context.delivery, key),
    name: `carry out ${name}`,
    links: [{ traceId, spanId: id, stage: text(context.ledger.stage) }],
  });
  return [first, second];
}

const PAIRS_SHOWN = 80;
const VALUE_LIMIT = 2000;

function pairs(values: Record<string, unknown>): Pair[] {
  return Object.entries(values)
    .slice(0, PAIRS_SHOWN)
    .map(([key, value]) => ({ key: text(key), value: text(value, VALUE_LIMIT) }))
    .filter(({ value }) => value !== '');
}
