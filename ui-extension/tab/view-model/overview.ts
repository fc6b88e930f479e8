/** All pipelines that the user may see: which freight is in which stage. */
import type { DeliveryRecord, Ledger } from '../../../core/ledger/types.ts';
import type { HostApplication } from '../host.ts';
import type { Anchor } from './anchor.ts';
import { commitView, type CommitView } from './delivery.ts';
import { versionsOf, versionsText } from './freight.ts';
import { isSyncing, locateStage, repositoryOf, type StagePlace } from './locate.ts';
import { pendingView } from './pending.ts';
import { runsNow } from './runs-now.ts';
import {
  NOT_CHECKED,
  NOT_VISIBLE,
  promotionStatus,
  runStatus,
  status,
  VERIFIED_EARLIER,
  type StatusView,
} from './status.ts';
import { isRecord, text } from './text.ts';
import { parseTime } from './time.ts';

/** One application that is a stage, as far as it has been read. */
export interface StageReading {
  place: StagePlace;
  repoURL: string;
  /** Argo CD runs a sync, as far as its list says. */
  syncing: boolean;
  anchor: Anchor | undefined;
  ledger: Ledger | undefined;
  /** Why it could not be read; empty if it could, or has not been yet. */
  problem: string;
}

/** One application that is a stage, as Argo CD's list has it. */
export interface ListedStage extends Pick<StageReading, 'place' | 'repoURL' | 'syncing'> {
  /** Its last sync failed. */
  failed: boolean;
}

export interface Cell {
  status: StatusView;
  at: number | undefined;
  /** The anchor says that this freight runs here now. */
  runs: boolean;
  /** It has not come yet: the status is that of the promotion that brings it. */
  onItsWay: boolean;
}

export interface FreightLine {
  freight: string;
  versions: string;
  commit: CommitView;
  /** By stage, in the order of the stages; undefined where it never came. */
  cells: (Cell | undefined)[];
}

export interface PipelineView {
  pipeline: string;
  /** What it was made from. */
  readings: readonly StageReading[];
  stages: { name: string; path: string; status: StatusView; problem: string }[];
  lines: FreightLine[];
  /** Ledgers of the stages that no other follows. */
  last: Ledger[];
  /** For searching, in lower case. */
  words: string;
}

/** The applications of a list that Stageline renders, with where their objects stand. */
export function stagesOf(applications: readonly unknown[], controlPlaneNamespace: string): ListedStage[] {
  return applications.flatMap((raw) => {
    if (!isRecord(raw) || !usesStageline(raw)) return [];
    const application: HostApplication = {
      ...raw,
      status: {
        ...(isRecord(raw['status']) ? raw['status'] : {}),
        controllerNamespace: controlPlaneNamespace,
      },
    };
    const place = locateStage(application);
    if (place === undefined) return [];
    const phase = application.status?.operationState?.phase;
    return [
      {
        place,
        repoURL: repositoryOf(application),
        syncing: isSyncing(application),
        failed: phase === 'Failed' || phase === 'Error',
      },
    ];
  });
}

/**
 * Stages of one repository together, since they are likely to be of one pipeline; those repositories first in which
 * a sync failed.
 */
