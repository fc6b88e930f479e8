/** Reads request bodies: unknown keys are ignored, wrong types are refused, a missing body is an empty one. */
import type { z } from 'zod';
import { ArgoCdError } from '../engine/index.ts';

/** The body in the shape of a schema. Throws `InvalidArgument` naming the first wrong field. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(withoutNulls(body ?? {}));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ArgoCdError(
    'InvalidArgument',
    `${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'invalid'}`,
  );
}

/** In protobuf's JSON, null is the same as a missing field. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null));
}
