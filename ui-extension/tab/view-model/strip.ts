/** The pipeline strip: the stages that this version came through, this stage, and where it goes next. */
import type { DeliveryRecord, PromotionRecord } from '../../../core/ledger/types.ts';
import type { Anchor } from './anchor.ts';
import { commitView, type CommitView, type DeliveryView } from './delivery.ts';
import { versionsOf, versionsText } from './freight.ts';
import { applicationPath } from './links.ts';
import type { RunsNow } from './runs-now.ts';
import { DEPLOYING, NOT_CHECKED, PENDING, promotionStatus, status, type StatusView } from './status.ts';
import { shortCommit, text } from './text.ts';
import { parseTime } from './time.ts';

export interface StripStage {
  key: string;
  stage: string;
  place: 'before' | 'this' | 'next';
  status: StatusView;
  versions: string;
  commit: CommitView | undefined;
  at: number | undefined;
  /** What it waits for, or what else is to know; may be empty. */
  note: string;
  /** Page of its application, relative to the page's base. */
  path: string | undefined;
}

export interface StripInput {
  stage: string;
  anchor: Anchor | undefined;
  runsNow: RunsNow;
  /** Newest first. */
  deliveries: readonly DeliveryRecord[];
  newest: DeliveryView | undefined;
  repoURL: string;
  controlPlaneNamespace: string;
}

export function stripStages(input: StripInput): StripStage[] {
  const newest = input.deliveries[0];
  return [...(newest ? stagesBefore(newest, input) : []), thisStage(input), ...nextStages(input)];
}

function stagesBefore(delivery: DeliveryRecord, input: StripInput): StripStage[] {
  return delivery.ancestry.map((entry, index) => ({
    key: `before-${index}`,
    stage: text(entry.stage),
    place: 'before',
    status: status('success', 'Passed'),
    // The id is a content hash that does not depend on the stage: the same id is the same versions.
    versions:
      entry.freight === delivery.freight.id
        ? versionsText(versionsOf(delivery))
        : text(entry.freight) && `freight ${text(entry.freight, 20)}`,
    commit: commitView({ ...entry, id: entry.commit }, input.repoURL),
    at: parseTime(entry.promotedAt),
    note: '',
    path: applicationPath(entry.application, input.controlPlaneNamespace),
  }));
}

function thisStage(input: StripInput): StripStage {
  const { anchor, newest, runsNow } = input;
  const newestRuns = anchor === undefined || newest?.commit.id === anchor.commit;
  const view =
    runsNow.kind === 'not-checked' ? NOT_CHECKED : runsNow.kind === 'deploying' ? DEPLOYING : undefined;
  return {
    key: 'this',
    stage: input.stage,
    place: 'this',
    status: view ?? newest?.status ?? PENDING,
    versions: anchor ? versionsText(anchor.versions) : (newest?.versions ?? ''),
    commit:
      anchor && !newestRuns
        ? commitView({ id: anchor.commit, mode: anchor.commitMode }, input.repoURL)
        : newest?.commit,
    at: view === undefined ? (newest?.closedAt ?? newest?.openedAt) : undefined,
    note: newestRuns || newest === undefined || runsNow.kind === 'not-checked' ? '' : onItsWay(newest),
    path: undefined,
  };
}

function onItsWay(newest: DeliveryView): string {
  const what = newest.versions || newest.commit.short;
  if (newest.status.tone === 'running') return `${what} is on its way`;
  return newest.status.tone === 'failed' ? `${what} was stopped` : '';
}

/** Targets of promotions, newest delivery first: the ledger knows them only from promotions that were begun. */
function nextStages(input: StripInput): StripStage[] {
  const targets = new Map<string, { promotion: PromotionRecord; delivery: DeliveryRecord }>();
  for (const delivery of input.deliveries) {
    for (const promotion of delivery.promotions) {
      const target = text(promotion.target);
      if (!targets.has(target)) targets.set(target, { promotion, delivery });
    }
  }
  return [...targets].map(([target, { promotion, delivery }]) => ({
    key: `next-${target}`,
    stage: target,
    place: 'next',
    status: promotionStatus(promotion.status),
    versions: versionsText(versionsOf(delivery)),
    commit: promotion.commit === undefined ? undefined : commitView({ id: promotion.commit }, input.repoURL),
    at: parseTime(promotion.settledAt) ?? parseTime(promotion.finishedAt) ?? parseTime(promotion.startedAt),
    note: delivery === input.deliveries[0] ? waitsFor(promotion) : heldBack(input),
    path: undefined,
  }));
}

function waitsFor(promotion: PromotionRecord): string {
  if (promotion.status !== 'waiting') return '';
  const branch = text(promotion.branch, 80);
  return branch === '' ? 'waits for a merge' : `waits for the merge of ${branch}`;
}

function heldBack(input: StripInput): string {
  const { newest } = input;
  if (newest === undefined) return '';
  const what = newest.versions || shortCommit(newest.commit.id);
  if (newest.status.tone === 'running') return `${what} waits for ${input.stage}`;
  return newest.status.tone === 'success' ? '' : `${what} was stopped in ${input.stage}`;
}
