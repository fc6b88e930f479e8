import { describe, expect, test } from 'vitest';
import type { HistoryLine, Ledger } from '../../../core/ledger/types.ts';
import { doraFigures } from './dora.ts';

const NOW = Date.UTC(2030, 5, 30);
const HOUR = 3_600_000;

function line(hoursAgo: number, status: HistoryLine['status'], leadHours?: number): HistoryLine {
  const at = (hours: number): string => new Date(NOW - hours * HOUR).toISOString();
  return {
    id: String(hoursAgo),
    commit: 'c',
    freight: 'f',
    status,
    traceId: 't',
    openedAt: at(hoursAgo + 1),
    closedAt: at(hoursAgo),
    attempts: 1,
    ...(leadHours === undefined ? {} : { originAt: at(hoursAgo + leadHours) }),
  };
}

function ledgerOf(history: HistoryLine[]): Ledger {
  return { version: 1, pipeline: 'shop', stage: 'prod', application: 'x', deliveries: [], history };
}

describe('the DORA figures', () => {
  test('count, and take the median of lead times', () => {
    const ledger = ledgerOf([line(1, 'succeeded', 2), line(20, 'succeeded', 4), line(40, 'succeeded', 30)]);
    expect(doraFigures([ledger], NOW)).toEqual({
      deployments: 3,
      leadTime: 4 * HOUR,
      failureRate: 0,
      restoreTime: undefined,
    });
  });

  test('measure from the first failure in a row to the success that ends it', () => {
    const ledger = ledgerOf([
      line(1, 'failed'),
      line(10, 'succeeded'),
      line(12, 'failed'),
      line(15, 'failed'),
    ]);
    expect(doraFigures([ledger], NOW)).toMatchObject({
      deployments: 1,
      failureRate: 0.75,
      restoreTime: 5 * HOUR,
    });
  });

  test('look back 30 days and leave out what still runs', () => {
    const ledger = ledgerOf([line(1, 'running'), line(24 * 31, 'failed')]);
    expect(doraFigures([ledger], NOW)).toMatchObject({ deployments: 0, failureRate: undefined });
  });

  test('do not mix one stage’s failure with another’s success', () => {
    expect(
      doraFigures([ledgerOf([line(9, 'failed')]), ledgerOf([line(1, 'succeeded')])], NOW).restoreTime,
    ).toBeUndefined();
  });
});
