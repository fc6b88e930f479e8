/** The pipeline strip: the stages that this version came through, this stage, and where it goes next. */
import type { DeliveryRecord, PromotionRecord } from '../../../core/ledger/types.ts';
import type { Anchor } from './anchor.ts';
import { commitView, deliveryView, type CommitView, type DeliveryView } from './delivery.ts';
import { versionsOf, versionsText } from './freight.ts';
import { applicationPath } from './links.ts';
import { laterStages, nextStages, type NextStage, type OtherStages } from './other-stages.ts';
import type { StageReading } from './overview.ts';
import { pendingView } from './pending.ts';
import { runsNow, type RunsNow } from './runs-now.ts';
import {
  DEPLOYING,
  NOT_CHECKED,
  PENDING,
  promotionStatus,
  status,
  VERIFIED_EARLIER,
  type StatusView,
} from './status.ts';
import { shortCommit, text } from './text.ts';
import { parseTime } from './time.ts';

export interface StripStage {
  key: string;
  stage: string;
  place: 'before' | 'this' | 'next' | 'later';
  status: StatusView;
  versions: string;
  commit: CommitView | undefined;
  at: number | undefined;
  /** Whether `at` is when a version was promoted, not when the stage itself was done. */
  promotedAt: boolean;
  /** What it waits for, or what else is to know; may be empty. */
  note: string;
  /** When what waits goes on by itself. */
  dueAt: number | undefined;
  /** Page of its application, relative to the page's base. */
  path: string | undefined;
  /** Instance name of its application; empty for this stage, and where it is not known. */
  instance: string;
  /** The user may not see it: what is shown is what this stage's ledger knows of it. */
  hidden: boolean;
}

/** A stage as its own anchor and ledger tell it. */
interface StageNow {
  stage: string;
  anchor: Anchor | undefined;
  runsNow: RunsNow;
  newest: DeliveryView | undefined;
  repoURL: string;
}

export interface StripInput extends StageNow {
  /** Newest first. */
  deliveries: readonly DeliveryRecord[];
  controlPlaneNamespace: string;
}

/** `others`: what was read of other stages. */
export function stripStages(input: StripInput, others: OtherStages): StripStage[] {
  const newest = input.deliveries[0];
  const before = newest ? stagesBefore(newest, input) : [];
  const next = nextStages(input.deliveries);
  const known = new Set([...before.map(({ stage }) => stage), input.stage]);
  return [
    ...before.map((card) => withOwnWord(card, others)),
    thisStage(input),
    ...next.map((target) => withOwnWord(nextStage(target, input), others)),
    ...laterStages(next, known, others).map((target) =>
      withOwnWord({ ...nextStage(target, input), place: 'later', note: '' }, others),
    ),
  ];
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
    promotedAt: true,
    note: '',
    dueAt: undefined,
    path: applicationPath(entry.application, input.controlPlaneNamespace),
    instance: text(entry.application, 253),
    hidden: false,
  }));
}

export interface StripCut {
  shown: StripStage[];
  /** How many are left out before and after what is shown. */
  before: number;
  after: number;
}

/** Of a long pipeline the stages around this one: the others would push the delivery out of sight. */
const AROUND = 5;

export function cutStrip(stages: StripStage[], all: boolean): StripCut {
  const here = stages.findIndex(({ place }) => place === 'this');
  // Whoever leaves out one stage has saved nothing.
  if (all || stages.length <= 2 * AROUND + 3) return { shown: stages, before: 0, after: 0 };
  const from = Math.max(0, here - AROUND);
  const to = Math.min(stages.length, here + AROUND + 1);
  return { shown: stages.slice(from, to), before: from, after: stages.length - to };
}

/** This stage's own card. */
export function thisStage(input: StripInput): StripStage {
  return {
    key: 'this',
    stage: input.stage,
    place: 'this',
    ...stateNow(input),
    promotedAt: false,
    dueAt: undefined,
    path: undefined,
    instance: '',
    hidden: false,
  };
}

