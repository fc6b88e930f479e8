/** Reads Keptn's slo.yaml into the objectives of a scored analysis. Queries are not in it; they are in sli.yaml. */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { StagelineError } from '../errors.ts';
import type { Aggregate } from './aggregate.ts';
import { parseCriterion } from './criterion.ts';
import type { CriteriaSets, Objective, TotalScore } from './score.ts';

export interface Comparison {
  /** How many earlier deliveries. */
  deliveries: number;
  /** Which of them by their own result. */
  include: 'all' | 'pass' | 'pass-or-warning';
  aggregate: Aggregate;
}

export interface Slo {
  objectives: Objective[];
  comparison: Comparison;
  total: TotalScore;
}

const Criteria = z.array(z.object({ criteria: z.array(z.string()) })).nullish();

const SloSchema = z.object({
  comparison: z
    .object({
      compare_with: z.enum(['single_result', 'several_results']).optional(),
      include_result_with_score: z.enum(['all', 'pass', 'pass_or_warn']).optional(),
      number_of_comparison_results: z.int().min(1).optional(),
      aggregate_function: z.enum(['avg', 'p50', 'p90', 'p95']).optional(),
    })
    .nullish(),
  objectives: z
    .array(
      z
        .object({
          sli: z.string().min(1),
          pass: Criteria,
          warning: Criteria,
          weight: z.number().min(0).optional(),
          key_sli: z.boolean().optional(),
        })
        .nullable(),
    )
    .nullish(),
  total_score: z.object({ pass: z.string().optional(), warning: z.string().optional() }).nullish(),
});

/** Keptn's code takes three where a comparison block is there without a number; its specification says one. */
const DEFAULT_SEVERAL = 3;
const INCLUDE = { all: 'all', pass: 'pass', pass_or_warn: 'pass-or-warning' } as const;

/** `file` is what errors name. Errors: `SLO_INVALID`. */
export function parseSlo(text: string, file: string): Slo {
  const document = parseDocument(text, { uniqueKeys: true });
  const [syntax] = document.errors;
  if (syntax) throw invalid(file, syntax.message.split('\n')[0] ?? 'is not YAML', syntax);
  const parsed = SloSchema.safeParse(document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is malformed'}`, parsed.error);
  }
  const { comparison, objectives, total_score: total } = parsed.data;
  const kept = (objectives ?? []).filter((objective) => objective !== null);
  if (kept.length === 0) throw invalid(file, 'has no objectives');
  return {
    objectives: kept.map((objective) => ({
      name: objective.sli,
      pass: criteriaSets(objective.pass, { file, sli: objective.sli }),
      warning: criteriaSets(objective.warning, { file, sli: objective.sli }),
      weight: objective.weight || 1,
      key: objective.key_sli ?? false,
    })),
    comparison: {
      deliveries:
        comparison?.compare_with === 'several_results'
          ? (comparison.number_of_comparison_results ?? DEFAULT_SEVERAL)
          : 1,
      include: INCLUDE[comparison?.include_result_with_score ?? 'all'],
      aggregate: comparison?.aggregate_function ?? 'avg',
    },
    total: {
      pass: percentage(total?.pass, { file, field: 'total_score.pass' }),
      warning: percentage(total?.warning ?? total?.pass, { file, field: 'total_score.warning' }),
    },
  };
}

function criteriaSets(sets: z.output<typeof Criteria>, place: { file: string; sli: string }): CriteriaSets {
  return (sets ?? []).map(({ criteria }) =>
    criteria.map((text) => {
      const criterion = parseCriterion(text);
      if (criterion) return criterion;
      throw invalid(place.file, `objective ${place.sli}: "${text}" is no criterion`);
    }),
  );
}

function percentage(text: string | undefined, place: { file: string; field: string }): number {
  const value = Number(/^\s*(\d+(?:\.\d+)?)\s*%?\s*$/.exec(text ?? '')?.[1] ?? Number.NaN);
  if (value >= 0 && value <= 100) return value;
  throw invalid(place.file, `${place.field} is ${text === undefined ? 'missing' : `"${text}"`}`);
}

function invalid(file: string, problem: string, cause?: unknown): StagelineError {
  return new StagelineError(`${file}: ${problem}`, {
    code: 'SLO_INVALID',
    hint: 'Mend the SLO file; criteria look like "<600" or "<=+10%", total scores like "90%"',
    cause,
  });
}
