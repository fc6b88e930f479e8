/** What a promotion changes in the target's files, and whether the target has the freight already. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import {
  appendAncestry,
  formatPromotionFile,
  parsePromotionFile,
  PROMOTION_API_VERSION,
  promotionFilePath,
} from '../../core/ancestry.ts';
import { StagelineError } from '../../core/errors.ts';
import type { FreightChange, FreightItem } from '../../core/freight.ts';
import type { DeliveryRecord, PromotionRecord } from '../../core/ledger/types.ts';
import type { Plan, PlannedPromotion } from '../../core/plan.ts';
import { editItem, readItem } from './edit.ts';

/** Reads files by repository-relative path: of the target as it is, and of the version that was verified. */
export interface FileReaders {
  read: (path: string) => Promise<Buffer | undefined>;
  readSource: (path: string) => Promise<Buffer | undefined>;
}

export interface TargetState {
  /** Every item of the freight stands in the target's files. */
  hasFreight: boolean;
  /** Of the promotion file, if there is one for this freight. */
  traceparent: string | undefined;
  /** Repository-relative. */
  promotionFile: string;
}

/** Whether the target has the plan's freight, and by which promotion. */
export async function targetState(
  plan: Plan,
  planned: PlannedPromotion,
  readers: FileReaders,
): Promise<TargetState> {
  const promotionFile = inTarget(planned, promotionFilePath(planned.target));
  const differs = await firstDifference(plan, planned, readers);
  const text = await readers.read(promotionFile);
  if (text === undefined) return { hasFreight: !differs, traceparent: undefined, promotionFile };
  const known = parsePromotionFile(text.toString('utf8'), promotionFile);
  const traceparent = known.freight.id === plan.freight.id ? known.traceparent : undefined;
  return { hasFreight: !differs, traceparent, promotionFile };
}

async function firstDifference(
  plan: Plan,
  planned: PlannedPromotion,
  readers: FileReaders,
): Promise<boolean> {
  for (const item of plan.freight.items) {
    const path = targetPath(planned, item);
    const bytes = await readers.read(path);
    if (item.kind === 'file') {
      if (bytes === undefined || sha256(bytes) !== item.value) return true;
    } else if (readItem(item, text(bytes, path), path) !== item.value) return true;
  }
  return false;
}

/** The files of the promotion with their new bytes, and what changed in words. Errors: `PROMOTION_*`. */
export async function promotedFiles(
  plan: Plan,
  planned: PlannedPromotion,
  known: FileReaders & { delivery: DeliveryRecord; intent: PromotionRecord },
): Promise<{ files: Map<string, Buffer>; changes: FreightChange[] }> {
  const files = new Map<string, Buffer>();
  const changes: FreightChange[] = [];
  for (const item of plan.freight.items) {
    const path = targetPath(planned, item);
    const before = files.get(path) ?? (await known.read(path));
    if (item.kind === 'file') {
      const bytes = await sourceFile(plan, item, known);
      const from = before === undefined ? undefined : sha256(before);
      if (from !== item.value)
        changes.push({ file: path, key: '', from: from?.slice(0, 12), to: item.value.slice(0, 12) });
      files.set(path, bytes);
      continue;
    }
    const source = text(before, path);
    const from = readItem(item, source, path);
    if (from !== item.value) changes.push({ file: path, key: item.key, from, to: item.value });
    files.set(path, Buffer.from(editItem(item, source, path), 'utf8'));
  }
  files.set(inTarget(planned, promotionFilePath(planned.target)), promotionFileBytes(plan, planned, known));
  return { files, changes };
}

/** A whole file is copied from the very commit that was verified, and must be what its hash says. */
async function sourceFile(plan: Plan, item: FreightItem, readers: FileReaders): Promise<Buffer> {
  const path = posix.join(plan.source.path, item.file.replaceAll('{stage}', plan.stage));
  const bytes = await readers.readSource(path);
  if (bytes !== undefined && sha256(bytes) === item.value) return bytes;
  throw new StagelineError(`${path} at commit ${plan.head.slice(0, 12)} is not the file that was verified`, {
    code: 'PROMOTION_SOURCE',
    hint: 'Name only committed files in "moves: files"; files that the render makes cannot be promoted',
  });
}

function promotionFileBytes(
  plan: Plan,
  planned: PlannedPromotion,
  known: { delivery: DeliveryRecord; intent: PromotionRecord },
): Buffer {
  const { delivery, intent } = known;
  const { author, subject, committedAt } = plan.commit;
  const ancestry = appendAncestry(plan.ancestry, {
    stage: plan.stage,
    application: plan.application,
    commit: plan.commit.id,
    freight: plan.freight.id,
    traceparent: intent.traceparent,
    verdict: 'succeeded',
    openedAt: delivery.openedAt,
    promotedAt: intent.startedAt,
    ...(author === undefined ? {} : { author }),
    ...(subject === undefined ? {} : { subject }),
    ...(committedAt === undefined ? {} : { committedAt }),
  });
  return Buffer.from(
    formatPromotionFile({
      apiVersion: PROMOTION_API_VERSION,
      pipeline: plan.pipeline,
      stage: planned.target,
      freight: plan.freight,
      traceparent: intent.traceparent,
      ancestry,
    }),
    'utf8',
  );
}

function targetPath(planned: PlannedPromotion, item: FreightItem): string {
  return inTarget(planned, item.file.replaceAll('{stage}', planned.target));
}

/** The plan comes from a file in the repository; it must not lead out of the target's folder. */
function inTarget(planned: PlannedPromotion, file: string): string {
  const path = posix.normalize(posix.join(planned.targetPath, file));
  const root = posix.normalize(planned.targetPath).replace(/\/+$/, '');
  if (
    !path.startsWith('/') &&
    !path.split('/').includes('..') &&
    (root === '.' || path.startsWith(`${root}/`))
  )
    return path;
  throw new StagelineError(
    `${file} of stage "${planned.target}" leads out of its path ${planned.targetPath}`,
    {
      code: 'PROMOTION_PATH',
      hint: 'Name files inside the stage’s path in "moves"',
    },
  );
}

function text(bytes: Buffer | undefined, path: string): string {
  if (bytes !== undefined) return bytes.toString('utf8');
  throw new StagelineError(`the target has no file ${path}`, {
    code: 'PROMOTION_FILE',
    hint: 'Add the file to the target stage, with the keys that "moves" names',
  });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
