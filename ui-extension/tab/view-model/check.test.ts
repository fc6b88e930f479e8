import { describe, expect, test } from 'vitest';
import { LOAD_FIGURES } from '../testing/ledgers.ts';
import { checkView, measuredText } from './check.ts';

describe('a measured value', () => {
  test.each([
    [0.0263, '<250ms', '26.3ms, target < 250ms'],
    [0.9952, '>=99%', '99.5%, target >= 99%'],
    [0.21, '<0.25', '0.21, target < 0.25'],
    [90, '<2m', '1.5m, target < 2m'],
    [1234.5, '', '1235'],
    [undefined, '<250ms', 'target < 250ms'],
    [undefined, '', ''],
    ['0.2', 'odd', 'target odd'],
  ])('%s against %s reads %s', (value, target, expected) => {
    expect(measuredText(value, target)).toBe(expected);
  });
});

describe('a check', () => {
  const base = {
    name: 'load',
    kind: 'load',
    step: 0,
    status: 'passed',
    startedAt: '2030-01-01T00:00:00Z',
    tries: 1,
  } as const;

  test('shows its figures with units, the usual ones first', () => {
    const { figures } = checkView({ ...base, figures: { other: 3, ...LOAD_FIGURES, errors: 0.0125 } });
    expect(figures.map(({ label, value }) => `${label} ${value}`)).toEqual([
      'Requests 2400',
      'Rate 480/s',
      'Errors 1.25%',
      'Mean 12.1ms',
      'p50 10.8ms',
      'p90 20.4ms',
      'p95 26.3ms',
      'p99 61ms',
      'Slowest 118ms',
      'other 3',
    ]);
  });

  test('says that it was carried over and how often it was tried', () => {
    expect(checkView({ ...base, tries: 3, carried: true }).notes).toEqual([
      '3 tries',
      'passed in an earlier run of this operation',
    ]);
  });

  test('shows a probe’s latency in milliseconds, although it has no target', () => {
    expect(measuredText(0.00609, '', 'ms')).toBe('6.09ms');
  });

  test('shows an analysis with its objectives as they were measured', () => {
    const { figures, kind } = checkView({ ...base, kind: 'analysis', figures: { p95: 620, score: 92.5 } });
    expect([kind, ...figures.map(({ label, value }) => `${label} ${value}`)]).toEqual([
      'Analysis',
      'p95 620',
      'score 92.5',
    ]);
  });

  test('shows of each objective its value, target, query, sample time and reason', () => {
    const objective = {
      name: 'errors',
      status: 'fail' as const,
      value: 0.0234,
      target: '<=+10% or <0.02',
      query: 'sum(errors)',
      sampledAt: '2030-01-01T00:00:00.000Z',
      reason: '0.0234 is not <= 0.021',
    };
    const wild = [objective, null, { name: 7 }] as unknown as [typeof objective];
    expect(checkView({ ...base, kind: 'analysis', objectives: wild }).objectives).toEqual([
      {
        name: 'errors',
        status: 'fail',
        value: '0.0234, target <=+10% or <0.02',
        query: 'sum(errors)',
        note: expect.stringMatching(/^sampled .+ · 0\.0234 is not <= 0\.021$/),
      },
      { name: '7', status: '', value: '', query: '', note: '' },
    ]);
  });

  test('that was skipped says so', () => {
    expect(checkView({ ...base, skipped: true }).status.label).toBe('Skipped');
  });

  test('shows a status of a newer release as it is', () => {
    expect(checkView({ ...base, status: 'skipped' as 'passed' }).status).toMatchObject({
      tone: 'unknown',
      label: 'skipped',
    });
  });
});
