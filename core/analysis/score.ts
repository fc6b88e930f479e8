/**
 * Scored analysis: weighted objectives with pass and warning criteria, judged alone and together. The rules are
 * those of Keptn's SLO files; where their text and code contradict each other, docs/adr/0006-scored-analysis.md says what holds here.
 */
import { aggregateOf, type Aggregate } from './aggregate.ts';
import { limitOf, meetsLimit, type Criterion } from './criterion.ts';

/** All of one list must hold; of several lists one is enough. Empty: the objective only informs. */
export type CriteriaSets = Criterion[][];

export interface Objective {
  name: string;
  pass: CriteriaSets;
  warning: CriteriaSets;
  weight: number;
  /** If it fails, everything fails. */
  key: boolean;
}

export interface TotalScore {
  /** Percentages from 0 to 100. */
  pass: number;
  warning: number;
}

export type ObjectiveStatus = 'pass' | 'warning' | 'fail' | 'info';

export interface ObjectiveResult {
  name: string;
  status: ObjectiveStatus;
  /** Share of the objective's weight. */
  score: number;
  value: number | undefined;
  /** What earlier deliveries had; undefined if there is nothing to compare with. */
  earlier: number | undefined;
  key: boolean;
  /** Why it is not `pass`. */
  reason?: string;
}

export interface AnalysisResult {
  status: 'pass' | 'warning' | 'fail';
  /** From 0 to 100. */
  score: number;
  objectives: ObjectiveResult[];
}

export interface Measured {
  /** By objective; one that is missing here or not finite fails its objective. */
  values: Readonly<Record<string, number>>;
  /** Values of earlier deliveries by objective, in any order. */
  earlier: Readonly<Record<string, readonly number[]>>;
  /** Why a value is missing, by objective. */
  problems?: Readonly<Record<string, string>>;
}

/** Judges the objectives and their total. Pure. */
export function analyse(
  objectives: readonly Objective[],
  total: TotalScore,
  measured: Measured & { aggregate: Aggregate },
): AnalysisResult {
  const results = objectives.map((objective) => judge(objective, measured));
  const scored = objectives.filter((objective) => objective.pass.length > 0);
  const best = scored.reduce((sum, objective) => sum + objective.weight, 0);
  const reached = results.reduce((sum, result) => sum + result.score, 0);
  // With nothing to score, figures that are there inform; one that is missing must not look like a full score.
  const unscored = results.some((result) => result.status === 'fail') ? 0 : 100;
  const score = best === 0 ? unscored : (100 * reached) / best;
  return { status: statusOf(results, score, total), score, objectives: results };
}

function statusOf(
  results: readonly ObjectiveResult[],
  score: number,
  total: TotalScore,
): AnalysisResult['status'] {
  if (results.length === 0) return 'fail';
  if (results.some((result) => result.key && result.status === 'fail')) return 'fail';
  if (score >= total.pass) return 'pass';
  return score >= total.warning ? 'warning' : 'fail';
}

function judge(objective: Objective, measured: Measured & { aggregate: Aggregate }): ObjectiveResult {
  const { name, weight, key } = objective;
  const value = measured.values[name];
  const finite = (measured.earlier[name] ?? []).filter((past) => Number.isFinite(past));
  const earlier = aggregateOf(finite, measured.aggregate);
  const result = { name, value, earlier, key };
  if (value === undefined || !Number.isFinite(value)) {
    const reason =
      measured.problems?.[name] ?? (value === undefined ? 'there is no value' : `the value is ${value}`);
    // Also where it only informs: a figure that is expected and missing is worth a failure, never a pass.
    return { ...result, status: 'fail', score: 0, reason };
  }
  if (objective.pass.length === 0) return { ...result, status: 'info', score: 0 };
  const missed = missedCriteria(objective.pass, value, earlier);
  if (missed === undefined) return { ...result, status: 'pass', score: weight };
  const isWarning =
    objective.warning.length > 0 && missedCriteria(objective.warning, value, earlier) === undefined;
  return isWarning
    ? { ...result, status: 'warning', score: weight / 2, reason: missed }
    : { ...result, status: 'fail', score: 0, reason: missed };
}

/** Undefined if one of the sets holds, else why the first does not. */
function missedCriteria(sets: CriteriaSets, value: number, earlier: number | undefined): string | undefined {
  const misses = sets.map((set) => set.find((criterion) => !holds(criterion, value, earlier)));
  if (misses.includes(undefined)) return undefined;
  const [first] = misses;
  if (!first) return undefined;
  const limit = limitOf(first, earlier);
  const from = first.kind === 'absolute' ? '' : ` (${first.text} of ${round(earlier)})`;
  return `${round(value)} is not ${first.operator} ${round(limit)}${from}`;
}

/** A criterion relative to nothing holds: the first delivery of a stage cannot be worse than those before it. */
function holds(criterion: Criterion, value: number, earlier: number | undefined): boolean {
  const limit = limitOf(criterion, earlier);
  return limit === undefined || meetsLimit(value, criterion.operator, limit);
}

function round(value: number | undefined): string {
  return value === undefined ? 'nothing' : String(Number(value.toPrecision(6)));
}
