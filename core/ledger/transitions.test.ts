import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moves, play } from '../testing.ts';
import { ledgerTransitions, type Transition } from './transitions.ts';

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
