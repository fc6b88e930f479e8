/** Scored analysis in the pipeline file. The rules are in core/analysis. */
import { z } from 'zod';
import { parseCriterion } from '../analysis/criterion.ts';
import { DnsLabel, HttpUrl, MetricHeaders } from './fields.ts';

const CriterionText = z
  .string()
  .refine((text) => parseCriterion(text) !== undefined, 'must be a criterion such as "<600" or "<=+10%"');

const CriteriaSets = z
  .array(z.union([CriterionText, z.array(CriterionText).min(1)]))
  .min(1)
  .meta({ description: 'One entry is enough; of a list inside the list every criterion must hold.' });

const common = {
  name: DnsLabel.refine((name) => name !== 'score', 'must not be "score", which is the total'),
  pass: CriteriaSets.optional().meta({ description: 'Without it the objective only informs.' }),
  warning: CriteriaSets.optional(),
  weight: z.number().positive().optional().meta({ description: 'Default 1.' }),
  key: z.boolean().optional().meta({ description: 'If it fails, the analysis fails.' }),
};

const Objective = z.union([
  z.strictObject({
    ...common,
    query: z
      .string()
      .min(1)
      .meta({ description: 'PromQL; $DURATION_SECONDS is the time since the deployment.' }),
    prometheus: HttpUrl.optional().meta({ description: 'Default: the one of the analysis.' }),
  }),
  z.strictObject({
    ...common,
    load: DnsLabel.meta({ description: 'Name of a load test that ran earlier in this delivery.' }),
    figure: z.enum(['mean', 'p50', 'p90', 'p95', 'p99', 'max', 'rate', 'errors', 'requests']),
  }),
]);

const Percentage = z.number().min(0).max(100);

export const AnalysisSpec = z
  .strictObject({
    prometheus: HttpUrl.optional(),
    headers: MetricHeaders,
    objectives: z.array(Objective).min(1),
    comparison: z
      .strictObject({
        deliveries: z.int().min(1).max(19).optional().meta({ description: 'Earlier deliveries; default 1.' }),
        include: z.enum(['all', 'pass', 'pass-or-warning']).optional().meta({
          description: 'Which of them, by their own result in this analysis; default pass-or-warning.',
        }),
        aggregate: z.enum(['avg', 'p50', 'p90', 'p95']).optional(),
      })
      .optional(),
    totalScore: z
      .strictObject({ pass: Percentage.optional(), warning: Percentage.optional() })
      .optional()
      .meta({ description: 'Percentages; defaults 90 and 75.' }),
  })
  .refine(
    (analysis) => new Set(analysis.objectives.map(({ name }) => name)).size === analysis.objectives.length,
    {
      error: 'must not have two objectives of one name',
    },
  )
  .refine(
    (analysis) =>
      analysis.prometheus !== undefined ||
      analysis.objectives.every((objective) => 'load' in objective || objective.prometheus !== undefined),
    { error: 'must have prometheus, since an objective has a query without one of its own' },
  );

export type AnalysisSpec = z.output<typeof AnalysisSpec>;
