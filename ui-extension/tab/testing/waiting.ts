/** For tests only: promotions and rollbacks in every state that they can be in, made with the ledger's own transitions. */
import {
  awaitJob,
  carried,
  intendRollback,
  letGo,
  settle,
  type Waiting,
} from '../../../core/ledger/pending.ts';
import type { Ledger, PendingPromotion } from '../../../core/ledger/types.ts';
import { anchorData, commitId, failing, passing, planOf, promoted, Story, timeAt } from './ledgers.ts';
import type { Scenario } from './scenarios.ts';

const HOUR = 3600;

type Change = (ledger: Ledger, id: string, what: Waiting) => Ledger;

/** One delivery with a promotion to each of eleven stages. */
export function everyPromotion(now: number): Scenario {
  const story = new Story('dev', now - 6 * HOUR * 1000);
  promoted(story, planOf({ stage: 'dev', version: 'v1' }), { at: 0, target: 'prod' });
  const plan = planOf({ stage: 'dev', version: 'v2', committedAt: timeAt(now, -64 * 60) });
  const at = 5 * HOUR;
  const id = passing(story, plan, at);
  story.start(id, 'promotion', at + 82);
  const when = timeAt(now, -1800);
  const waits =
    (waitsFor: PendingPromotion['waitsFor'], message: string, more: Partial<PendingPromotion> = {}): Change =>
    (ledger, delivery, what) => {
      const target = 'target' in what ? what.target : 'rollback';
      const pending = { job: `sl-promote-${target}-7c1d`, waitsFor, ...more };
      return awaitJob(ledger, delivery, { what, pending, message, now: story.at(at + 88) });
    };
  const approval = waits('approval', 'waits for approval', { expiresAt: timeAt(now, 48 * HOUR) });
  const released: Change = (ledger, delivery, what) => {
    const target = 'target' in what ? what.target : '';
    const job = `sl-promote-${target}-7c1d`;
    return letGo(approval(ledger, delivery, what), delivery, { what, job, now: when, decidedBy: 'alice' });
  };
  const ended =
    (status: 'rejected' | 'expired' | 'superseded' | 'failed', message: string, decidedBy?: string): Change =>
    (ledger, delivery, what) =>
      settle(approval(ledger, delivery, what), delivery, {
        what,
        status,
        now: when,
        message,
        ...(decidedBy === undefined ? {} : { decidedBy }),
      });
  const changes: Record<string, Change> = {
    approval,
    soak: waits('soak', 'soaks for 2h', { notBefore: timeAt(now, 40 * 60) }),
    window: waits('window', 'waits for its window', { notBefore: timeAt(now, 14 * HOUR) }),
    hold: waits('hold', 'on hold: the shop is closed for the sale until Monday'),
    released,
    done: (ledger, delivery, what) =>
      carried(released(ledger, delivery, what), delivery, {
        what,
        now: when,
        status: 'done',
        commit: commitId('carried'),
        message: 'backend.image.tag v2 is in done',
      }),
    merge: (ledger) => ledger,
    rejected: ended('rejected', 'turned down: Job sl-promote-rejected-7c1d was deleted', 'bob'),
    expired: ended('expired', `it expired at ${when}`),
    superseded: ended('superseded', 'superseded by freight b4b00668'),
    failed: ended('failed', 'Job sl-promote-failed-7c1d failed (BackoffLimitExceeded); its log says why'),
  };
  for (const [target, change] of Object.entries(changes)) {
    story.promote(id, target, { from: at + 83, to: at + 88, status: 'waiting' });
    story.ledger = change(story.ledger, id, { target });
  }
  story.finish(id, 'promotion', { at: at + 89 });
  story.close(id, 'succeeded', { at: at + 90 });
  return { ledger: JSON.stringify(story.ledger), anchor: anchorData(plan) };
}

/** A version that failed in prod: taken back already, or due to be. */
export function takenBack(now: number, state: 'done' | 'due'): Scenario {
  const story = new Story('prod', now - 6 * HOUR * 1000);
  const verified = promoted(story, planOf({ stage: 'prod', version: 'v2' }), { at: 0 });
  const plan = planOf({ stage: 'prod', version: 'v3', committedAt: timeAt(now, -61 * 60) });
  const at = 5 * HOUR;
  failing(story, plan, at);
  const [newest] = story.ledger.deliveries;
  const id = newest?.id ?? '';
  const what = { rollback: true } as const;
  const began = story.at(at + 140);
  story.ledger = intendRollback(story.ledger, id, {
    target: 'prod',
    way: 'push',
    base: 'main',
    reason: 'post-deployment failed: response-time: p95 of load was 0.62, target <250ms',
    freight: planOf({ stage: 'prod', version: 'v2' }).freight.id,
    delivery: verified,
    now: began,
  });
  const notBefore = state === 'due' ? timeAt(now, 10 * 60) : began;
  const pending: PendingPromotion = { job: 'sl-rollback-prod-11ab', waitsFor: 'soak', notBefore };
  const message = 'rolls back to freight b4b00668, unless it is mended by then';
  story.ledger = awaitJob(story.ledger, id, { what, pending, message, now: began });
  if (state === 'done') {
    story.ledger = carried(story.ledger, id, {
      what,
      now: story.at(at + 150),
      status: 'done',
      commit: commitId('taken-back'),
      message: 'frontend.image.tag v2, backend.image.tag v2 are in prod',
    });
  }
  return { ledger: JSON.stringify(story.ledger), anchor: anchorData(plan) };
}
