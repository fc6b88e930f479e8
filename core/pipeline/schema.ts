/**
 * The pipeline file `stageline.yaml` as zod schemas; the published JSON Schema is made from them. Every field
 * here is read by a dialect, the plugin or the runner.
 */
import { z } from 'zod';
import { CheckSchema } from './check-schema.ts';
import { DnsLabel, Duration, HttpUrl, InnerPath, oneOfFields, StringMap } from './fields.ts';
import { PromotionSchema, RollbackSchema } from './promotion-schema.ts';

export const PIPELINE_API_VERSION = 'stageline.dev/v1';

const Steps = z
  .array(z.union([CheckSchema, z.array(CheckSchema).min(1)]))
  .meta({ description: 'Steps in order; a list inside the list runs in parallel.' });

const Create = z.boolean().optional().meta({
  description:
    'Add what the next stage’s file does not have yet; default false: that it is missing is an error.',
});

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
        create: Create,
      })
      .optional(),
    kustomizeImages: z
      .strictObject({ file: InnerPath.optional(), names: z.array(z.string().min(1)).min(1), create: Create })
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
  applications: z.array(z.string().min(1)).min(1).optional().meta({
    description:
      'All Applications of a stage on several clusters, `application` among them; it is verified when all are.',
  }),
  after: z
    .union([
      DnsLabel,
      z.array(DnsLabel).min(1),
      z.strictObject({ any: z.array(DnsLabel).min(1) }),
      z.strictObject({ all: z.array(DnsLabel).min(1) }),
    ])
    .optional()
    .meta({
      description:
        'The stage that this one follows. Of a list, or of `any`, each promotes by itself; of `all` the last one does, when every one has verified the version.',
    }),
  preDeployment: Steps.optional(),
  postDeployment: Steps.optional(),
  promotion: PromotionSchema.optional().meta({ description: 'How a version comes into this stage.' }),
  rollback: RollbackSchema.optional().meta({
    description: 'Restore this stage’s last verified version when one fails here.',
  }),
  metadata: StringMap.optional().meta({ description: 'Attributes of this stage’s traces.' }),
  revision: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Raise it to have the version that runs verified again, as a new delivery.' }),
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
  links: z
    .strictObject({
      trace: HttpUrl.optional().meta({ description: 'Address of a trace; {traceId} is filled in.' }),
      commit: HttpUrl.optional().meta({
        description: 'Address of a commit; {commit} is filled in. Default: by the repository’s own address.',
      }),
    })
    .optional()
    .meta({ description: 'Where pull requests and commits link to.' }),
  stages: z.array(StageSchema).min(1),
});

export { CHECK_KINDS, CheckSchema } from './check-schema.ts';
export type { AnalysisSpec } from './analysis-schema.ts';
export type { Check, HttpSpec, LoadSpec, MetricSpec, TaskSpec, WaitForSpec } from './check-schema.ts';

export type Pipeline = z.output<typeof PipelineSchema>;
export type Stage = z.output<typeof StageSchema>;
export type Move = z.output<typeof MoveSchema>;
export type HookSettings = z.output<typeof HooksSchema>;
export type { PromotionSettings, RollbackSettings, WindowSettings } from './promotion-schema.ts';

/** The JSON Schema (draft 2020-12) of a pipeline file, for editors. */
export function pipelineJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(PipelineSchema, { io: 'input' }),
    $id: 'https://stageline.dev/schema/pipeline.json',
    title: 'Stageline pipeline file',
  };
}
