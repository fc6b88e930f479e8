import { describe, expect, test } from 'vitest';
import type { PromotionRecord } from '../../../core/ledger/types.ts';
import {
  approvalObstacle,
  approveLabel,
  pendingView,
  refusalText,
  rejectionObstacle,
  type PendingView,
} from './pending.ts';

const NOW = Date.UTC(2030, 0, 1);
const record: PromotionRecord = {
  target: 'prod',
  way: 'pull-request',
  status: 'waiting',
  traceparent: '',
  startedAt: '2029-12-31T00:00:00Z',
  base: 'main',
  pending: { job: 'sl-1', waitsFor: 'approval', expiresAt: '2030-01-02T00:00:00Z' },
};

function pendingOf(more: Record<string, unknown>): PendingView {
  const view = pendingView({ ...record, ...more } as PromotionRecord);
  if (view === undefined) throw new Error('it is not pending');
  return view;
}

const suspended = { gone: false, actions: [{ name: 'resume', disabled: false }] };

describe('a promotion that waits', () => {
  test.each([
    ['approval', 'Waiting for approval', 'Approve'],
    ['soak', 'Soaking', 'Promote now'],
    ['window', 'Waiting for its window', 'Promote now'],
    ['hold', 'On hold', 'Promote now'],
    ['moonlight', 'Waiting', 'Promote now'],
  ])('for %s is %s and offers %s', (waitsFor, label, button) => {
    const view = pendingOf({ pending: { job: 'sl-1', waitsFor } });
    expect([view.status.label, approveLabel(view)]).toEqual([label, button]);
  });

  test('for a merge, or for nothing any more, has no Job to decide on', () => {
    expect(pendingView({ ...record, pending: undefined } as unknown as PromotionRecord)).toBeUndefined();
    expect(pendingView({ ...record, status: 'done' })).toBeUndefined();
    expect(pendingView({ ...record, pending: ['x'] } as unknown as PromotionRecord)).toBeUndefined();
  });

  test('can be approved while its Job is suspended and it has not expired', () => {
    const view = pendingOf({});
    expect(approvalObstacle(view, suspended, NOW)).toBe('');
    expect(approvalObstacle(view, suspended, NOW + 2 * 86_400_000)).toMatch(/expired/);
    expect(approvalObstacle(view, { gone: true, actions: [] }, NOW)).toMatch(/gone/);
    expect(approvalObstacle(view, { gone: false, actions: [] }, NOW)).toMatch(/3\.2/);
    expect(
      approvalObstacle(view, { gone: false, actions: [{ name: 'resume', disabled: true }] }, NOW),
    ).toMatch(/not suspended/);
  });

  test('can be rejected while its Job is there, expired or not', () => {
    const late = pendingOf({ pending: { ...record.pending, expiresAt: '2029-01-01T00:00:00Z' } });
    expect(rejectionObstacle(late, suspended)).toBe('');
    expect(rejectionObstacle(late, { gone: true, actions: [] })).toMatch(/gone/);
  });

  test('is decided once', () => {
    const view = pendingOf({ resumedAt: '2029-12-31T12:00:00Z' });
    expect(view.status.label).toBe('Being carried out');
    expect(approvalObstacle(view, suspended, NOW)).toMatch(/approved/);
    expect(rejectionObstacle(view, suspended)).toMatch(/approved/);
  });

  test('names the right that is missing', () => {
    expect(refusalText('approve', 'default/shop-dev')).toContain(
      'applications, action/batch/Job/resume, default/shop-dev',
    );
  });
});
