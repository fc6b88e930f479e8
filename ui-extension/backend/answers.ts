/** The shapes of everything that the backend answers: one zod schema each, from which /openapi.json is made. */
import { z } from 'zod';

const traceId = z.string().regex(/^[0-9a-f]{32}$/);
const spanId = z.string().regex(/^[0-9a-f]{16}$/);
const time = z.string().describe('RFC 3339 in UTC, to the millisecond');
const attributes = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
  .describe('Of spans that Stageline wrote all, of others those that name what was called and what broke');

export const SPAN_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

const spanStatus = z.enum(['ok', 'error', 'unset']);
const source = z.enum(['jaeger', 'none']).describe('none: no trace store is configured');

/** A span as core/spans.ts has them, with the service that wrote it and exact times. */
export const TraceSpan = z.strictObject({
  spanId,
  parentSpanId: spanId.optional(),
  name: z.string(),
  service: z.string(),
  kind: z.enum(SPAN_KINDS),
  startedAt: time,
  finishedAt: time,
  offsetMs: z.number().describe("Milliseconds since the trace's start, with fractions"),
  durationMs: z.number().min(0),
  status: spanStatus,
  statusMessage: z.string().optional(),
  attributes,
  events: z.array(z.strictObject({ name: z.string(), at: time, attributes })),
  links: z.array(z.strictObject({ traceId, spanId, attributes })),
});
export type TraceSpan = z.infer<typeof TraceSpan>;

export const TraceAnswer = z.strictObject({
  source,
  traceId,
  finished: z.boolean().describe('The root span is there and nothing was added for a while'),
  truncated: z.boolean().describe('There are more spans than the backend hands out'),
  spanCount: z.int().min(0).describe('Of the whole trace, repeats not counted'),
  startedAt: time.optional(),
  finishedAt: time.optional(),
  spans: z.array(TraceSpan).describe('By start'),
});
export type TraceAnswer = z.infer<typeof TraceAnswer>;

export const TraceSummary = z.strictObject({
  traceId,
  name: z.string(),
  pipeline: z.string().optional(),
  stage: z.string().optional(),
  commit: z.string().optional(),
  freight: z.string().optional(),
  startedAt: time,
  finishedAt: time,
  status: spanStatus,
  finished: z.boolean(),
  spanCount: z.int().min(1),
});
export type TraceSummary = z.infer<typeof TraceSummary>;

export const SearchAnswer = z.strictObject({
  source,
  traces: z.array(TraceSummary).describe('Newest first'),
});
export type SearchAnswer = z.infer<typeof SearchAnswer>;

export const LinksAnswer = z.strictObject({
  source,
  trace: z.string().optional().describe('Address of a trace in the trace UI, with {traceId} in it'),
});
export type LinksAnswer = z.infer<typeof LinksAnswer>;

export const ProblemAnswer = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }),
});
export type ProblemAnswer = z.infer<typeof ProblemAnswer>;

export const HealthAnswer = z.strictObject({ status: z.enum(['ok', 'draining']) });
export type HealthAnswer = z.infer<typeof HealthAnswer>;

export const TraceIdParameter = traceId.refine((id) => !/^0+$/.test(id));

const digits = z.string().regex(/^\d{1,4}$/, 'must be a whole number');

/** Query of a search; anything else in it is refused. */
export const SearchQuery = z.strictObject({
  limit: digits
    .transform(Number)
    .pipe(z.int().min(1).max(100))
    .default(20)
    .describe('At most so many traces are asked for'),
  hours: digits.transform(Number).pipe(z.int().min(1).max(720)).default(168).describe('How far back'),
  name: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("The root span's whole name, such as `deliver shop dev`"),
});
export type SearchQuery = z.infer<typeof SearchQuery>;
