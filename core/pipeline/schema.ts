/**
 * The pipeline file `stageline.yaml` as zod schemas; the published JSON Schema is made from them. Every field
 * here is read by a dialect, the plugin or the runner.
 */
import { z } from 'zod';
import { CheckSchema } from './check-schema.ts';
import { DnsLabel, Duration, InnerPath, oneOfFields, StringMap } from './fields.ts';

export const PIPELINE_API_VERSION = 'stageline.dev/v1';

const Steps = z
  .array(z.union([CheckSchema, z.array(CheckSchema).min(1)]))
  .meta({ description: 'Steps in order; a list inside the list runs in parallel.' });

const MoveSchema = z
  .strictObject({
    helmValues: z
      .strictObject({
        file: InnerPath.optional().meta({
          description: 'Values file in the stage path; {stage} is its name. Default values.yaml.',
        }),
        keys: z
          .array(z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/, 'must be a value key such as image.tag'))
          .min(1),
      })
      .optional(),
    kustomizeImages: z
      .strictObject({ file: InnerPath.optional(), names: z.array(z.string().min(1)).min(1) })
      .optional(),
    chartVersions: z
      .strictObject({ file: InnerPath.optional(), dependencies: z.array(z.string().min(1)).min(1) })
      .optional(),
    files: z.array(InnerPath).min(1).optional().meta({ description: 'Whole files, by path in the stage.' }),
  })
  .refine((move) => MOVE_KINDS.filter((kind) => move[kind] !== undefined).length === 1, {
    error: 'must have exactly one of helmValues, kustomizeImages, chartVersions, files',
  })
  .meta({ oneOf: oneOfFields(['helmValues', 'kustomizeImages', 'chartVersions', 'files']) });

export const MOVE_KINDS = ['helmValues', 'kustomizeImages', 'chartVersions', 'files'] as const;

const PushSchema = z.strictObject({
  merge: z
    .boolean()
    .optional()
    .meta({ description: 'Merge into the target branch at once; default true. Else the branch waits.' }),
});

const PromotionSchema = z
  .strictObject({
    push: PushSchema.optional(),
    branch: z.string().optional().meta({
      description:
        'Branch that the target stage is delivered from; default: the one that this stage came from.',
    }),
    secret: z.string().optional().meta({
      description:
        'Secret with username and token in the hook namespace; default stageline-git. Never a value.',
    }),
  })
  .refine((promotion) => promotion.push !== undefined, { error: 'must have a way: push' });

const HooksSchema = z
  .strictObject({
    image: z.string().optional(),
    serviceAccountName: z.string().optional(),
    imagePullSecrets: z.array(z.strictObject({ name: z.string().min(1) })).optional(),
    nodeSelector: StringMap.optional(),
    tolerations: z.array(z.record(z.string(), z.union([z.string(), z.number()]))).optional(),
    resources: z.strictObject({ requests: StringMap.optional(), limits: StringMap.optional() }).optional(),
    activeDeadline: Duration.optional().meta({ description: 'Of one hook Job; default 1h.' }),
  })
  .meta({ id: 'Hooks' });

export const StageSchema = z.strictObject({
  name: DnsLabel,
  application: z
    .string()
    .min(1)
    .meta({ description: 'Name of the Argo CD Application; <namespace>/<name> outside its namespace.' }),
  path: InnerPath.meta({ description: 'Path of the application in this repository.' }),
  after: z
    .union([DnsLabel, z.array(DnsLabel).min(1)])
    .optional()
    .meta({ description: 'The stage that this one follows; of several, each promotes by itself.' }),
  preDeployment: Steps.optional(),
  postDeployment: Steps.optional(),
  promotion: PromotionSchema.optional().meta({ description: 'How a version comes into this stage.' }),
  metadata: StringMap.optional().meta({ description: 'Attributes of this stage’s traces.' }),
  hooks: HooksSchema.optional(),
  inputs: z
    .array(InnerPath)
    .optional()
    .meta({ description: 'Further paths whose commits belong to this application.' }),
});

export const PipelineSchema = z.strictObject({
  apiVersion: z.literal(PIPELINE_API_VERSION),
  pipeline: DnsLabel.meta({ description: 'Name of the pipeline.' }),
  moves: z.array(MoveSchema).min(1).meta({ description: 'What moves from stage to stage.' }),
  hooks: HooksSchema.optional().meta({ description: 'Defaults of the hook Jobs of every stage.' }),
  stages: z.array(StageSchema).min(1),
});

export { CHECK_KINDS, CheckSchema } from './check-schema.ts';
export type { AnalysisSpec } from './analysis-schema.ts';
export type { Check, HttpSpec, LoadSpec, MetricSpec, TaskSpec, WaitForSpec } from './check-schema.ts';

export type Pipeline = z.output<typeof PipelineSchema>;
export type Stage = z.output<typeof StageSchema>;
export type Move = z.output<typeof MoveSchema>;
export type HookSettings = z.output<typeof HooksSchema>;
export type PromotionSettings = z.output<typeof PromotionSchema>;

/** The JSON Schema (draft 2020-12) of a pipeline file, for editors. */
export function pipelineJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(PipelineSchema, { io: 'input' }),
    $id: 'https://stageline.dev/schema/pipeline.json',
    title: 'Stageline pipeline file',
  };
}
