import { describe, expect, test } from 'vitest';
import { deliveryId } from '../../../core/ledger/delivery.ts';
import type { HistoryLine, Ledger } from '../../../core/ledger/types.ts';
import { anchorData, failing, historyLines, planOf, promoted, Story } from '../testing/ledgers.ts';
import { readAnchor } from './anchor.ts';
import { runsNow } from './runs-now.ts';

const START = Date.UTC(2030, 0, 1);
const v1 = planOf({ stage: 'prod', version: 'v1' });
const v2 = planOf({ stage: 'prod', version: 'v2' });
const anchorOf = (plan: typeof v1): ReturnType<typeof readAnchor> => readAnchor(anchorData(plan));

function ledgerOf(tell: (story: Story) => void): Ledger {
  const story = new Story('prod', START);
  tell(story);
  return story.ledger;
}

describe('what runs now', () => {
  const two = ledgerOf((story) => {
    promoted(story, v1, { at: 0 });
    promoted(story, v2, { at: 1000 });
  });

  test('is checked where the anchor holds the newest delivery', () => {
    expect(runsNow(two, anchorOf(v2), false)).toMatchObject({ kind: 'checked' });
  });

  test('was verified earlier after a sync back, and says when', () => {
    expect(runsNow(two, anchorOf(v1), false)).toEqual({
      kind: 'verified-earlier',
      checkedAt: START + 90_000,
    });
  });

  test('is not checked after a sync back to what had failed, or to what other checks had passed', () => {
    const broken = ledgerOf((story) => {
      failing(story, v1, 0);
      promoted(story, v2, { at: 1000 });
    });
    expect(runsNow(broken, anchorOf(v1), false)).toEqual({ kind: 'not-checked', reason: 'failed' });
    expect(runsNow(two, anchorOf({ ...v1, definition: 'other' }), false)).toEqual({
      kind: 'not-checked',
      reason: 'definition',
    });
  });

  test('is not checked where no delivery knows it', () => {
    expect(runsNow(two, anchorOf(planOf({ stage: 'prod', version: 'v9' })), false)).toMatchObject({
      kind: 'not-checked',
      reason: 'never',
    });
  });

  test('waits for its hooks while Argo CD syncs', () => {
    expect(runsNow(two, anchorOf(planOf({ stage: 'prod', version: 'v9' })), true)).toEqual({
      kind: 'deploying',
    });
  });

  test('is not checked where only the checks have changed', () => {
    expect(runsNow(two, anchorOf({ ...v2, definition: 'other' }), false)).toMatchObject({
      reason: 'definition',
    });
  });

  test('is checked where a newer version was stopped before it was deployed', () => {
    const stopped = ledgerOf((story) => {
      promoted(story, v1, { at: 0 });
      const id = story.open(v2, 1000);
      story.start(id, 'pre-deployment', 1001);
      story.finish(id, 'pre-deployment', { at: 1002, status: 'failed' });
      story.close(id, 'failed', { at: 1003 });
    });
    expect(runsNow(stopped, anchorOf(v1), false)).toMatchObject({ kind: 'checked' });
  });

  test('is checked while a newer version is being deployed', () => {
    const deploying = ledgerOf((story) => {
      promoted(story, v1, { at: 0 });
      const id = story.open(v2, 1000);
      story.start(id, 'deployment', 1001);
    });
    expect(runsNow(deploying, anchorOf(v1), true)).toMatchObject({ kind: 'checked' });
  });

  test('has failed where its checks failed after it was deployed', () => {
    const broken = ledgerOf((story) => void failing(story, v2, 0));
    expect(runsNow(broken, anchorOf(v2), false)).toMatchObject({ kind: 'failed' });
  });

  test('was verified earlier where only a line of history is left, if its id says that the checks were the same', () => {
    const anchor = anchorOf(planOf({ stage: 'prod', version: 'v0' }));
    const [old] = historyLines(1, START);
    if (!anchor || !old) throw new Error('no anchor');
    const { commit, freight } = anchor;
    const history = (line: Partial<HistoryLine>): Ledger => ({
      ...two,
      history: [{ ...old, commit, freight, ...line }],
    });
    const id = deliveryId(planOf({ stage: 'prod', version: 'v0' }));
    expect(runsNow(history({ id }), anchor, false)).toMatchObject({ kind: 'verified-earlier' });
    expect(runsNow(history({ id, status: 'failed' }), anchor, false)).toMatchObject({ reason: 'failed' });
    expect(runsNow(history({ id: 'other' }), anchor, false)).toMatchObject({ reason: 'definition' });
  });

  test('is unknown without an anchor', () => {
    expect(runsNow(two, undefined, false)).toEqual({ kind: 'unknown' });
  });
});
