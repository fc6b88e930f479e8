import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deliverySpans } from '../spans.ts';
import { moves, planOf, play, timeOf } from '../testing.ts';
import { boundLedger } from './bound.ts';
import { deliveryId, intendPromotion, openDelivery } from './delivery.ts';
import { readLedger } from './read.ts';
import type { Ledger } from './types.ts';

function ledgerOf(history: Parameters<typeof play>[0]): Ledger {
  const last = play(history).at(-1);
  if (!last) throw new Error('a history has steps');
  return last.after;
}

/** Some value somewhere inside is replaced, as a careless hand or another release might. */
function damaged(value: unknown, at: number, by: unknown): unknown {
  let count = at;
  const walk = (node: unknown): unknown => {
    if (count === 0) {
      count -= 1;
      return by;
    }
    count -= 1;
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, walk(member)]));
  };
  return walk(value);
}

describe('reading a ledger', () => {
  test('never throws, whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(['ledger', 'newer', 'invalid']).toContain(readLedger(text).kind);
      }),
    );
  });

  test('gives something that can be drawn, traced and stored, even if a part is damaged', () => {
    const anything = fc.oneof(fc.constantFrom(undefined, null, 0, '', [], {}), fc.jsonValue());
    fc.assert(
      fc.property(moves, fc.nat(400), anything, (history, at, by) => {
        const text = JSON.stringify(damaged(ledgerOf(history), at, by)) ?? '';
        const reading = readLedger(text);
        if (reading.kind !== 'ledger') return;
        for (const delivery of reading.ledger.deliveries) deliverySpans(reading.ledger, delivery);
        expect(readLedger(boundLedger(reading.ledger).text).kind).toBe('ledger');
      }),
      { numRuns: 400 },
    );
  });

  test('keeps fields that it does not know, at every level', () => {
    const ledger = ledgerOf([{ do: 'open', version: 'v1', newOperation: true, head: 'h' }]);
    const [delivery] = ledger.deliveries;
    const more = {
      ...ledger,
      later: 1,
      deliveries: [
        {
          ...delivery,
          later: 2,
          attempts: delivery?.attempts.map((attempt) => ({ ...attempt, later: 3 })),
        },
      ],
    };
    expect(readLedger(JSON.stringify(more))).toEqual({ kind: 'ledger', ledger: more });
  });

  test('gives missing parts a harmless value', () => {
    const bare = { id: 'a', openedAt: '2030-01-01T00:00:00Z', traceId: '1'.repeat(32) };
    expect(readLedger(JSON.stringify({ version: 1, deliveries: [bare] }))).toMatchObject({
      kind: 'ledger',
      ledger: {
        pipeline: '',
        history: [],
        deliveries: [
          {
            ...bare,
            status: 'failed',
            commit: { id: 'unknown', mode: 'digest' },
            attempts: [],
            promotions: [],
            links: [],
            ancestry: [],
            metadata: {},
          },
        ],
      },
    });
  });

  test('keeps of an analysis what are objectives', () => {
    const objective = { name: 'errors', status: 'pass', query: 'sum(errors)', value: 0 };
    const check = { name: 'score', startedAt: '', objectives: ['x', null, objective, { name: 'bare' }] };
    const phase = { name: 'post-deployment', startedAt: '', checks: [check, { ...check, objectives: 7 }] };
    const attempts = [{ operation: '1', startedAt: '', phases: [phase] }];
    const delivery = { id: 'a', openedAt: '', traceId: '1'.repeat(32), attempts };
    expect(readLedger(JSON.stringify({ version: 1, deliveries: [delivery] }))).toMatchObject({
      ledger: {
        deliveries: [
          { attempts: [{ phases: [{ checks: [{ objectives: [objective] }, { objectives: [] }] }] }] },
        ],
      },
    });
  });

  test('takes neither a success without an attempt nor a promotion without a status for a verdict', () => {
    const plan = planOf('v1');
    const id = deliveryId(plan);
    const delivery = { id, openedAt: timeOf(0), traceId: '1'.repeat(32), status: 'succeeded' };
    const text = JSON.stringify({
      version: 1,
      deliveries: [{ ...delivery, promotions: [{ target: 'prod', way: 'push', base: 'main' }] }],
    });
    const reading = readLedger(text);
    if (reading.kind !== 'ledger') throw new Error(reading.kind);
    const opening = { operation: '1', now: timeOf(1), newTraceId: '2'.repeat(32) };
    const { ledger, decision } = openDelivery(reading.ledger, plan, opening);
    expect(decision).toBe('run');
    const intent = { target: 'prod', way: 'push', base: 'main', now: timeOf(2) };
    expect(intendPromotion(ledger, id, intent).deliveries[0]?.promotions).toMatchObject([
      { target: 'prod', status: 'intended' },
    ]);
  });

  test('knows the ledger of a newer release, which it must not overwrite', () => {
    expect(readLedger('{"version":2,"shape":"unknown"}')).toEqual({ kind: 'newer', version: 2 });
  });

  test.each([
    ['', 'it is not JSON'],
    ['[]', 'it is not an object'],
    ['{}', 'it has no version'],
    ['{"version":1}', 'it has no list of deliveries'],
    ['{"version":1,"deliveries":[{"id":"a"}]}', 'a delivery has no id, trace or time'],
  ])('says of %s that %s', (text, reason) => {
    expect(readLedger(text)).toEqual({ kind: 'invalid', reason });
  });
});
