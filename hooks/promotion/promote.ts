/**
 * Carries out one promotion by Git: exactly the plan's freight into the target's files, with the ancestry and the
 * trace parent beside them. Everything is looked up before it is made, so that it can be repeated after a crash.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import type { DeliveryRecord, PromotionRecord } from '../../core/ledger/types.ts';
import type { PlannedPromotion } from '../../core/plan.ts';
import { backoffMs } from '../../runtime/kube/retry.ts';
import type { HookContext } from '../context.ts';
import { promotionMessage } from './message.ts';
import { openRepository, type Repository } from './repository.ts';
import { promotedFiles, targetState } from './target-files.ts';

export interface PromotionOutcome {
  status: 'done' | 'unchanged' | 'waiting';
  message: string;
  commit?: string;
}

interface Known {
  delivery: DeliveryRecord;
  intent: PromotionRecord;
}

const PUSH_TRIES = 10;
const PUSH_BACKOFF = { firstMs: 500, maxMs: 30_000 };

/** Name of the branch that carries a freight to a stage. Deterministic: a repeat finds it. */
export function promotionBranch(target: string, freightId: string): string {
  return `stageline/${target}/${freightId}`;
}

/**
 * With `merge` the commit goes onto the base branch, without it onto the promotion's own branch, which then
 * waits for people. Errors: `GIT_*`, `PROMOTION_*`.
 */
export async function promote(
  context: HookContext,
  planned: PlannedPromotion,
  known: Known,
): Promise<PromotionOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'stageline-promotion-'));
  try {
    const repository = await openRepository({
      folder,
      url: planned.repoURL,
      base: planned.base,
      env: context.env,
      signal: context.stop,
    });
    return await (planned.way.merge
      ? promoteToBase(context, planned, { ...known, repository })
      : promoteToBranch(context, planned, { ...known, repository }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function promoteToBase(
  context: HookContext,
  planned: PlannedPromotion,
  known: Known & { repository: Repository },
): Promise<PromotionOutcome> {
  const { repository } = known;
  const { base } = repository;
  for (let attempt = 1; attempt <= PUSH_TRIES; attempt += 1) {
    const tip = await repository.fetchBranch(base);
    if (tip === undefined) throw baseMissing(planned, base);
    const settled = await settledAt(context, planned, { ...known, tip });
    if (settled?.status === 'ours') {
      const commit = await repository.lastCommitOf(base, settled.file);
      return {
        status: 'done',
        message: `${planned.target} has ${versionsOf(context)} already`,
        ...(commit === undefined ? {} : { commit }),
      };
    }
    if (settled) return { status: 'unchanged', message: settled.message };
    const commit = await makeCommit(context, planned, { ...known, tip });
    const pushed = await repository.push(commit, base, { kind: 'fast-forward' });
    if (pushed) return { status: 'done', message: `${versionsOf(context)} is in ${planned.target}`, commit };
    context.log.warn('the branch moved while the promotion was made, it is made again', { base, attempt });
    await context.sleep(backoffMs(PUSH_BACKOFF, attempt, context.random), context.stop);
  }
  throw new StagelineError(`branch ${base} moved ${PUSH_TRIES} times while the promotion was pushed`, {
    code: 'PROMOTION_CONTENDED',
    hint: 'Argo CD’s retry tries again; see who pushes to this branch so often',
    blame: 'system',
  });
}

async function promoteToBranch(
  context: HookContext,
  planned: PlannedPromotion,
  known: Known & { repository: Repository },
): Promise<PromotionOutcome> {
  const { repository } = known;
  const branch = promotionBranch(planned.target, context.plan.freight.id);
  const tip = await repository.fetchBranch(repository.base);
  if (tip === undefined) throw baseMissing(planned, repository.base);
  const merged = await settledAt(context, planned, { ...known, tip });
  if (merged?.status === 'ours') {
    const commit = await repository.lastCommitOf(repository.base, merged.file);
    return {
      status: 'done',
      message: `${planned.target} has ${versionsOf(context)} already`,
      ...(commit === undefined ? {} : { commit }),
    };
  }
  if (merged) return { status: 'unchanged', message: merged.message };
  const waits = (commit: string): PromotionOutcome => ({
    status: 'waiting',
    message: `${versionsOf(context)} waits on branch ${branch} to be merged into ${repository.base}`,
    commit,
  });
  const existing = await repository.fetchBranch(branch);
  if (existing !== undefined) {
    const there = await settledAt(context, planned, { ...known, tip: existing });
    if (there?.status === 'ours') return waits(existing);
  }
  const commit = await makeCommit(context, planned, { ...known, tip });
  const pushed = await repository.push(commit, branch, { kind: 'replace', expected: existing });
  if (pushed) return waits(commit);
  throw new StagelineError(`branch ${branch} was changed by someone else while the promotion was pushed`, {
    code: 'PROMOTION_CONTENDED',
    hint: 'Leave branches under stageline/ to Stageline; Argo CD’s retry tries again',
    blame: 'system',
  });
}

type Place = Known & { repository: Repository; tip: string };

/** What a commit says about the target: it has this very promotion, or this freight by another way, or neither. */
async function settledAt(
  context: HookContext,
  planned: PlannedPromotion,
  place: Place,
): Promise<{ status: 'ours'; file: string } | { status: 'other'; message: string } | undefined> {
  const state = await targetState(context.plan, planned, {
    read: (path) => place.repository.readFile(place.tip, path),
    readSource: (path) => place.repository.readFile(context.plan.head, path),
  });
  if (!state.hasFreight) return undefined;
  if (state.traceparent === place.intent.traceparent) return { status: 'ours', file: state.promotionFile };
  return { status: 'other', message: `${planned.target} has ${versionsOf(context)} already, by another way` };
}

async function makeCommit(context: HookContext, planned: PlannedPromotion, place: Place): Promise<string> {
  const { delivery, intent, repository, tip } = place;
  const { files, changes } = await promotedFiles(context.plan, planned, {
    read: (path) => repository.readFile(tip, path),
    readSource: (path) => repository.readFile(context.plan.head, path),
    delivery,
    intent,
  });
  return repository.commit({
    parent: tip,
    files,
    message: promotionMessage(context.plan, planned, { delivery, intent, changes }),
    date: intent.startedAt,
  });
}

function versionsOf(context: HookContext): string {
  const { items } = context.plan.freight;
  const [first] = items;
  if (!first) return 'the freight';
  const more = items.length > 1 ? ` and ${items.length - 1} more` : '';
  return `${first.key || first.file} ${first.value}${more}`;
}

function baseMissing(planned: PlannedPromotion, base: string): StagelineError {
  return new StagelineError(
    `the repository has no branch "${base}", which stage "${planned.target}" is delivered from`,
    {
      code: 'PROMOTION_BASE',
      hint: 'Set promotion.branch of the stage to the branch that its Application tracks',
    },
  );
}
