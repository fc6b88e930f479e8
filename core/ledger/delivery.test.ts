import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PHASES } from '../plan.ts';
import { moves, play, planOf, timeOf, type Step } from '../testing.ts';
import {
  closeAttempt,
  currentAttempt,
  deliveryId,
  emptyLedger,
  finishPhase,
  intendPromotion,
  openDelivery,
  promotionTraceparent,
  recordCheck,
  recordPromotion,
  startPhase,
  type OpenDecision,
} from './delivery.ts';
import type { AttemptRecord, CheckRecord, DeliveryRecord, Ledger } from './types.ts';

const TRACE = '5'.repeat(32);
const ID = deliveryId(planOf('v1'));

function open(
  ledger: Ledger,
  options: { version?: string; operation?: string; tick?: number } = {},
): { ledger: Ledger; decision: OpenDecision } {
  const { version = 'v1', operation = '1900000001', tick = 1 } = options;
  return openDelivery(ledger, planOf(version), { operation, now: timeOf(tick), newTraceId: TRACE });
}

function opened(): Ledger {
  return open(emptyLedger(planOf('v1'))).ledger;
}

function check(status: CheckRecord['status'], fields: Partial<CheckRecord> = {}): CheckRecord {
  return { name: 'probe', kind: 'http', step: 0, status, startedAt: timeOf(2), tries: 1, ...fields };
}

function attemptOf(ledger: Ledger): AttemptRecord {
  const current = currentAttempt(ledger, ID);
  if (!current) throw new Error('there is no attempt');
  return current.attempt;
}

function deliveryOf(ledger: Ledger, version = 'v1'): DeliveryRecord {
  const found = ledger.deliveries.find(({ id }) => id === deliveryId(planOf(version)));
  if (!found) throw new Error(`there is no delivery of ${version}`);
  return found;
}

/** Holds a law between each delivery before and after every step of many histories. */
function forEachStep(law: (step: Step, pairs: [DeliveryRecord, DeliveryRecord][]) => void): void {
  fc.assert(
    fc.property(moves, (history) => {
      for (const step of play(history)) {
        const pairs = step.before.deliveries.map((before): [DeliveryRecord, DeliveryRecord] => {
          const after = step.after.deliveries.find(({ id }) => id === before.id);
          if (!after) throw new Error(`delivery ${before.id} was lost`);
          return [before, after];
        });
        law(step, pairs);
      }
    }),
    { numRuns: 150 },
  );
}

