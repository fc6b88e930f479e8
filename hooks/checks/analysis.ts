/** Scored analysis: measures the objectives, compares with earlier deliveries of the stage, and scores them. */
import { parseCriterion } from '../../core/analysis/criterion.ts';
import {
  analyse,
  type AnalysisResult,
  type Objective,
  type ObjectiveResult,
} from '../../core/analysis/score.ts';
import { messageOf, StagelineError } from '../../core/errors.ts';
import type { CheckRecord, Ledger } from '../../core/ledger/types.ts';
import type { CheckOutcome, Figures, ObjectiveOutcome } from '../../core/outcome.ts';
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
    objectives: result.objectives.map((judged, index) =>
      outcomeOf(judged, { spec: spec.objectives[index], measured: measured[index] }),
    ),
  };
}

function outcomeOf(
  { name, status, value, reason }: ObjectiveResult,
  of: { spec: ObjectiveSpec | undefined; measured: Measurement | undefined },
): ObjectiveOutcome {
  const target = targetText(of.spec?.pass);
  const at = of.measured?.at;
  return {
    name,
    status,
    query: of.measured?.query ?? '',
    ...(value !== undefined && Number.isFinite(value) ? { value } : {}),
    ...(target === '' ? {} : { target }),
    ...(at === undefined ? {} : { sampledAt: at }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Alternatives, each of criteria that hold together. */
function targetText(sets: ObjectiveSpec['pass']): string {
  return (sets ?? []).map((set) => [set].flat().join(' and ')).join(' or ');
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
  /** What was asked. */
  query: string;
  value?: number;
  /** When the value was sampled, RFC 3339. */
  at?: string;
  problem?: string;
}

async function measure(
  spec: SpecOf<'analysis'>,
  objective: ObjectiveSpec,
  context: CheckContext,
): Promise<Measurement> {
  const { name } = objective;
  const since = deployedAt(context);
  let query = 'load' in objective ? `${objective.figure} of load test "${objective.load}"` : objective.query;
  try {
    if ('load' in objective) return { name, query, ...loadFigure(context, objective) };
    // The time since the deployment grows while its first samples are waited for.
    const ask = (): string => {
      query = withDuration(objective.query, context, since);
      return query;
    };
    const prometheus = objective.prometheus ?? spec.prometheus ?? '';
    const { value, time } = await freshSample(
      { prometheus, headers: spec.headers, query: ask },
      context,
      since,
    );
    return { name, query, value, ...(time === undefined ? {} : { at: new Date(time * 1000).toISOString() }) };
  } catch (error) {
    if (error instanceof StagelineError && OBJECTIVE_PROBLEMS.has(error.code)) {
      return { name, query, problem: messageOf(error) };
    }
    throw error;
  }
}

/** The time since the deployment, or since the attempt began where there was none yet. */
function withDuration(query: string, context: CheckContext, since: number | undefined): string {
  const from = since ?? Date.parse(context.attempt.startedAt);
  const seconds = Math.max(1, Math.round((context.hook.now() - from) / 1000));
  return query.replaceAll('$DURATION_SECONDS', `${seconds}s`);
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
