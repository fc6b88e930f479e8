/** Linked traces: from this delivery back through every stage to the commit that it began with. */
import type { DeliveryRecord } from '../../../core/ledger/types.ts';
import { commitView, type CommitView, type DeliveryView } from './delivery.ts';
import { applicationPath, traceLink } from './links.ts';
import { status, type StatusView } from './status.ts';
import { text } from './text.ts';
import { parseTime, span } from './time.ts';

export interface ChainLink {
  key: string;
  stage: string;
  isThis: boolean;
  status: StatusView;
  commit: CommitView;
  openedAt: number | undefined;
  /** When it was promoted; of this stage, when it ended. */
  doneAt: number | undefined;
  /** Milliseconds in this stage. */
  took: number | undefined;
  /** Milliseconds from the origin commit until it was done here. */
  leadTime: number | undefined;
  traceId: string;
  traceLink: string | undefined;
  path: string | undefined;
  /** Instance name of its application; empty for this stage. */
  instance: string;
}

export interface Chain {
  /** This stage first, the origin last. */
  links: ChainLink[];
  /** The commit that the chain began with, if it is not of this stage alone. */
  origin: CommitView | undefined;
  originAt: number | undefined;
}

export interface ChainOptions {
  stage: string;
  repoURL: string;
  controlPlaneNamespace: string;
  /** Address of a trace in a trace UI, with `{traceId}` in it. */
  traceUrlTemplate: unknown;
}

export function chainOf(delivery: DeliveryRecord, view: DeliveryView, options: ChainOptions): Chain {
  const first = delivery.ancestry[0];
  const origin = first ? commitView({ ...first, id: first.commit }, options.repoURL) : view.commit;
  const originAt = origin.committedAt ?? (first ? parseTime(first.openedAt) : view.openedAt);
  const before = delivery.ancestry.map((entry, index): ChainLink => {
    const openedAt = parseTime(entry.openedAt);
    const doneAt = parseTime(entry.promotedAt);
    const traceId = traceIdOf(entry.traceparent);
    return {
      key: String(index),
      stage: text(entry.stage),
      isThis: false,
      status: status('success', 'Passed'),
      commit: commitView({ ...entry, id: entry.commit }, options.repoURL),
      openedAt,
      doneAt,
      took: span(openedAt, doneAt),
      leadTime: span(originAt, doneAt),
      traceId,
      traceLink: traceLink(options.traceUrlTemplate, traceId),
      path: applicationPath(entry.application, options.controlPlaneNamespace),
      instance: text(entry.application, 253),
    };
  });
  const here: ChainLink = {
    key: 'this',
    stage: options.stage,
    isThis: true,
    status: view.status,
    commit: view.commit,
    openedAt: view.openedAt,
    doneAt: view.closedAt,
    took: view.took,
    leadTime: span(originAt, view.closedAt),
    traceId: view.traceId,
    traceLink: traceLink(options.traceUrlTemplate, view.traceId),
    path: undefined,
    instance: '',
  };
  return { links: [here, ...before.reverse()], origin, originAt };
}

/** The trace id of a W3C traceparent; empty for anything malformed. */
export function traceIdOf(traceparent: unknown): string {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(text(traceparent))?.[1] ?? '';
}
