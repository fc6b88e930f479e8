/** How each status reads and looks: a word, a tone (Argo CD's state colours) and an icon. Never colour alone. */

export type Tone = 'success' | 'running' | 'failed' | 'warning' | 'waiting' | 'unknown';
export type StatusIcon = 'check' | 'cross' | 'alert' | 'notch' | 'pause' | 'question' | 'ban' | 'circle';

export interface StatusView {
  tone: Tone;
  icon: StatusIcon;
  label: string;
  /** Where there is little room. */
  brief: string;
}

const ICONS: Record<Tone, StatusIcon> = {
  success: 'check',
  running: 'notch',
  failed: 'cross',
  warning: 'alert',
  waiting: 'pause',
  unknown: 'question',
};

export function status(tone: Tone, label: string, icon: StatusIcon = ICONS[tone]): StatusView {
  return { tone, label, icon, brief: label };
}

export const PENDING = status('unknown', 'Not started', 'circle');
/** Its condition did not hold. */
export const SKIPPED = status('unknown', 'Skipped', 'ban');
export const NOT_CHECKED = status('warning', 'Not checked', 'question');
export const VERIFIED_EARLIER = status('success', 'Verified earlier');
export const NOT_VISIBLE = status('unknown', 'Not visible', 'ban');
export const DEPLOYING = status('running', 'Deploying');

type StatusTable = Record<string, StatusView>;

const RUN: StatusTable = {
  running: status('running', 'Running'),
  succeeded: status('success', 'Succeeded'),
  failed: status('failed', 'Failed'),
  errored: status('failed', 'Error', 'alert'),
  abandoned: status('unknown', 'Abandoned', 'ban'),
};

const CHECK: StatusTable = {
  ...RUN,
  passed: status('success', 'Passed'),
  warning: status('warning', 'Warning'),
};

const PROMOTION: StatusTable = {
  intended: status('running', 'Under way'),
  waiting: status('waiting', 'Waiting for merge'),
  done: status('success', 'Promoted'),
  unchanged: status('success', 'Nothing to change'),
  failed: status('failed', 'Failed'),
  rejected: status('failed', 'Rejected', 'ban'),
  expired: status('unknown', 'Expired', 'ban'),
  superseded: status('unknown', 'Superseded', 'ban'),
};

/** Status of a delivery, an attempt or a phase. A word that a newer release brought is shown as it is. */
export function runStatus(value: unknown): StatusView {
  return lookUp(RUN, value);
}

export function checkStatus(value: unknown): StatusView {
  return lookUp(CHECK, value);
}

const PENDING_PROMOTION: StatusTable = {
  approval: status('waiting', 'Waiting for approval'),
  soak: status('waiting', 'Soaking'),
  window: status('waiting', 'Waiting for its window'),
  hold: status('waiting', 'On hold'),
};

/** Its Job takes the stage back when its time has come, unless a later attempt succeeds before. */
export const ROLLBACK_DUE = status('waiting', 'Planned');

/** It was let go, and its Job has not reported yet. */
export const CARRIED_OUT = status('running', 'Being carried out');

/** Status of a promotion that waits outside any sync, by what it waits for. */
export function pendingStatus(waitsFor: unknown): StatusView {
  const known = lookUp(PENDING_PROMOTION, waitsFor);
  return known.tone === 'waiting' ? known : status('waiting', 'Waiting');
}

export function promotionStatus(value: unknown): StatusView {
  return lookUp(PROMOTION, value);
}

const ROLLBACK: StatusTable = {
  ...PROMOTION,
  done: status('success', 'Rolled back'),
  unchanged: status('success', 'Not needed'),
};

export function rollbackStatus(value: unknown): StatusView {
  return lookUp(ROLLBACK, value);
}

function lookUp(table: StatusTable, value: unknown): StatusView {
  if (typeof value !== 'string' || value === '') return status('unknown', 'Unknown');
  return Object.hasOwn(table, value) ? (table[value] ?? PENDING) : status('unknown', value.slice(0, 40));
}