describe('opening', () => {
  test('a new version begins a delivery with an attempt and the ids that were given', () => {
    const { ledger, decision } = open(emptyLedger(planOf('v1')));
    expect(decision).toBe('run');
    expect(deliveryOf(ledger)).toMatchObject({ traceId: TRACE, status: 'running', openedAt: timeOf(1) });
    expect(attemptOf(ledger)).toMatchObject({
      operation: '1900000001',
      run: 1,
      status: 'running',
      phases: [],
    });
  });

  test('the identity of a delivery is stage, commit, freight and definition', () => {
    const plan = planOf('v1');
    const others = [
      { ...plan, stage: 'prod' },
      { ...plan, commit: { ...plan.commit, id: 'another' } },
      planOf('v2'),
      { ...plan, definition: 'ffffffffffff' },
    ];
    expect(new Set([plan, ...others].map(deliveryId)).size).toBe(5);
    expect(deliveryId({ ...plan, head: 'elsewhere', metadata: {} } as typeof plan)).toBe(deliveryId(plan));
  });

  test('opening twice finds the delivery open', () => {
    const once = opened();
    expect(open(once, { tick: 9 })).toEqual({ ledger: once, decision: 'run' });
  });

  test('a failed verdict is final in its operation, and a new operation is a new attempt', () => {
    const failed = closeAttempt(opened(), ID, { status: 'failed', now: timeOf(2), message: 'too slow' });
    expect(open(failed, { tick: 3 })).toEqual({ ledger: failed, decision: 'already-failed' });
    const again = open(failed, { operation: '1900000009', tick: 4 });
    expect(again.decision).toBe('run');
    expect(deliveryOf(again.ledger)).toMatchObject({ status: 'running', traceId: TRACE });
    expect(deliveryOf(again.ledger).attempts.map(({ status, run }) => ({ status, run }))).toEqual([
      { status: 'failed', run: 1 },
      { status: 'running', run: 1 },
    ]);
  });

  test('an errored attempt is run again by the same operation', () => {
    const errored = closeAttempt(opened(), ID, { status: 'errored', now: timeOf(2) });
    const { ledger, decision } = open(errored, { tick: 3 });
    expect(decision).toBe('run');
    expect(attemptOf(ledger)).toMatchObject({ run: 2, status: 'running' });
  });

  test('runs are numbered on even when old ones are no longer kept', () => {
    let ledger = opened();
    for (let run = 1; run < 4; run += 1)
      ledger = open(closeAttempt(ledger, ID, { status: 'errored', now: timeOf(run) })).ledger;
    const kept = { ...deliveryOf(ledger), attempts: deliveryOf(ledger).attempts.slice(2) };
    const errored = closeAttempt({ ...ledger, deliveries: [kept] }, ID, {
      status: 'errored',
      now: timeOf(8),
    });
    expect(attemptOf(open(errored).ledger).run).toBe(5);
  });

  test('a verified delivery is not run again', () => {
    const verified = closeAttempt(opened(), ID, { status: 'succeeded', now: timeOf(2) });
    expect(open(verified, { operation: '1900000009', tick: 5 })).toEqual({
      ledger: verified,
      decision: 'already-verified',
    });
  });

  test.each(['v1', 'v3'])('going on to %s abandons what still runs', (next) => {
    const verified = closeAttempt(opened(), ID, { status: 'succeeded', now: timeOf(2) });
    const second = open(verified, { version: 'v2', operation: '1900000005', tick: 3 }).ledger;
    const started = startPhase(second, deliveryId(planOf('v2')), { name: 'pre-deployment', now: timeOf(4) });
    const { ledger } = open(started, { version: next, operation: '1900000009', tick: 5 });
    const left = deliveryOf(ledger, 'v2');
    expect(left).toMatchObject({
      status: 'failed',
      closedAt: timeOf(5),
      firstVerdict: { status: 'failed', at: timeOf(5) },
    });
    expect(left.attempts[0]).toMatchObject({ status: 'abandoned', finishedAt: timeOf(5) });
    expect(left.attempts[0]?.phases[0]).toMatchObject({ status: 'abandoned', finishedAt: timeOf(5) });
  });

  test('an errored delivery gets its verdict when another version follows, so that its trace has a root', () => {
    const errored = closeAttempt(opened(), ID, { status: 'errored', now: timeOf(2), message: 'no network' });
    expect(deliveryOf(errored).firstVerdict).toBeUndefined();
    const { ledger } = open(errored, { version: 'v2', operation: '1900000009', tick: 5 });
    expect(deliveryOf(ledger).firstVerdict).toEqual({
      status: 'failed',
      at: timeOf(2),
      message: 'no network',
    });
  });

  test('a killed attempt is abandoned by the next operation', () => {
    const started = startPhase(opened(), ID, { name: 'pre-deployment', now: timeOf(2) });
    const running = recordCheck(started, ID, 'pre-deployment', check('running'));
    const { ledger } = open(running, { operation: '1900000009', tick: 5 });
    expect(deliveryOf(ledger).attempts.map(({ status }) => status)).toEqual(['abandoned', 'running']);
    expect(deliveryOf(ledger).attempts[0]?.phases[0]?.checks[0]).toMatchObject({
      status: 'abandoned',
      finishedAt: timeOf(5),
    });
  });
});

