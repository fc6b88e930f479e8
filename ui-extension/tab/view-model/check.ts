/** A check as the tab shows it: value against target in one unit, figures with theirs, a message of bounded length. */
import { formatDuration } from '../../../core/duration.ts';
import type { CheckRecord } from '../../../core/ledger/types.ts';
import { checkStatus, SKIPPED, type StatusView } from './status.ts';
import { isRecord, message, text } from './text.ts';
import { exactTime, parseTime, span } from './time.ts';

export interface CheckView {
  name: string;
  kind: string;
  workload: string;
  status: StatusView;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  /** Milliseconds; undefined while it runs. */
  took: number | undefined;
  /** `210ms, target < 250ms`; empty if it measured nothing. */
  measured: string;
  /** What the check said; not repeated where it only repeats `measured`. */
  message: string;
  /** `2 tries`, `from an earlier run`. */
  notes: string[];
  figures: { name: string; label: string; value: string }[];
  /** Of an analysis; its figures are the values of these. */
  objectives: { name: string; status: string; value: string; query: string; note: string }[];
  job: string;
  carried: boolean;
}

const KINDS: Record<string, string> = {
  task: 'Task',
  http: 'HTTP probe',
  metric: 'Evaluation',
  load: 'Load test',
  'wait-for': 'Wait',
  analysis: 'Analysis',
};

export function checkView(check: CheckRecord): CheckView {
  const startedAt = parseTime(check.startedAt);
  const finishedAt = parseTime(check.finishedAt);
  const kind = text(check.kind, 40);
  const carried = check.carried === true;
  const tries = typeof check.tries === 'number' && check.tries > 1 ? [`${check.tries} tries`] : [];
  return {
    name: text(check.name),
    kind: Object.hasOwn(KINDS, kind) ? (KINDS[kind] ?? kind) : kind,
    workload: text(check.workload),
    status: check.skipped === true ? SKIPPED : checkStatus(check.status),
    startedAt,
    finishedAt,
    took: span(startedAt, finishedAt),
    measured: measuredText(check.value, text(check.target, 60), kind === 'http' ? 'ms' : ''),
    message: message(check.message),
    notes: [...tries, ...(carried ? ['passed in an earlier run of this operation'] : [])],
    // Objectives of an analysis may have the names of a load test's figures, in units of their own.
    figures: figureViews(check.figures, kind === 'load'),
    objectives: objectiveViews(check.objectives),
    job: text(check.job, 253),
    carried,
  };
}

const TARGET = /^\s*(<=|>=|==|!=|<|>)\s*([^\s%a-z]+)\s*(%|us|ms|s|m|)\s*$/;

/**
 * The value in the unit of its target: values are recorded in base units (seconds, ratios). Without a target it
 * has the kind's own unit: a probe's value is its latency.
 */
export function measuredText(value: unknown, target: string, ownUnit = ''): string {
  const match = TARGET.exec(target);
  const readable = match ? `${match[1]} ${match[2]}${match[3]}` : target;
  if (typeof value !== 'number') return target === '' ? '' : `target ${readable}`;
  const shown = inUnit(value, match?.[3] || ownUnit);
  return target === '' ? shown : `${shown}, target ${readable}`;
}

const PER_BASE: Record<string, number> = { '%': 100, us: 1e6, ms: 1e3, s: 1, m: 1 / 60, '': 1 };

function inUnit(value: number, unit: string): string {
  return `${rounded(value * (PER_BASE[unit] ?? 1))}${unit}`;
}

/** Three significant digits, whole numbers in full. */
function rounded(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

const TIMES: [string, string][] = [
  ['mean', 'Mean'],
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['max', 'Slowest'],
];
const FIGURES: Record<string, { label: string; unit: (value: number) => string }> = {
  requests: { label: 'Requests', unit: rounded },
  rate: { label: 'Rate', unit: (value) => `${rounded(value)}/s` },
  errors: { label: 'Errors', unit: (value) => inUnit(value, '%') },
  ...Object.fromEntries(TIMES.map(([name, label]) => [name, { label, unit: secondsText }])),
};
const FIGURES_SHOWN = 40;

function figureViews(figures: unknown, units: boolean): CheckView['figures'] {
  if (!isRecord(figures)) return [];
  const order = Object.keys(FIGURES);
  const rank = (name: string): number => (order.indexOf(name) + order.length + 1) % (order.length + 1);
  return Object.entries(figures)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .slice(0, FIGURES_SHOWN)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([name, value]) => {
      const known = units && Object.hasOwn(FIGURES, name) ? FIGURES[name] : undefined;
      return {
        name: text(name, 60),
        label: known?.label ?? text(name, 60),
        value: known?.unit(value) ?? rounded(value),
      };
    });
}

function objectiveViews(objectives: unknown): CheckView['objectives'] {
  const list: unknown[] = Array.isArray(objectives) ? objectives : [];
  return list
    .slice(0, FIGURES_SHOWN)
    .filter(isRecord)
    .map((objective) => {
      const sampledAt = parseTime(objective['sampledAt']);
      return {
        name: text(objective['name'], 60),
        status: text(objective['status'], 20),
        value: measuredText(objective['value'], text(objective['target'], 120)),
        query: text(objective['query'], 400),
        note: [
          sampledAt === undefined ? '' : `sampled ${exactTime(sampledAt)}`,
          text(objective['reason'], 400),
        ]
          .filter(Boolean)
          .join(' · '),
      };
    });
}

/** Times of answers, in seconds: below one second with three digits, above as Argo CD writes durations. */
function secondsText(seconds: number): string {
  return seconds < 1
    ? `${rounded(seconds * 1000)}ms`
    : seconds < 10
      ? `${rounded(seconds)}s`
      : formatDuration(seconds * 1000);
}
