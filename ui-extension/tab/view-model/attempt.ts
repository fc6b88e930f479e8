/** An attempt as a waterfall: phases and checks as rows with bars in percent of the attempt's time. */
import type { AttemptRecord, PhaseRecord } from '../../../core/ledger/types.ts';
import { checkView, type CheckView } from './check.ts';
import { DEPLOYING, PENDING, runStatus, SKIPPED, type StatusView, type Tone } from './status.ts';
import { count, message, text } from './text.ts';
import { parseTime, span } from './time.ts';

export interface PhaseView {
  name: string;
  label: string;
  status: StatusView;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  took: number | undefined;
  message: string;
  job: string;
  checks: CheckView[];
  /** `3 checks passed`, `1 of 3 checks failed`; empty if it has none. */
  summary: string;
}

export interface AttemptView {
  /** Unique within the delivery. */
  key: string;
  /** Counted from 1, the oldest. */
  number: number;
  /** `retry 2` for a further run of the same operation; else empty. */
  retry: string;
  status: StatusView;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  message: string;
  phases: PhaseView[];
}

const PHASE_ORDER = ['pre-deployment', 'deployment', 'post-deployment', 'promotion'];
const PHASE_LABELS: Record<string, string> = {
  'pre-deployment': 'Pre-deployment',
  deployment: 'Deployment',
  'post-deployment': 'Post-deployment',
  promotion: 'Promotion',
};

/** `expected`: phases that an earlier attempt with the same checks had, shown as not started while this one runs. */
export function attemptView(
  attempt: AttemptRecord,
  number: number,
  expected: readonly string[],
): AttemptView {
  const phases = attempt.phases.map(phaseView);
  const running = attempt.status === 'running';
  const known = new Set(phases.map((phase) => phase.name));
  const missing = running ? ['deployment', ...expected].filter((name) => !known.has(name)) : [];
  const all = [...phases, ...[...new Set(missing)].map((name) => pendingPhase(name, phases))];
  return {
    key: `${text(attempt.operation)}/${attempt.run}`,
    number,
    retry: attempt.run > 1 ? `retry ${attempt.run - 1}` : '',
    status: runStatus(attempt.status),
    startedAt: parseTime(attempt.startedAt),
    finishedAt: parseTime(attempt.finishedAt),
    message: message(attempt.message),
    phases: all.sort((a, b) => order(a.name) - order(b.name)),
  };
}

function order(name: string): number {
  const index = PHASE_ORDER.indexOf(name);
  return index === -1 ? PHASE_ORDER.length : index;
}

const DEPLOYING_TEXT = 'Argo CD applies the manifests and waits for health';

export function phaseLabel(name: string): string {
  return Object.hasOwn(PHASE_LABELS, name) ? (PHASE_LABELS[name] ?? name) : name;
}

function phaseView(phase: PhaseRecord): PhaseView {
  const startedAt = parseTime(phase.startedAt);
  const finishedAt = parseTime(phase.finishedAt);
  const checks = phase.checks.map(checkView);
  const name = text(phase.name, 40);
  const deploying = name === 'deployment' && phase.status === 'running';
  return {
    name,
    label: phaseLabel(name),
    status: deploying ? DEPLOYING : runStatus(phase.status),
    startedAt,
    finishedAt,
    took: span(startedAt, finishedAt),
    message: message(phase.message),
    job: text(phase.job, 253),
    checks,
    summary: deploying ? DEPLOYING_TEXT : summaryOf(checks),
  };
}

/** Argo CD itself deploys between the hooks, and the ledger hears of it only afterwards. */
function pendingPhase(name: string, recorded: PhaseView[]): PhaseView {
  const last = recorded.at(-1);
  const deploying =
    name === 'deployment' && last?.name === 'pre-deployment' && last.status.tone === 'success';
  return {
    name,
    label: phaseLabel(name),
    status: deploying ? DEPLOYING : PENDING,
    startedAt: deploying ? last.finishedAt : undefined,
    finishedAt: undefined,
    took: undefined,
    message: '',
    job: '',
    checks: [],
    summary: deploying ? DEPLOYING_TEXT : '',
  };
}

function summaryOf(checks: CheckView[]): string {
  if (checks.length === 0) return '';
  const having = (...tones: Tone[]): number =>
    checks.filter((check) => tones.includes(check.status.tone)).length;
  const skipped = checks.filter((check) => check.status === SKIPPED).length;
  const passed = having('success', 'warning');
  if (having('failed') > 0) return `${having('failed')} of ${count(checks.length, 'check')} failed`;
  if (having('running') > 0)
    return `${checks.length - having('running')} of ${count(checks.length, 'check')} done`;
  if (passed + skipped < checks.length) return count(checks.length, 'check');
  return [passed > 0 ? `${count(passed, 'check')} passed` : '', skipped > 0 ? `${skipped} skipped` : '']
    .filter(Boolean)
    .join(', ');
}

export interface TimeRange {
  from: number;
  to: number;
}

/** The time that the waterfall spans: the attempt's own, up to `now` while it runs; at least one second. */
export function rangeOf(attempt: AttemptView, now: number): TimeRange {
  const parts = attempt.phases.flatMap((phase) => [phase, ...phase.checks.filter((check) => !check.carried)]);
  const starts = [attempt.startedAt, ...parts.map((part) => part.startedAt)].filter(isTime);
  const ends = [attempt.finishedAt, ...parts.map((part) => part.finishedAt)].filter(isTime);
  const from = least(starts) ?? now;
  const to = attempt.status.tone === 'running' ? Math.max(now, most(ends) ?? now) : (most(ends) ?? from);
  return { from, to: Math.max(to, from + 1000) };
}

function isTime(value: number | undefined): value is number {
  return value !== undefined;
}

function least(values: number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.min(a, b));
}

function most(values: number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b));
}

/** Where a bar stands, in percent of the range; undefined if it has not started or lies outside. */
export function barOf(
  part: { startedAt: number | undefined; finishedAt: number | undefined },
  range: TimeRange,
): { left: number; width: number } | undefined {
  if (part.startedAt === undefined) return undefined;
  const total = range.to - range.from;
  const start = Math.max(part.startedAt, range.from);
  const end = Math.min(part.finishedAt ?? range.to, range.to);
  if (end < start) return undefined;
  return { left: (100 * (start - range.from)) / total, width: (100 * (end - start)) / total };
}

const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500]
  .map((ms) => ms * 10)
  .concat(
    [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400].map(
      (s) => s * 1000,
    ),
  );

/** Round marks on the time axis, at most five besides the start and none so late that its text would be cut, in milliseconds from it. */
export function ticksOf(range: TimeRange): { at: number; left: number }[] {
  const total = range.to - range.from;
  const step =
    STEPS_MS.find((candidate) => total / candidate <= 5) ?? Math.ceil(total / 5 / 86_400_000) * 86_400_000;
  const ticks: { at: number; left: number }[] = [];
  for (let at = 0; at <= total * 0.9; at += step) ticks.push({ at, left: (100 * at) / total });
  return ticks;
}
