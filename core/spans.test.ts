import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  closeAttempt,
  deliveryId,
  emptyLedger,
  finishPhase,
  intendPromotion,
  openDelivery,
  recordCheck,
  recordPromotion,
  startPhase,
} from './ledger/delivery.ts';
import { boundLedger } from './ledger/bound.ts';
import { readLedger } from './ledger/read.ts';
import type { Ledger } from './ledger/types.ts';
import { deliverySpans, rootSpanId, type SpanModel } from './spans.ts';
import { moves, play, planOf, timeOf, UPSTREAM } from './testing.ts';
import { parseTraceparent } from './trace-context.ts';

const TRACE = '5'.repeat(32);
const ID = deliveryId(planOf('v1'));

function allSpans(ledger: Ledger): SpanModel[] {
  return ledger.deliveries.flatMap((delivery) => deliverySpans(ledger, delivery));
}

/** A delivery that went all the way: one check before, one promotion after. */
function complete(): Ledger {
  let ledger = openDelivery(emptyLedger(planOf('v1')), planOf('v1'), {
    operation: '1900000001',
    now: timeOf(0),
    newTraceId: TRACE,
  }).ledger;
  ledger = startPhase(ledger, ID, { name: 'pre-deployment', now: timeOf(1), job: 'sl-pre' });
  ledger = recordCheck(ledger, ID, 'pre-deployment', {
    name: 'probe',
    kind: 'http',
    workload: 'frontend',
    step: 0,
    status: 'passed',
    startedAt: timeOf(1),
    finishedAt: timeOf(2),
    tries: 2,
    value: 0.2,
    target: '<0.25',
    figures: { p95: 0.2 },
    objectives: [
      {
        name: 'errors',
        status: 'warning',
        value: 0.2,
        target: '<0.1',
        query: 'sum(errors)',
        sampledAt: timeOf(1),
        reason: '0.2 is not < 0.1',
      },
    ],
    message: 'answered 200',
  });
  ledger = finishPhase(ledger, ID, { name: 'pre-deployment', status: 'succeeded', now: timeOf(2) });
  ledger = startPhase(ledger, ID, { name: 'promotion', now: timeOf(3) });
  ledger = intendPromotion(ledger, ID, { target: 'prod', way: 'push', base: 'main', now: timeOf(3) });
  ledger = recordPromotion(ledger, ID, { target: 'prod', status: 'done', commit: 'abc', now: timeOf(4) });
  ledger = finishPhase(ledger, ID, { name: 'promotion', status: 'succeeded', now: timeOf(4) });
  return closeAttempt(ledger, ID, { status: 'succeeded', now: timeOf(5) });
}

