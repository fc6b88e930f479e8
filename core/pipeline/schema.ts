/**
 * The pipeline file `stageline.yaml` as zod schemas; the published JSON Schema is made from them. Every field
 * here is read by a dialect, the plugin or the runner.
 */
import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import { parseTarget } from '../target.ts';

export const PIPELINE_API_VERSION = 'stageline.dev/v1';

/** A refinement has no words in JSON Schema; this says the same to editors. */
function oneOfFields(fields: readonly string[]): { required: string[] }[] {
  return fields.map((field) => ({ required: [field] }));
}

const DnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/,
    'must be a DNS label of at most 50 characters: a-z, 0-9 and inner dashes',
  );

const Duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'must be a duration such as 500ms, 30s, 5m or 1h')
  .meta({ description: 'A duration: a number and one of ms, s, m, h, d.', examples: ['30s'] });

const TargetText = z
  .string()
  .refine((text) => parseTarget(text) !== undefined, 'must be a target such as "<0.25", ">=99%" or "<250ms"')
  .meta({
    description: 'An operator (<, <=, >, >=, ==, !=), a number, and perhaps a unit (%, us, ms, s, m).',
  });

/** A path inside the repository or a stage: relative, without `..`. */
const InnerPath = z
  .string()
  .min(1)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..'),
    'must be a relative path without ".."',
  );

const HttpUrl = z
  .string()
  .refine(
    (text) => /^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text),
    'must be an http or https address',
  );

const StringMap = z.record(z.string(), z.string());

const TaskSpec = z.strictObject({
  image: z.string().min(1).meta({ description: 'Container image of the task.' }),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: StringMap.optional().meta({
    description: 'Environment variables; never secrets, which belong into envFrom.',
  }),
  envFrom: z
    .array(z.strictObject({ secretRef: z.strictObject({ name: z.string().min(1) }) }))
    .optional()
    .meta({
      description: 'Secrets of the hook namespace whose keys become environment variables of the task.',
    }),
  serviceAccountName: z.string().optional().meta({ description: 'Default: none, and no token is mounted.' }),
});

const HttpSpec = z.strictObject({
  url: HttpUrl,
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).optional(),
  headers: StringMap.optional(),
  body: z.string().optional(),
  expect: z
    .strictObject({
      status: z
        .union([z.int(), z.array(z.int()).min(1)])
        .optional()
        .meta({ description: 'Default: any of 200 to 299.' }),
      bodyContains: z.string().optional(),
      maxLatency: Duration.optional(),
    })
    .optional(),
});

const MetricSpec = z.union([
  z.strictObject({
    prometheus: HttpUrl.meta({
      description: 'Base address of a server that speaks the Prometheus HTTP API.',
    }),
    query: z.string().min(1).meta({ description: 'PromQL that gives exactly one series or a scalar.' }),
    target: TargetText,
  }),
  z.strictObject({
    load: DnsLabel.meta({ description: 'Name of a load test that ran earlier in this delivery.' }),
    figure: z.enum(['mean', 'p50', 'p90', 'p95', 'p99', 'max', 'rate', 'errors', 'requests']),
    target: TargetText,
  }),
]);

const LoadSpec = z.strictObject({
  url: HttpUrl,
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
  headers: StringMap.optional(),
  body: z.string().optional(),
  duration: Duration.optional().meta({ description: 'Default 10s.' }),
  connections: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .meta({ description: 'Concurrent connections; default 10.' }),
  rate: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Requests a second in all; default: as fast as answers come.' }),
  thresholds: z
    .partialRecord(z.enum(['mean', 'p50', 'p90', 'p95', 'p99', 'max', 'rate', 'errors']), TargetText)
    .optional()
    .meta({
      description:
        'Targets by figure; times in seconds unless a unit is given, errors as a ratio or percentage.',
    }),
});

const checkCommon = {
  name: DnsLabel.meta({ description: 'Unique within the stage.' }),
  workload: z
    .string()
    .optional()
    .meta({ description: 'The workload that the check is about; without it, the application.' }),
  timeout: Duration.optional().meta({ description: 'Of one try; default 5m.' }),
  retries: z
    .int()
    .min(0)
    .max(100)
    .optional()
    .meta({ description: 'Further tries after one that did not pass; default 0.' }),
  backoff: Duration.optional().meta({
    description: 'Wait before the first retry, doubled each time up to 1m; default 1s.',
  }),
};

export const CheckSchema = z
  .strictObject({
    ...checkCommon,
    task: TaskSpec.optional(),
    http: HttpSpec.optional(),
    metric: MetricSpec.optional(),
    load: LoadSpec.optional(),
  })
  .refine((check) => CHECK_KINDS.filter((kind) => check[kind] !== undefined).length === 1, {
    error: 'must have exactly one of task, http, metric, load',
  })
  .meta({ id: 'Check', oneOf: oneOfFields(['task', 'http', 'metric', 'load']) });

export const CHECK_KINDS = ['task', 'http', 'metric', 'load'] as const;

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

export type Pipeline = z.output<typeof PipelineSchema>;
export type Stage = z.output<typeof StageSchema>;
export type Check = z.output<typeof CheckSchema>;
export type Move = z.output<typeof MoveSchema>;
export type HookSettings = z.output<typeof HooksSchema>;
export type TaskSpec = z.output<typeof TaskSpec>;
export type HttpSpec = z.output<typeof HttpSpec>;
export type MetricSpec = z.output<typeof MetricSpec>;
export type LoadSpec = z.output<typeof LoadSpec>;
export type PromotionSettings = z.output<typeof PromotionSchema>;

/** The JSON Schema (draft 2020-12) of a pipeline file, for editors. */
export function pipelineJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(PipelineSchema, { io: 'input' }),
    $id: 'https://stageline.dev/schema/pipeline.json',
    title: 'Stageline pipeline file',
  };
}
