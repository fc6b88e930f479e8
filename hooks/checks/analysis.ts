/** Scored analysis: measures the objectives, compares with earlier deliveries of the stage, and scores them. */
import { parseCriterion } from '../../core/analysis/criterion.ts';
import { analyse, type AnalysisResult, type Objective } from '../../core/analysis/score.ts';
import { messageOf, StagelineError } from '../../core/errors.ts';
import type { CheckRecord, Ledger } from '../../core/ledger/types.ts';
import type { CheckOutcome, Figures } from '../../core/outcome.ts';
import type { AnalysisSpec } from '../../core/pipeline/schema.ts';
import { formatValue } from './format-value.ts';
import { deployedAt, freshSample } from './fresh-sample.ts';
import { loadFigure } from './load-figure.ts';
import type { CheckContext, SpecOf } from './types.ts';

const DEFAULT_TOTAL = { pass: 90, warning: 75 };
const SCORE_FIGURE = 'score';

/** What says nothing about the version but only about one figure; anything else leaves the analysis `errored`. */
const OBJECTIVE_PROBLEMS = new Set([
  'METRIC_MISSING',
  'METRIC_STALE',
  'METRIC_AMBIGUOUS',
  'METRIC_TOO_LARGE',
  'METRIC_NAN',
  'METRIC_REFUSED',
  'METRIC_ANSWER',
  'FIGURE_MISSING',
]);

/** The figures of the outcome are the objectives' values, which later deliveries are compared with, and `score`. */
export async function runAnalysis(spec: SpecOf<'analysis'>, context: CheckContext): Promise<CheckOutcome> {
  const measured = await Promise.all(spec.objectives.map((objective) => measure(spec, objective, context)));
  const values: Record<string, number> = {};
  const problems: Record<string, string> = {};
  for (const { name, value, problem } of measured) {
    if (value !== undefined) values[name] = value;
    if (problem !== undefined) problems[name] = problem;
  }
  const result = analyse(
    spec.objectives.map(objectiveOf),
    { ...DEFAULT_TOTAL, ...spec.totalScore },
    {
      values,
      problems,
      earlier: earlierValues(spec, context),
      aggregate: spec.comparison?.aggregate ?? 'avg',
    },
  );
  const figures: Figures = Object.fromEntries(
    Object.entries({ ...values, [SCORE_FIGURE]: result.score }).filter(([, value]) => Number.isFinite(value)),
  );
  const total = { ...DEFAULT_TOTAL, ...spec.totalScore };
  return {
    status: result.status === 'pass' ? 'passed' : result.status === 'warning' ? 'warning' : 'failed',
    message: summary(result),
    value: result.score,
    target: `>=${total.pass}`,
    figures,
  };
}

type ObjectiveSpec = AnalysisSpec['objectives'][number];

function objectiveOf(spec: ObjectiveSpec): Objective {
  return {
    name: spec.name,
    pass: criteriaSets(spec.pass),
    warning: criteriaSets(spec.warning),
    weight: spec.weight ?? 1,
    key: spec.key ?? false,
  };
}

function criteriaSets(sets: ObjectiveSpec['pass']): Objective['pass'] {
  return (sets ?? []).map((set) =>
    [set].flat().map((text) => {
      const criterion = parseCriterion(text);
      if (criterion) return criterion;
      throw new StagelineError(`"${text}" is no criterion`, {
        code: 'CRITERION_INVALID',
        hint: 'Write an operator and a number, such as "<600" or "<=+10%"',
      });
    }),
  );
}

interface Measurement {
  name: string;
  value?: number;
  problem?: string;
}

async function measure(
  spec: SpecOf<'analysis'>,
  objective: ObjectiveSpec,
  context: CheckContext,
): Promise<Measurement> {
  const { name } = objective;
  try {
    if ('load' in objective) return { name, value: loadFigure(context, objective) };
    const since = deployedAt(context);
    const seconds = Math.max(
      1,
      Math.round((context.hook.now() - (since ?? Date.parse(context.attempt.startedAt))) / 1000),
    );
    const query = objective.query.replaceAll('$DURATION_SECONDS', `${seconds}s`);
    const prometheus = objective.prometheus ?? spec.prometheus ?? '';
    const sample = await freshSample({ prometheus, query }, context, since);
    return { name, value: sample.value };
  } catch (error) {
    if (error instanceof StagelineError && OBJECTIVE_PROBLEMS.has(error.code)) {
      return { name, problem: messageOf(error) };
    }
    throw error;
  }
}

/** Values of the same objectives in earlier deliveries of the stage, newest first, as far as they count. */
function earlierValues(spec: SpecOf<'analysis'>, context: CheckContext): Record<string, number[]> {
  const { deliveries = 1, include = 'pass-or-warning' } = spec.comparison ?? {};
  const records = earlierRecords(context.ledger, context)
    .filter(({ status }) =>
      include === 'all'
        ? status === 'passed' || status === 'warning' || status === 'failed'
        : status === 'passed' || (include === 'pass-or-warning' && status === 'warning'),
    )
    .slice(0, deliveries);
  return Object.fromEntries(
    spec.objectives.map(({ name }) => [
      name,
      records.flatMap((record) => {
        const value = record.figures?.[name];
        return value === undefined ? [] : [value];
      }),
    ]),
  );
}

/** The last record of this analysis in each other delivery that is still kept whole. */
function earlierRecords(ledger: Ledger, context: CheckContext): CheckRecord[] {
  return ledger.deliveries
    .filter((delivery) => delivery.id !== context.delivery.id)
    .flatMap((delivery) => {
      const records = delivery.attempts
        .flatMap((attempt) => attempt.phases)
        .flatMap((phase) => phase.checks)
        .filter(
          (check) =>
            check.name === context.check.name && check.kind === 'analysis' && check.figures !== undefined,
        );
      return records.slice(-1);
    });
}

function summary(result: AnalysisResult): string {
  const notes = result.objectives
    .filter(({ status }) => status !== 'pass' && status !== 'info')
    .map(({ name, status, reason, key }) => `${name} ${status}${key ? ' (key)' : ''}: ${reason ?? ''}`);
  const detail = notes.length === 0 ? 'every objective passed' : notes.join('; ');
  return `score ${formatValue(result.score)} of 100; ${detail}`;
}
