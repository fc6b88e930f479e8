/**
 * The promotion file `.stageline/<stage>.json` in a stage's path: what the last promotion into the stage
 * brought, where it came from, and the trace parent to link to. Written by promotions, read by the plugin.
 */
import { z } from 'zod';
import { StagelineError } from './errors.ts';
import { promotionFilePath } from './promotion-file-path.ts';
import { normalTraceparent } from './trace-context.ts';

export { promotionFilePath };

/** Longer chains lose their oldest entries, the first one (the origin) excepted. */
export const ANCESTRY_LIMIT = 20;

/** One stage that a version went through, oldest first. */
export interface AncestryEntry {
  stage: string;
  application: string;
  /** Path-scoped commit of the delivery in that stage. */
  commit: string;
  /** Freight id. */
  freight: string;
  /** The promotion's span in that stage's trace. */
  traceparent: string;
  verdict: 'succeeded';
  /** RFC 3339: when the delivery opened, and when it was promoted. */
  openedAt: string;
  promotedAt: string;
  /** `Name <address>` and first line of the message of `commit`, where Git history was there. */
  author?: string;
  subject?: string;
  committedAt?: string;
}

export interface PromotionFile {
  apiVersion: typeof PROMOTION_API_VERSION;
  pipeline: string;
  /** The stage that this file is for. */
  stage: string;
  freight: { id: string; items: { kind: FreightKindText; file: string; key: string; value: string }[] };
  traceparent: string;
  ancestry: AncestryEntry[];
  /** Freights that were taken back here, newest last: they come again only if a person says so. */
  rolledBack?: RolledBack[];
}

/** A freight that a stage took back. */
export interface RolledBack {
  /** Freight id. */
  freight: string;
  reason: string;
  /** RFC 3339. */
  at: string;
  /** The rollback's span in the trace of the delivery that failed. */
  traceparent: string;
}

type FreightKindText = 'helm-value' | 'kustomize-image' | 'chart-version' | 'file' | 'image';

export const PROMOTION_API_VERSION = 'stageline.dev/v1';

const traceparent = z.string().transform((text, context): string => {
  const normal = normalTraceparent(text);
  if (normal === undefined) context.addIssue('not a W3C traceparent');
  return normal ?? text;
});

const AncestryEntrySchema = z.object({
  stage: z.string().min(1),
  application: z.string(),
  commit: z.string().min(1),
  freight: z.string(),
  traceparent,
  verdict: z.literal('succeeded'),
  openedAt: z.iso.datetime({ offset: true }),
  promotedAt: z.iso.datetime({ offset: true }),
  author: z.string().optional(),
  subject: z.string().optional(),
  committedAt: z.string().optional(),
});

const PromotionFileSchema = z.object({
  apiVersion: z.literal(PROMOTION_API_VERSION),
  pipeline: z.string().min(1),
  stage: z.string().min(1),
  freight: z.object({
    id: z.string(),
    items: z.array(
      z.object({
        kind: z.enum(['helm-value', 'kustomize-image', 'chart-version', 'file', 'image']),
        file: z.string(),
        key: z.string(),
        value: z.string(),
      }),
    ),
  }),
  traceparent,
  ancestry: z.array(AncestryEntrySchema).max(ANCESTRY_LIMIT),
  rolledBack: z
    .array(z.object({ freight: z.string(), reason: z.string(), at: z.string(), traceparent }))
    .max(ANCESTRY_LIMIT)
    .optional(),
});

/** Reads a promotion file. Throws `PROMOTION_FILE_INVALID` that names the file and the field. */
export function parsePromotionFile(text: string, file: string): PromotionFile {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'is not JSON', cause);
  }
  const parsed = PromotionFileSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(
    file,
    `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is malformed'}`,
    parsed.error,
  );
}

/** The bytes of a promotion file: two-space JSON with a final newline. */
export function formatPromotionFile(file: PromotionFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Appends an entry; when the chain is too long the oldest go, but never the origin. */
export function appendAncestry(chain: readonly AncestryEntry[], entry: AncestryEntry): AncestryEntry[] {
  const all = [...chain, entry];
  if (all.length <= ANCESTRY_LIMIT) return all;
  return [...all.slice(0, 1), ...all.slice(all.length - ANCESTRY_LIMIT + 1)];
}

/** The list with one more; the oldest go. */
export function appendRolledBack(known: readonly RolledBack[], entry: RolledBack): RolledBack[] {
  return [...known.filter(({ freight }) => freight !== entry.freight), entry].slice(-ANCESTRY_LIMIT);
}

function invalid(file: string, problem: string, cause: unknown): StagelineError {
  return new StagelineError(`promotion file ${file}: ${problem}`, {
    code: 'PROMOTION_FILE_INVALID',
    hint: 'Restore it from the last promotion commit, or delete it to start a chain of its own',
    cause,
  });
}