/** What runs in a stage now, and whether it was checked. */
function stateNow(input: StageNow): Pick<StripStage, 'status' | 'versions' | 'commit' | 'at' | 'note'> {
  const { anchor, newest, runsNow: compared } = input;
  const newestRuns = anchor === undefined || newest?.commit.id === anchor.commit;
  const view = comparedStatus(compared);
  return {
    status: view ?? newest?.status ?? PENDING,
    versions: anchor ? versionsText(anchor.versions) : (newest?.versions ?? ''),
    commit:
      anchor && !newestRuns
        ? commitView({ id: anchor.commit, mode: anchor.commitMode }, input.repoURL)
        : newest?.commit,
    at:
      compared.kind === 'verified-earlier'
        ? compared.checkedAt
        : view === undefined
          ? (newest?.closedAt ?? newest?.openedAt)
          : undefined,
    note: newestRuns || newest === undefined || compared.kind === 'not-checked' ? '' : onItsWay(newest),
  };
}

function comparedStatus(compared: RunsNow): StatusView | undefined {
  if (compared.kind === 'not-checked') return NOT_CHECKED;
  if (compared.kind === 'verified-earlier') return VERIFIED_EARLIER;
  return compared.kind === 'deploying' ? DEPLOYING : undefined;
}

function onItsWay(newest: DeliveryView): string {
  const what = newest.versions || newest.commit.short;
  if (newest.status.tone === 'running') return `${what} is on its way`;
  return newest.status.tone === 'failed' ? `${what} was stopped` : '';
}

function nextStage({ target, instance, promotion, delivery }: NextStage, input: StripInput): StripStage {
  return {
    key: `next-${target}`,
    stage: target,
    place: 'next',
    status: pendingView(promotion)?.status ?? promotionStatus(promotion.status),
    versions: versionsText(versionsOf(delivery)),
    commit: promotion.commit === undefined ? undefined : commitView({ id: promotion.commit }, input.repoURL),
    at: parseTime(promotion.settledAt) ?? parseTime(promotion.finishedAt) ?? parseTime(promotion.startedAt),
    promotedAt: false,
    note: delivery === input.deliveries[0] ? waitsFor(promotion) : heldBack(input),
    dueAt: pendingView(promotion)?.notBefore,
    path: instance === '' ? undefined : applicationPath(instance, input.controlPlaneNamespace),
    instance,
    hidden: false,
  };
}

function waitsFor(promotion: PromotionRecord): string {
  if (promotion.status !== 'waiting' || pendingView(promotion) !== undefined) return '';
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

/** A card with what its stage's own objects say in place of what this stage's ledger knows of it. */
function withOwnWord(card: StripStage, others: OtherStages): StripStage {
  const other = others.get(card.instance);
  if (other === undefined || other.kind === 'failed') return card;
  if (other.kind === 'not-visible') return { ...card, path: undefined, hidden: true };
  const { reading } = other;
  if (reading.anchor === undefined && reading.ledger === undefined) return card;
  const state = stateNow(stageNowOf(reading));
  const same = state.versions === card.versions;
  return {
    ...card,
    ...state,
    promotedAt: false,
    note: [state.note, card.place === 'later' || same ? '' : ledgersWord(card)].filter(Boolean).join(', '),
  };
}

/** What this stage's ledger knows of a stage that runs something else now. */
function ledgersWord(card: StripStage): string {
  if (card.place === 'before') return card.versions === '' ? '' : `${card.versions} passed here`;
  if (card.note !== '') return card.note;
  const what = card.versions || 'the version';
  return card.status.label === 'Promoted'
    ? `${what} was promoted`
    : `${what}: ${card.status.label.toLowerCase()}`;
}

function stageNowOf({ anchor, ledger, repoURL, syncing, place }: StageReading): StageNow {
  const deliveries = ledger?.deliveries ?? [];
  const [newest] = deliveries;
  return {
    stage: anchor?.stage ?? (text(ledger?.stage) || place.application),
    anchor,
    runsNow: runsNow(ledger, anchor, syncing),
    newest: newest && deliveryView(newest, deliveries, repoURL),
    repoURL,
  };
}
