import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moves, planOf, play, timeOf } from '../testing.ts';
import { emptyLedger, openDelivery } from './delivery.ts';
import { ledgerTransitions, type Transition } from './transitions.ts';
import type { Ledger } from './types.ts';

const identity = ({ deliveryId, subject, key, change, status, at }: Transition): string =>
  [deliveryId, subject, key, change, status, at].join(' ');

describe('transitions of a ledger', () => {
  it('are none where nothing changed', () => {
    fc.assert(
      fc.property(moves, (history) => {
        for (const { after } of play(history)) expect(ledgerTransitions(after, after)).toEqual([]);
      }),
    );
  });

  it('tell each thing once, and a start before its end', () => {
    fc.assert(
      fc.property(moves, (history) => {
        const told = play(history).flatMap(({ before, after }) => ledgerTransitions(before, after));
        const starts = told.filter(({ change }) => change === 'started').map(identity);
        expect(new Set(starts).size).toBe(starts.length);
        told.forEach((transition, index) => {
          if (transition.change !== 'finished') return;
          const { deliveryId, subject, key } = transition;
          const start = told.findIndex(
            (other) =>
              other.change === 'started' &&
              other.deliveryId === deliveryId &&
              other.subject === subject &&
              other.key === key,
          );
          expect(start).toBeGreaterThanOrEqual(0);
          expect(start).toBeLessThan(index);
        });
      }),
    );
  });

  it('tell of a rollback as of a promotion', () => {
    const plan = planOf('v1');
    const opened = openDelivery(emptyLedger(plan), plan, {
      operation: '1',
      now: timeOf(0),
      newTraceId: '1'.repeat(32),
    }).ledger;
    const [delivery] = opened.deliveries;
    if (!delivery) throw new Error('nothing was opened');
    const rollback = (status: 'intended' | 'done'): Ledger => ({
      ...opened,
      deliveries: [
        {
          ...delivery,
          rollback: {
            target: 'dev',
            way: 'push',
            base: 'main',
            traceparent: '',
            startedAt: timeOf(1),
            reason: 'failed',
            freight: 'f',
            delivery: 'd',
            status,
            ...(status === 'done' ? { finishedAt: timeOf(2) } : {}),
          },
        },
      ],
    });
    const told = [opened, rollback('intended'), rollback('done')];
    expect(
      told
        .slice(1)
        .flatMap((after, index) =>
          ledgerTransitions(told[index] ?? after, after).map(({ subject, key, name, change, status, at }) =>
            [subject, key, name, change, status, at].join(' '),
          ),
        ),
    ).toEqual([
      `rollback rollback dev started running ${timeOf(1)}`,
      `rollback rollback dev finished done ${timeOf(2)}`,
    ]);
  });

  it('end with how every delivery stands', () => {
    fc.assert(
      fc.property(moves, (history) => {
        const steps = play(history);
        const told = steps.flatMap(({ before, after }) => ledgerTransitions(before, after));
        for (const delivery of steps.at(-1)?.after.deliveries ?? []) {
          const last = told.findLast(
            ({ deliveryId, subject }) => subject === 'delivery' && deliveryId === delivery.id,
          );
          if (delivery.status !== 'running') expect(last?.status).toBe(delivery.status);
        }
      }),
    );
  });
});