describe('the spans of a delivery that succeeded', () => {
  const ledger = complete();
  const spans = allSpans(ledger);
  const named = (name: string): SpanModel => {
    const found = spans.find((span) => span.name === name);
    if (!found) throw new Error(`there is no span ${name}`);
    return found;
  };

  test('form one tree in one trace', () => {
    const parent = (span: SpanModel): string | undefined =>
      spans.find(({ spanId }) => spanId === span.parentSpanId)?.name;
    expect(spans.map((span) => [span.name, parent(span)])).toEqual([
      ['deliver shop dev', undefined],
      ['attempt 1', 'deliver shop dev'],
      ['pre-deployment', 'attempt 1'],
      ['probe', 'pre-deployment'],
      ['promotion', 'attempt 1'],
      ['promote prod', 'deliver shop dev'],
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  });

  test('the root says what was delivered, and links to the promotion that brought it', () => {
    const root = named('deliver shop dev');
    expect(root).toMatchObject({
      spanId: rootSpanId({ traceId: TRACE }),
      status: 'ok',
      startedAt: timeOf(0),
      finishedAt: timeOf(5),
      attributes: {
        'cicd.pipeline.name': 'shop',
        'deployment.environment.name': 'dev',
        'vcs.ref.head.revision': 'commit-v1',
        'stageline.freight.items': ['frontend.tag=v1'],
        team: 'shop',
      },
    });
    expect(root.links).toEqual([
      {
        traceId: UPSTREAM.traceId,
        spanId: UPSTREAM.spanId,
        attributes: { 'opentracing.ref_type': 'follows-from', 'stageline.stage': 'lab' },
      },
    ]);
  });

  test('the promotion span is the one that the next stage was told', () => {
    const told = parseTraceparent(ledger.deliveries[0]?.promotions[0]?.traceparent ?? '');
    expect(told).toEqual({ traceId: TRACE, spanId: named('promote prod').spanId, sampled: true });
    expect(named('promote prod').attributes).toMatchObject({ 'vcs.ref.head.revision': 'abc' });
  });

  test('a check says its value, target, figures and tries', () => {
    expect(named('probe')).toMatchObject({
      status: 'ok',
      attributes: {
        'cicd.pipeline.task.run.result': 'success',
        'stageline.check.value': 0.2,
        'stageline.check.target': '<0.25',
        'stageline.check.tries': 2,
        'stageline.figure.p95': 0.2,
        'stageline.workload': 'frontend',
      },
      events: [
        { name: 'answered 200', at: timeOf(2), attributes: {} },
        {
          name: 'objective errors: warning',
          at: timeOf(2),
          attributes: {
            'stageline.objective.name': 'errors',
            'stageline.objective.status': 'warning',
            'stageline.objective.value': 0.2,
            'stageline.objective.target': '<0.1',
            'stageline.objective.query': 'sum(errors)',
            'stageline.objective.sampled_at': timeOf(1),
            'stageline.objective.reason': '0.2 is not < 0.1',
          },
        },
      ],
    });
  });
});

describe('what is not finished has no span', () => {
  test('a delivery without a verdict has no root', () => {
    const { ledger } = openDelivery(emptyLedger(planOf('v1')), planOf('v1'), {
      operation: '1',
      now: timeOf(0),
      newTraceId: TRACE,
    });
    expect(allSpans(ledger)).toEqual([]);
  });

  test('a verdict that failed is the root’s status, whatever later attempts say', () => {
    const { ledger: first } = openDelivery(emptyLedger(planOf('v1')), planOf('v1'), {
      operation: '1',
      now: timeOf(0),
      newTraceId: TRACE,
    });
    const failed = closeAttempt(first, ID, { status: 'failed', now: timeOf(1) });
    const [before] = allSpans(failed);
    const again = openDelivery(failed, planOf('v1', '9'.repeat(40)), {
      operation: '2',
      now: timeOf(2),
      newTraceId: TRACE,
    });
    const after = closeAttempt(again.ledger, ID, { status: 'failed', now: timeOf(3), message: 'later' });
    expect(before).toMatchObject({ status: 'error', statusMessage: 'failed' });
    expect(allSpans(after)[0]).toEqual(before);
  });
});

describe('over any history', () => {
  test('a span that was there once is there for ever, unchanged', () => {
    fc.assert(
      fc.property(moves, (history) => {
        const seen = new Map<string, SpanModel>();
        for (const { after } of play(history)) {
          const now = new Map(allSpans(after).map((span) => [`${span.traceId}/${span.spanId}`, span]));
          for (const [id, span] of seen) expect(now.get(id)).toEqual(span);
          for (const [id, span] of now) seen.set(id, span);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('ids are unique, times in order, and every parent is there once the next version has come', () => {
    fc.assert(
      fc.property(moves, (history) => {
        const last = play(history).at(-1);
        if (!last) throw new Error('a history has steps');
        const { ledger } = openDelivery(last.after, planOf('v9'), {
          operation: '1999999999',
          now: timeOf(9000),
          newTraceId: TRACE,
        });
        for (const delivery of ledger.deliveries.slice(1)) {
          const spans = deliverySpans(ledger, delivery);
          const ids = new Set(spans.map(({ spanId }) => spanId));
          expect(ids.size).toBe(spans.length);
          for (const span of spans) {
            expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
            expect(span.startedAt <= span.finishedAt).toBe(true);
            if (span.parentSpanId !== undefined) expect(ids).toContain(span.parentSpanId);
          }
          expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a ledger that was stored and read again has the same spans', () => {
    fc.assert(
      fc.property(moves, (history) => {
        const last = play(history).at(-1);
        if (!last) throw new Error('a history has steps');
        const reading = readLedger(boundLedger(last.after).text);
        if (reading.kind !== 'ledger') throw new Error(`read as ${reading.kind}`);
        expect(reading.ledger).toEqual(last.after);
        expect(allSpans(reading.ledger)).toEqual(allSpans(last.after));
      }),
      { numRuns: 60 },
    );
  });

  test('an attempt keeps its number when older ones are no longer kept', () => {
    let ledger = emptyLedger(planOf('v1'));
    for (let run = 1; run <= 25; run += 1) {
      const options = { operation: '1', now: timeOf(run), newTraceId: TRACE };
      ledger = openDelivery(ledger, planOf('v1'), options).ledger;
      ledger = closeAttempt(ledger, ID, { status: 'errored', now: timeOf(run) });
    }
    const numbers = (some: Ledger): string[] => allSpans(some).map(({ name, spanId }) => `${name} ${spanId}`);
    expect(numbers(boundLedger(ledger).ledger)).toEqual(numbers(ledger).slice(5));
  });
});
