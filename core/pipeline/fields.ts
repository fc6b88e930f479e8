/** Kinds of fields that the pipeline file's schemas share. */
import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import { parseJsonPath } from '../json-path.ts';
import { parseTarget } from '../target.ts';

/** A refinement has no words in JSON Schema; this says the same to editors. */
export function oneOfFields(fields: readonly string[]): { required: string[] }[] {
  return fields.map((field) => ({ required: [field] }));
}

export const DnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/,
    'must be a DNS label of at most 50 characters: a-z, 0-9 and inner dashes',
  );

export const Duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'must be a duration such as 500ms, 30s, 5m or 1h')
  .meta({ description: 'A duration: a number and one of ms, s, m, h, d.', examples: ['30s'] });

export const TargetText = z
  .string()
  .refine((text) => parseTarget(text) !== undefined, 'must be a target such as "<0.25", ">=99%" or "<250ms"')
  .meta({
    description: 'An operator (<, <=, >, >=, ==, !=), a number, and perhaps a unit (%, us, ms, s, m).',
  });

/** A path inside the repository or a stage: relative, without `..`. */
export const InnerPath = z
  .string()
  .min(1)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..'),
    'must be a relative path without ".."',
  );

export const HttpUrl = z
  .string()
  .refine(
    (text) => /^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text),
    'must be an http or https address',
  );

export const StringMap = z.record(z.string(), z.string());

export const MetricHeaders = StringMap.optional().meta({
  description: 'Sent with each query, such as { X-Scope-OrgID: shop } of Mimir and Cortex; never secrets.',
});

export const JsonPathText = z
  .string()
  .min(1)
  .refine((text) => parseJsonPath(text) !== undefined, 'must be a path such as $.status or $.items[*].ready');