export function inReadingOrder(stages: readonly ListedStage[]): ListedStage[] {
  const failed = new Set(stages.filter((stage) => stage.failed).map(({ repoURL }) => repoURL));
  const rankOf = ({ repoURL }: ListedStage): number => (failed.has(repoURL) ? 0 : 1);
  const nameOf = ({ repoURL, place }: ListedStage): string =>
    [repoURL, place.appNamespace, place.application].join(' ');
  return [...stages].sort((a, b) => rankOf(a) - rankOf(b) || (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** The plugin is named `stageline`, with a version behind it where several are installed. */
function usesStageline(application: Record<string, unknown>): boolean {
  const spec = isRecord(application['spec']) ? application['spec'] : {};
  const sources = Array.isArray(spec['sources']) ? spec['sources'] : [spec['source']];
  return sources.some(
    (source) =>
      isRecord(source) &&
      isRecord(source['plugin']) &&
      /^stageline(-|$)/.test(text(source['plugin']['name'])),
  );
}

/**
 * Pipelines by name, those with trouble first, then those that wait for somebody; stages in the order in which
 * versions went through them. Of `before`, views stay whose stages have not been read again: they need not be drawn
 * anew.
 */
export function pipelineViews(
  readings: readonly StageReading[],
  before: readonly PipelineView[] = [],
): PipelineView[] {
  const known = new Map(before.map((view) => [view.pipeline, view]));
  const groups = new Map<string, StageReading[]>();
  for (const reading of readings) {
    const name = reading.anchor?.pipeline ?? (text(reading.ledger?.pipeline) || '');
    groups.set(name, [...(groups.get(name) ?? []), reading]);
  }
  return [...groups]
    .map(([name, group]) => {
      const view = known.get(name);
      return view && sameReadings(view.readings, group) ? view : pipelineView(name, group);
    })
    .sort((a, b) => rank(a) - rank(b) || (a.pipeline < b.pipeline ? -1 : 1));
}

function sameReadings(one: readonly StageReading[], other: readonly StageReading[]): boolean {
  return one.length === other.length && one.every((reading, index) => reading === other[index]);
}

const RANKS: Record<string, number> = { failed: 0, warning: 1, waiting: 2, running: 3 };

function rank({ stages, lines }: PipelineView): number {
  const newest = lines[0]?.cells.flatMap((cell) => (cell === undefined ? [] : [cell.status])) ?? [];
  return Math.min(
    ...[...stages.map(({ status: own }) => own), ...newest].map(({ tone }) => RANKS[tone] ?? 4),
  );
}

const LINES_SHOWN = 6;

function pipelineView(pipeline: string, group: StageReading[]): PipelineView {
  const ordered = inOrder(group);
  const names = new Set(group.map(stageName));
  const lines = freightLines(ordered);
  return {
    pipeline,
    readings: group,
    stages: ordered.map((reading) => ({
      name: stageName(reading),
      path: `applications/${reading.place.appNamespace}/${reading.place.application}`,
      status: stageStatus(reading),
      problem: reading.problem,
    })),
    lines: lines.slice(0, LINES_SHOWN),
    last: ordered.flatMap((reading) =>
      reading.ledger && nextOf(reading).every((target) => !names.has(target)) ? [reading.ledger] : [],
    ),
    words: [
      pipeline,
      ...ordered.flatMap((reading) => [stageName(reading), reading.place.application, reading.place.project]),
      ...lines.flatMap((line) => [line.versions, line.commit.id, line.commit.subject, line.commit.author]),
    ]
      .join(' ')
      .toLowerCase(),
  };
}

function stageName(reading: StageReading): string {
  return reading.anchor?.stage ?? (text(reading.ledger?.stage) || reading.place.application);
}

function stageStatus(reading: StageReading): StatusView {
  if (reading.problem !== '') return NOT_VISIBLE;
  const compared = reading.ledger && runsNow(reading.ledger, reading.anchor, reading.syncing).kind;
  if (compared === 'not-checked') return NOT_CHECKED;
  if (compared === 'verified-earlier') return VERIFIED_EARLIER;
  const newest = reading.ledger?.deliveries[0];
  return newest ? runStatus(newest.status) : status('unknown', 'No deliveries', 'circle');
}

/** Stages that come right after this one, as far as its ledger tells. */
function nextOf(reading: StageReading): string[] {
  return (reading.ledger?.deliveries ?? []).flatMap((delivery) =>
    delivery.promotions.map((promotion) => text(promotion.target)),
  );
}

/** Each stage after those that its versions came through; stages of one rank by name. */
function inOrder(group: StageReading[]): StageReading[] {
  const before = new Map<string, Set<string>>(group.map((reading) => [stageName(reading), new Set()]));
  for (const reading of group) {
    const name = stageName(reading);
    for (const target of nextOf(reading)) before.get(target)?.add(name);
    for (const entry of reading.ledger?.deliveries[0]?.ancestry ?? [])
      before.get(name)?.add(text(entry.stage));
  }
  const depths = new Map<string, number>();
  const depth = (name: string, path: readonly string[]): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    // A hostile ledger may name a circle.
    if (path.includes(name)) return 0;
    const deepest = Math.max(
      0,
      ...[...(before.get(name) ?? [])]
        .filter((other) => before.has(other))
        .map((other) => depth(other, [...path, name]) + 1),
    );
    depths.set(name, deepest);
    return deepest;
  };
  return [...group].sort((a, b) => {
    const [first, second] = [stageName(a), stageName(b)];
    return depth(first, []) - depth(second, []) || (first < second ? -1 : 1);
  });
}

/** The freights that are or were in the stages, the newest first. */
function freightLines(ordered: StageReading[]): FreightLine[] {
  const newest = new Map<string, { delivery: DeliveryRecord; repoURL: string; at: number }>();
  for (const { ledger, repoURL } of ordered) {
    for (const delivery of ledger?.deliveries ?? []) {
      const at = parseTime(delivery.openedAt) ?? 0;
      // The first stage's delivery stands for the freight: its commit is the origin.
      const known = newest.get(delivery.freight.id);
      if (known === undefined || at < known.at) newest.set(delivery.freight.id, { delivery, repoURL, at });
    }
  }
  return [...newest]
    .sort(([, a], [, b]) => b.at - a.at)
    .map(([freight, { delivery, repoURL }]) => ({
      freight: text(freight, 64),
      versions: versionsText(versionsOf(delivery)),
      commit: commitView(delivery.commit, repoURL),
      cells: ordered.map((reading) => cellOf(reading, freight) ?? comingCell(ordered, reading, freight)),
    }));
}

/** A freight that waits before a stage, or was kept from it. */
function comingCell(ordered: StageReading[], stage: StageReading, freight: string): Cell | undefined {
  const name = stageName(stage);
  for (const { ledger } of ordered) {
    const delivery = ledger?.deliveries.find((candidate) => candidate.freight.id === freight);
    const promotion = delivery?.promotions.find(({ target }) => text(target) === name);
    if (promotion === undefined) continue;
    return {
      status: pendingView(promotion)?.status ?? promotionStatus(promotion.status),
      at: parseTime(promotion.settledAt) ?? parseTime(promotion.startedAt),
      runs: false,
      onItsWay: true,
    };
  }
  return undefined;
}

function cellOf(reading: StageReading, freight: string): Cell | undefined {
  const delivery = reading.ledger?.deliveries.find((candidate) => candidate.freight.id === freight);
  const runs = reading.anchor?.freight === freight;
  if (!delivery) return runs ? { status: NOT_CHECKED, at: undefined, runs, onItsWay: false } : undefined;
  return {
    onItsWay: false,
    status: runStatus(delivery.status),
    at: parseTime(delivery.closedAt) ?? parseTime(delivery.openedAt),
    runs,
  };
}
