/** Checks of the pipeline file: what they have in common, and one schema a kind. */
import { z } from 'zod';
import { AnalysisSpec } from './analysis-schema.ts';
import {
  DnsLabel,
  Duration,
  HttpUrl,
  JsonPathText,
  MetricHeaders,
  oneOfFields,
  StringMap,
  TargetText,
} from './fields.ts';
import { CHECK_KINDS } from './check-kinds.ts';

export { CHECK_KINDS };

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

const JsonExpectation = z
  .strictObject({
    path: JsonPathText,
    equals: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
    matches: z.string().refine(isPattern, 'must be a regular expression').optional(),
    target: TargetText.optional(),
  })
  .refine(
    ({ equals, matches, target }) =>
      [equals, matches, target].filter((expected) => expected !== undefined).length <= 1,
    { error: 'must have at most one of equals, matches, target; without them the path must be there' },
  )
  .meta({ description: 'With [*] every value that the path leads to must be as expected.' });

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    // A pattern that does not compile is the answer that was asked for.
    return false;
  }
}

const TlsSpec = z.strictObject({
  ca: z.string().min(1).optional().meta({ description: 'Certificates that are trusted, as PEM.' }),
  serverName: z.string().min(1).optional(),
  insecureSkipVerify: z.boolean().optional(),
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
      json: z.array(JsonExpectation).min(1).optional().meta({ description: 'What the JSON body must say.' }),
      maxLatency: Duration.optional(),
    })
    .optional(),
  tls: TlsSpec.optional(),
});

const MetricSpec = z.union([
  z.strictObject({
    prometheus: HttpUrl.meta({
      description: 'Base address of a server that speaks the Prometheus HTTP API.',
    }),
    headers: MetricHeaders,
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
  tls: TlsSpec.optional(),
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

const WaitForSpec = z.union([
  z.strictObject({
    prometheus: HttpUrl.meta({ description: 'Server whose targets are waited for.' }),
    headers: MetricHeaders,
    up: StringMap.meta({ description: 'Labels of the targets that must be up, such as { job: backend }.' }),
    atLeast: z.int().min(1).optional().meta({ description: 'Number of targets; default 1.' }),
    every: Duration.optional().meta({ description: 'How often it is asked; default 2s.' }),
  }),
  z.strictObject({
    resource: z.strictObject({
      apiVersion: z.string().regex(/^([a-z0-9.-]+\/)?v[a-z0-9]+$/, 'must be an apiVersion such as apps/v1'),
      kind: z.string().regex(/^[A-Z][A-Za-z0-9]*$/, 'must be a kind such as Deployment'),
      name: z.string().min(1),
    }),
    condition: z
      .strictObject({ type: z.string().min(1), status: z.enum(['True', 'False', 'Unknown']).optional() })
      .optional()
      .meta({ description: 'A condition of its status; status defaults to True.' }),
    json: z.array(JsonExpectation).min(1).optional(),
    every: Duration.optional(),
  }),
]);

const WhenSpec = z
  .strictObject({
    changed: z.array(z.string().min(1)).min(1).optional().meta({
      description: 'Keys or files of the freight: only if one differs from what this stage last verified.',
    }),
    check: z
      .strictObject({ name: DnsLabel, is: z.array(z.enum(['passed', 'warning', 'skipped'])).min(1) })
      .optional()
      .meta({ description: 'Only if an earlier check of this stage ended so.' }),
  })
  .refine(({ changed, check }) => changed !== undefined || check !== undefined, {
    error: 'must have changed or check',
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
  backoff: z
    .union([
      Duration,
      z.strictObject({
        first: Duration,
        factor: z.number().min(1).max(10).optional(),
        max: Duration.optional(),
      }),
    ])
    .optional()
    .meta({
      description:
        'Wait before the first retry, multiplied by factor (default 2) each time up to max (1m); default 1s.',
    }),
  when: WhenSpec.optional().meta({
    description: 'Without it the check always runs; a skipped check counts as passed.',
  }),
};

export const CheckSchema = z
  .strictObject({
    ...checkCommon,
    task: TaskSpec.optional(),
    http: HttpSpec.optional(),
    metric: MetricSpec.optional(),
    load: LoadSpec.optional(),
    waitFor: WaitForSpec.optional(),
    analysis: AnalysisSpec.optional(),
  })
  .refine((check) => CHECK_KINDS.filter((kind) => check[kind] !== undefined).length === 1, {
    error: `must have exactly one of ${CHECK_KINDS.join(', ')}`,
  })
  .meta({ id: 'Check', oneOf: oneOfFields(CHECK_KINDS) });

export type Check = z.output<typeof CheckSchema>;
export type TaskSpec = z.output<typeof TaskSpec>;
export type HttpSpec = z.output<typeof HttpSpec>;
export type MetricSpec = z.output<typeof MetricSpec>;
export type LoadSpec = z.output<typeof LoadSpec>;
export type WaitForSpec = z.output<typeof WaitForSpec>;
