/** The stage's history: deliveries that are kept whole, then the lines that are left of older ones. */
import type { DeliveryRecord, HistoryLine, Ledger } from '../../../core/ledger/types.ts';
import { earlierAttempts } from './delivery.ts';
import { versionsOf, versionsText } from './freight.ts';
import { commitLink } from './links.ts';
import { runStatus, type StatusView } from './status.ts';
import { authorName, shortCommit, text } from './text.ts';
import { parseTime, span } from './time.ts';

export interface HistoryRow {
  id: string;
  status: StatusView;
  openedAt: number | undefined;
  took: number | undefined;
  commit: string;
  commitLink: string | undefined;
  subject: string;
  author: string;
  /** Versions, or the freight's id where only a line is left. */
  versions: string;
  attempts: number;
  /** Kept whole, so it can be opened. */
  whole: boolean;
  traceId: string;
}

export const PAGE_SIZE = 10;

export interface HistoryPage {
  rows: HistoryRow[];
  /** Counted from 0. */
  page: number;
  pages: number;
}

/** Deliveries of a ledger, those that are one line included. */
export function historyLength(ledger: Ledger): number {
  return ledger.deliveries.length + ledger.history.length;
}

/** One page of the history; a page that is no longer there is the last one. */
export function historyPage(ledger: Ledger, repoURL: string, wanted: number): HistoryPage {
  const pages = Math.max(1, Math.ceil(historyLength(ledger) / PAGE_SIZE));
  const page = Math.min(Math.max(0, wanted), pages - 1);
  const from = page * PAGE_SIZE;
  const whole = ledger.deliveries.slice(from, from + PAGE_SIZE);
  const start = Math.max(0, from - ledger.deliveries.length);
  const lines = ledger.history.slice(start, start + PAGE_SIZE - whole.length);
  return {
    rows: [
      ...whole.map((delivery) => wholeRow(delivery, repoURL)),
      ...lines.map((line) => lineRow(line, repoURL)),
    ],
    page,
    pages,
  };
}

function wholeRow(delivery: DeliveryRecord, repoURL: string): HistoryRow {
  const openedAt = parseTime(delivery.openedAt);
  return {
    id: text(delivery.id, 64),
    status: runStatus(delivery.status),
    openedAt,
    took: span(openedAt, parseTime(delivery.closedAt)),
    commit: shortCommit(delivery.commit.id),
    commitLink: commitLink(repoURL, text(delivery.commit.id)),
    subject: text(delivery.commit.subject, 120),
    author: authorName(delivery.commit.author),
    versions: versionsText(versionsOf(delivery)),
    attempts: delivery.attempts.length + earlierAttempts(delivery),
    whole: true,
    traceId: delivery.traceId,
  };
}

function lineRow(line: HistoryLine, repoURL: string): HistoryRow {
  const openedAt = parseTime(line.openedAt);
  return {
    id: text(line.id, 64),
    status: runStatus(line.status),
    openedAt,
    took: span(openedAt, parseTime(line.closedAt)),
    commit: shortCommit(line.commit),
    commitLink: commitLink(repoURL, text(line.commit)),
    subject: text(line.subject, 120),
    author: '',
    versions: text(line.freight, 20) && `freight ${text(line.freight, 20)}`,
    attempts: typeof line.attempts === 'number' ? line.attempts : 1,
    whole: false,
    traceId: text(line.traceId, 32),
  };
}
