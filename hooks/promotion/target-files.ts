/** What a promotion changes in the target's files, and whether the target has the freight already. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import {
  parsePromotionFile,
  promotionFilePath,
  type PromotionFile,
  type RolledBack,
} from '../../core/ancestry.ts';
import { StagelineError } from '../../core/errors.ts';
import type { FreightChange, FreightItem } from '../../core/freight.ts';
import { editItem, readItem, setIfDeclared } from './edit.ts';
import type { PromotionOrder, PromotionSource } from './order.ts';
import { promotionFileOf } from './promotion-file.ts';

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
  /** This freight was taken back here. */
  rolledBack: RolledBack | undefined;
}

type Target = Pick<PromotionOrder['planned'], 'target' | 'targetPath' | 'create'>;

const VALUES_FILE = 'values.yaml';
/** The value that a chart declares to be told of the trace that a version came by. */
const TRACEPARENT_VALUE = 'traceParent';

/** Repository-relative paths of the target's files that a promotion reads. */
export function targetPaths(plan: PromotionSource, planned: Target): string[] {
  const items = plan.freight.items.map((item) => targetPath(planned, item));
  const own = [VALUES_FILE, promotionFilePath(planned.target)].map((file) => inTarget(planned, file));
  return [...new Set([...items, ...own])];
}

/** Whether the target has the plan's freight, and by which promotion. */
export async function targetState(
  plan: PromotionSource,
  planned: Target,
  readers: Pick<FileReaders, 'read'>,
): Promise<TargetState> {
  const promotionFile = inTarget(planned, promotionFilePath(planned.target));
  const hasFreight = !(await firstDifference(plan, planned, readers));
  const known = await knownPromotion(promotionFile, readers);
  return {
    hasFreight,
    traceparent: known?.freight.id === plan.freight.id ? known.traceparent : undefined,
    rolledBack: known?.rolledBack?.find(({ freight }) => freight === plan.freight.id),
  };
}

async function knownPromotion(
  path: string,
  readers: Pick<FileReaders, 'read'>,
): Promise<PromotionFile | undefined> {
  const bytes = await readers.read(path);
  return bytes === undefined ? undefined : parsePromotionFile(bytes.toString('utf8'), path);
}

async function firstDifference(
  plan: PromotionSource,
  planned: Target,
  readers: Pick<FileReaders, 'read'>,
): Promise<boolean> {
  for (const item of plan.freight.items) {
    const path = targetPath(planned, item);
    const bytes = await readers.read(path);
    if (item.kind === 'file') {
      if (bytes === undefined || sha256(bytes) !== item.value) return true;
    } else if (valueIn(bytes, item, { planned, path }) !== item.value) return true;
  }
  return false;
}

/** What may be created counts as not there yet; anything else that is missing is an error. */
function valueIn(
  bytes: Buffer | undefined,
  item: FreightItem,
  place: { planned: Target; path: string },
): string | undefined {
  const creates = mayCreate(place.planned, item);
  if (bytes === undefined && creates) return undefined;
  return readItem(item, text(bytes, place.path), { file: place.path, creates });
}

function mayCreate(planned: Target, item: FreightItem): boolean {
  return planned.create?.some(({ file, key }) => file === item.file && key === item.key) ?? false;
}

/** The files of the promotion with their new bytes, and what changed in words. Errors: `PROMOTION_*`. */
export async function promotedFiles(
  order: PromotionOrder,
  readers: FileReaders,
): Promise<{ files: Map<string, Buffer>; changes: FreightChange[] }> {
  const { plan, planned } = order;
  const files = new Map<string, Buffer>();
  const changes: FreightChange[] = [];
  for (const item of plan.freight.items) {
    const path = targetPath(planned, item);
    const before = files.get(path) ?? (await readers.read(path));
    if (item.kind === 'file') {
      const bytes = await sourceFile(plan, item, readers);
      const from = before === undefined ? undefined : sha256(before);
      if (from !== item.value)
        changes.push({ file: path, key: '', from: from?.slice(0, 12), to: item.value.slice(0, 12) });
      files.set(path, bytes);
      continue;
    }
    const from = valueIn(before, item, { planned, path });
    if (from !== item.value) changes.push({ file: path, key: item.key, from, to: item.value });
    const source = before === undefined ? '' : text(before, path);
    const edited = editItem(item, source, { file: path, creates: mayCreate(planned, item) });
    files.set(path, Buffer.from(edited, 'utf8'));
  }
  await setTraceparent(order, files, readers);
  const promotionFile = inTarget(planned, promotionFilePath(planned.target));
  const known = await knownPromotion(promotionFile, readers);
  files.set(promotionFile, Buffer.from(promotionFileOf(order, known), 'utf8'));
  return { files, changes };
}

/** Values files that declare `traceParent` at the top get this promotion's, for charts that show or pass it on. */
async function setTraceparent(
  { plan, planned, intent }: PromotionOrder,
  files: Map<string, Buffer>,
  readers: FileReaders,
): Promise<void> {
  const moved = plan.freight.items.filter(({ kind }) => kind === 'helm-value');
  const paths = [inTarget(planned, VALUES_FILE), ...moved.map((item) => targetPath(planned, item))];
  for (const path of new Set(paths)) {
    const before = files.get(path) ?? (await readers.read(path));
    if (before === undefined || !before.includes(TRACEPARENT_VALUE)) continue;
    const edited = setIfDeclared(TRACEPARENT_VALUE, intent.traceparent, {
      text: before.toString('utf8'),
      file: path,
    });
    if (edited !== undefined) files.set(path, Buffer.from(edited, 'utf8'));
  }
}

/** A whole file is copied from the very commit that was verified, and must be what its hash says. */
async function sourceFile(plan: PromotionSource, item: FreightItem, readers: FileReaders): Promise<Buffer> {
  const path = posix.join(plan.source.path, item.file.replaceAll('{stage}', plan.stage));
  const bytes = await readers.readSource(path);
  if (bytes !== undefined && sha256(bytes) === item.value) return bytes;
  throw new StagelineError(`${path} at commit ${plan.head.slice(0, 12)} is not the file that was verified`, {
    code: 'PROMOTION_SOURCE',
    hint: 'Name only committed files in "moves: files"; files that the render makes cannot be promoted',
  });
}

function targetPath(planned: Target, item: FreightItem): string {
  return inTarget(planned, item.file.replaceAll('{stage}', planned.target));
}

/** The plan comes from a file in the repository; it must not lead out of the target's folder. */
function inTarget(planned: Target, file: string): string {
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
  if (bytes === undefined) {
    throw new StagelineError(`the target has no file ${path}`, {
      code: 'PROMOTION_FILE',
      hint: 'Add the file to the target stage, with the keys that "moves" names',
    });
  }
  // What is no UTF-8 would come out as other bytes than it went in.
  const read = bytes.toString('utf8');
  if (Buffer.from(read, 'utf8').equals(bytes)) return read;
  throw new StagelineError(`${path} is not text in UTF-8`, {
    code: 'PROMOTION_YAML',
    hint: 'Save the file as UTF-8, or move it whole with "files"',
  });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