describe('checks on a retry', () => {
  function erroredWith(...checks: CheckRecord[]): Ledger {
    let ledger = startPhase(opened(), ID, { name: 'pre-deployment', now: timeOf(2) });
    for (const record of checks) ledger = recordCheck(ledger, ID, 'pre-deployment', record);
    return closeAttempt(ledger, ID, { status: 'errored', now: timeOf(3) });
  }
  const errored = erroredWith(
    check('passed', { name: 'a', figures: { p95: 0.1 }, finishedAt: timeOf(3) }),
    check('warning', { name: 'b', finishedAt: timeOf(3) }),
    check('errored', { name: 'c', finishedAt: timeOf(3) }),
  );

  test('what passed in the same operation is carried over, with its figures', () => {
    const retried = startPhase(open(errored, { tick: 4 }).ledger, ID, {
      name: 'pre-deployment',
      now: timeOf(5),
    });
    expect(attemptOf(retried).phases[0]?.checks).toEqual([
      expect.objectContaining({ name: 'a', status: 'passed', carried: true, figures: { p95: 0.1 } }),
      expect.objectContaining({ name: 'b', status: 'warning', carried: true }),
    ]);
  });

  test('a new operation checks anew', () => {
    const anew = open(errored, { operation: '1900000009', tick: 4 }).ledger;
    const started = startPhase(anew, ID, { name: 'pre-deployment', now: timeOf(5) });
    expect(attemptOf(started).phases[0]?.checks).toEqual([]);
  });

  test('a check that errored can be written again, a verdict cannot', () => {
    const started = startPhase(opened(), ID, { name: 'pre-deployment', now: timeOf(2) });
    const first = recordCheck(started, ID, 'pre-deployment', check('errored'));
    const passed = recordCheck(first, ID, 'pre-deployment', check('passed', { tries: 2 }));
    expect(attemptOf(passed).phases[0]?.checks).toEqual([check('passed', { tries: 2 })]);
    expect(recordCheck(passed, ID, 'pre-deployment', check('failed'))).toEqual(passed);
    expect(recordCheck(passed, ID, 'pre-deployment', check('running'))).toEqual(passed);
  });

  test('checks stand in the order of their steps', () => {
    const started = startPhase(opened(), ID, { name: 'pre-deployment', now: timeOf(2) });
    const names = [
      check('passed', { name: 'z', step: 1 }),
      check('passed', { name: 'y', step: 0 }),
      check('passed', { name: 'b', step: 1 }),
    ].reduce((ledger, record) => recordCheck(ledger, ID, 'pre-deployment', record), started);
    expect(attemptOf(names).phases[0]?.checks.map(({ name }) => name)).toEqual(['y', 'b', 'z']);
  });
});

describe('phases', () => {
  test('a phase does not start after a later one', () => {
    const later = startPhase(opened(), ID, { name: 'post-deployment', now: timeOf(2) });
    expect(startPhase(later, ID, { name: 'deployment', now: timeOf(3) })).toEqual(later);
  });

  test('a finished phase stays as it is', () => {
    const started = startPhase(opened(), ID, { name: 'pre-deployment', now: timeOf(2), job: 'sl-pre' });
    const end = { name: 'pre-deployment', status: 'succeeded', now: timeOf(3) } as const;
    const finished = finishPhase(started, ID, end);
    expect(attemptOf(finished).phases[0]).toMatchObject({ status: 'succeeded', job: 'sl-pre' });
    expect(finishPhase(finished, ID, { ...end, status: 'failed', now: timeOf(4) })).toEqual(finished);
    expect(recordCheck(finished, ID, 'pre-deployment', check('failed'))).toEqual(finished);
  });

  test('closing an attempt ends what still runs in it', () => {
    const started = startPhase(opened(), ID, { name: 'pre-deployment', now: timeOf(2) });
    const closed = closeAttempt(started, ID, { status: 'abandoned', now: timeOf(3), message: 'stopped' });
    expect(attemptOf(closed)).toMatchObject({ status: 'abandoned', message: 'stopped' });
    expect(attemptOf(closed).phases[0]).toMatchObject({ status: 'abandoned', finishedAt: timeOf(3) });
    expect(deliveryOf(closed).firstVerdict).toBeUndefined();
  });
});

describe('promotions', () => {
  const intent = { target: 'prod', way: 'push', base: 'main', branch: 'stageline/prod', now: timeOf(2) };
  const intended = intendPromotion(opened(), ID, intent);

  test('the intent has the context of its span before anything is done', () => {
    expect(deliveryOf(intended).promotions).toEqual([
      {
        target: 'prod',
        way: 'push',
        base: 'main',
        branch: 'stageline/prod',
        status: 'intended',
        startedAt: timeOf(2),
        traceparent: promotionTraceparent(TRACE, 'prod'),
      },
    ]);
    expect(intendPromotion(intended, ID, { ...intent, now: timeOf(9) })).toEqual(intended);
  });

  test('a promotion that is done stays done', () => {
    const done = recordPromotion(intended, ID, {
      target: 'prod',
      status: 'done',
      commit: 'abc',
      now: timeOf(3),
    });
    expect(deliveryOf(done).promotions[0]).toMatchObject({
      status: 'done',
      commit: 'abc',
      finishedAt: timeOf(3),
    });
    expect(recordPromotion(done, ID, { target: 'prod', status: 'failed', now: timeOf(4) })).toEqual(done);
    expect(intendPromotion(done, ID, intent)).toEqual(done);
  });

  test('one that failed is tried again with the same context', () => {
    const failed = recordPromotion(intended, ID, { target: 'prod', status: 'failed', now: timeOf(3) });
    const again = deliveryOf(intendPromotion(failed, ID, { ...intent, now: timeOf(9) })).promotions;
    expect(again).toEqual([{ ...deliveryOf(intended).promotions[0], startedAt: timeOf(9) }]);
  });

  test('one that waits is settled without a change of what its span says', () => {
    const result = { target: 'prod', status: 'waiting', commit: 'abc', now: timeOf(3) } as const;
    const waiting = recordPromotion(intended, ID, result);
    expect(recordPromotion(waiting, ID, { ...result, now: timeOf(4) })).toEqual(waiting);
    const merged = recordPromotion(waiting, ID, { ...result, status: 'done', commit: 'def', now: timeOf(5) });
    expect(deliveryOf(merged).promotions[0]).toMatchObject({
      status: 'done',
      commit: 'abc',
      finishedAt: timeOf(3),
      settledAt: timeOf(5),
    });
  });

  test('one that waits goes on waiting when it could not be looked at', () => {
    const waiting = recordPromotion(intended, ID, { target: 'prod', status: 'waiting', now: timeOf(3) });
    expect(recordPromotion(waiting, ID, { target: 'prod', status: 'failed', now: timeOf(5) })).toBe(waiting);
    expect(intendPromotion(waiting, ID, intent)).toBe(waiting);
  });
});

