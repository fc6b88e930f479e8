import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { freightOf, planOf, timeOf } from '../testing.ts';
import { boundLedger, boundMessage, historyLine, MESSAGE_LIMIT } from './bound.ts';
import { emptyLedger } from './delivery.ts';
import {
  HISTORY_LINES,
  LEDGER_LIMIT_BYTES,
  WHOLE_DELIVERIES,
  type CheckRecord,
  type DeliveryRecord,
  type HistoryLine,
  type Ledger,
} from './types.ts';

interface Size {
  deliveries: number;
  attempts: number;
  checks: number;
  message: string;
}

function checkOf(index: number, message: string): CheckRecord {
  const status = index % 3 === 0 ? 'failed' : 'passed';
  return {
    name: `check-${index}`,
    kind: 'http',
    step: index,
    status,
    startedAt: timeOf(index),
    tries: 1,
    message,
  };
}

function deliveryOf(index: number, size: Size): DeliveryRecord {
  const plan = planOf('v1');
  return {
    id: `delivery-${index}`,
    commit: plan.commit,
    head: plan.head,
    freight: freightOf('v1'),
    definition: plan.definition,
    traceId: '1'.repeat(32),
    links: [],
    ancestry: [],
    metadata: {},
    status: 'failed',
    openedAt: timeOf(index),
    message: size.message,
    attempts: Array.from({ length: size.attempts }, (_, run) => ({
      operation: '1900000000',
      run: run + 1,
      status: 'failed' as const,
      startedAt: timeOf(run),
      phases: [
        {
          name: 'pre-deployment' as const,
          status: 'failed' as const,
          startedAt: timeOf(run),
          checks: Array.from({ length: size.checks }, (_unused, step) => checkOf(step, size.message)),
        },
      ],
    })),
    promotions: [],
  };
}

function ledgerOf(size: Size, lines = 0): Ledger {
  const history: HistoryLine[] = Array.from({ length: lines }, (_, index) => ({
    ...historyLine(deliveryOf(0, { ...size, attempts: 0 })),
    id: `line-${index}`,
  }));
  const deliveries = Array.from({ length: size.deliveries }, (_, index) => deliveryOf(index, size));
  return { ...emptyLedger(planOf('v1')), deliveries, history };
}

const small: Size = { deliveries: 1, attempts: 1, checks: 1, message: 'too slow' };

describe('a bounded ledger', () => {
  test('is within all limits, however large it was, and keeps the newest attempt', () => {
    const size = fc.record({
      deliveries: fc.integer({ min: 1, max: 24 }),
      attempts: fc.integer({ min: 1, max: 24 }),
      checks: fc.constantFrom(0, 1, 40, 700),
      message: fc.constantFrom(
        '',
        'short',
        'x'.repeat(MESSAGE_LIMIT),
        '\u0001'.repeat(MESSAGE_LIMIT),
        '漢'.repeat(900),
      ),
    });
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 400 }), (sizes, lines) => {
        fc.pre(sizes.deliveries * sizes.attempts * sizes.checks < 2500);
        const before = ledgerOf(sizes, lines);
        const { ledger, text } = boundLedger(before);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LEDGER_LIMIT_BYTES);
        expect(ledger.deliveries.length).toBeGreaterThan(0);
        expect(ledger.deliveries.length).toBeLessThanOrEqual(WHOLE_DELIVERIES);
        expect(ledger.history.length).toBeLessThanOrEqual(HISTORY_LINES);
        expect(ledger.deliveries[0]?.attempts.at(-1)?.run).toBe(sizes.attempts);
        expect(historyLine(ledger.deliveries[0] ?? deliveryOf(0, small)).attempts).toBe(sizes.attempts);
        expect(JSON.parse(text)).toEqual(ledger);
        expect(boundLedger(ledger).ledger).toEqual(ledger);
      }),
      { numRuns: 40 },
    );
  });

  test('that is small stays as it is', () => {
    const ledger = ledgerOf({ ...small, deliveries: WHOLE_DELIVERIES }, HISTORY_LINES);
    expect(boundLedger(ledger).ledger).toEqual(ledger);
  });

  test('turns its oldest deliveries into lines, newest first, and drops the oldest lines', () => {
    const { ledger } = boundLedger(ledgerOf({ ...small, deliveries: WHOLE_DELIVERIES + 2 }, HISTORY_LINES));
    expect(ledger.deliveries.map(({ id }) => id).at(-1)).toBe('delivery-19');
    expect(ledger.history.slice(0, 3).map(({ id }) => id)).toEqual(['delivery-20', 'delivery-21', 'line-0']);
    expect(ledger.history.at(-1)?.id).toBe('line-297');
  });

  test('of one huge attempt keeps the checks that did not pass longest', () => {
    const { ledger } = boundLedger(ledgerOf({ ...small, checks: 6000 }));
    const statuses = ledger.deliveries[0]?.attempts[0]?.phases[0]?.checks.map(({ status }) => status) ?? [];
    expect(statuses.length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status === 'passed').length).toBeLessThan(statuses.length / 2);
  });
});

test('a line of history says what is needed for lead times', () => {
  const delivery: DeliveryRecord = {
    ...deliveryOf(1, { ...small, attempts: 3 }),
    earlierAttempts: 4,
    closedAt: timeOf(9),
    ancestry: [
      {
        stage: 'dev',
        application: 'shop-dev',
        commit: 'c',
        freight: 'f',
        traceparent: 't',
        verdict: 'succeeded',
        openedAt: timeOf(0),
        promotedAt: timeOf(1),
      },
    ],
  };
  expect(historyLine(delivery)).toEqual({
    id: 'delivery-1',
    commit: 'commit-v1',
    freight: freightOf('v1').id,
    status: 'failed',
    traceId: '1'.repeat(32),
    openedAt: timeOf(1),
    closedAt: timeOf(9),
    attempts: 7,
    subject: 'Use v1',
    originAt: timeOf(0),
  });
});

test('a message is cut to what a record keeps', () => {
  expect(boundMessage('short')).toBe('short');
  expect(boundMessage('x'.repeat(5000))).toBe(`${'x'.repeat(MESSAGE_LIMIT - 1)}…`);
});