describe('over any history', () => {
  test('what succeeded stays so, attempts and all', () => {
    forEachStep((_step, pairs) => {
      for (const [before, after] of pairs)
        if (before.status === 'succeeded') {
          expect(after).toEqual({ ...before, promotions: after.promotions });
        }
    });
  });

  test('an attempt that ended never changes, and a first verdict never does', () => {
    forEachStep((_step, pairs) => {
      for (const [before, after] of pairs) {
        expect(after.attempts.length).toBeGreaterThanOrEqual(before.attempts.length);
        before.attempts.forEach((attempt, index) => {
          if (attempt.status !== 'running') expect(after.attempts[index]).toEqual(attempt);
        });
        if (before.firstVerdict) expect(after.firstVerdict).toEqual(before.firstVerdict);
        expect(after.traceId).toBe(before.traceId);
      }
    });
  });

  test('after a failed verdict its operation runs nothing more', () => {
    forEachStep(({ before, after, id, operation }) => {
      const known = before.deliveries.find((delivery) => delivery.id === id);
      if (!known?.attempts.some((attempt) => attempt.operation === operation && attempt.status === 'failed'))
        return;
      expect(after.deliveries.find((delivery) => delivery.id === id)?.attempts).toEqual(known.attempts);
    });
  });

  test('phases only go forward, and a verdict of phase or check is kept', () => {
    forEachStep((_step, pairs) => {
      for (const [before, after] of pairs) {
        after.attempts.forEach((attempt, index) => {
          const order = attempt.phases.map(({ name }) => PHASES.indexOf(name));
          expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
          for (const phase of before.attempts[index]?.phases ?? []) {
            const now = attempt.phases.find(({ name }) => name === phase.name);
            if (phase.status !== 'running') expect(now).toEqual(phase);
            for (const known of phase.checks)
              if (known.status !== 'running' && known.status !== 'errored')
                expect(now?.checks).toContainEqual(known);
          }
        });
      }
    });
  });

  test('one delivery runs at most, in one attempt, its newest; and runs have numbers of their own', () => {
    forEachStep(({ after }) => {
      const running = after.deliveries.filter(({ status }) => status === 'running');
      expect(running.length).toBeLessThanOrEqual(1);
      for (const delivery of after.deliveries) {
        delivery.attempts.forEach((attempt, index) => {
          const isLast = index === delivery.attempts.length - 1;
          expect(attempt.status === 'running').toBe(isLast && delivery.status === 'running');
        });
        const runs = delivery.attempts.map(({ operation, run }) => `${operation}/${run}`);
        expect(new Set(runs).size).toBe(runs.length);
      }
    });
  });

  test('a step that changes nothing gives the very ledger back, so that nothing is written', () => {
    let unchanged = 0;
    forEachStep(({ before, after }) => {
      if (!isDeepStrictEqual(before, after)) return;
      expect(after).toBe(before);
      unchanged += 1;
    });
    expect(unchanged).toBeGreaterThan(0);
  });

  test('opening again and closing again change nothing', () => {
    forEachStep(({ move, after, id, operation }) => {
      if (move.do === 'open') {
        const plan = planOf(move.version, move.head);
        const again = openDelivery(after, plan, { operation, now: timeOf(9000), newTraceId: TRACE });
        expect(again.ledger).toEqual(after);
      }
      if (move.do === 'close')
        expect(closeAttempt(after, id, { status: 'succeeded', now: timeOf(9000) })).toEqual(after);
    });
  });
});
