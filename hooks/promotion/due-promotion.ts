/**
 * What is `by: due`, carried out by `stageline promote --due` with credentials that no stage has. The ledger is asked
 * only what was verified: where a version goes, and how, comes from the pipeline file on the repository's own branch,
 * and what goes has to stand at the commit that was verified.
 */
import { posix } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { recordPromotion } from '../../core/ledger/delivery.ts';
import { carried, handOver, settle, type Waiting } from '../../core/ledger/pending.ts';
import type { DeliveryRecord, Ledger, PromotionRecord } from '../../core/ledger/types.ts';
import { makeFreight, type FreightItem } from '../../core/freight.ts';
import type { PlannedPromotion } from '../../core/plan.ts';
import { instanceNamesOf } from '../../core/pipeline/find-stage.ts';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import type { Move, Pipeline, Stage } from '../../core/pipeline/schema.ts';
import { upstreamsOf } from '../../core/pipeline/upstreams.ts';
import { plannedPromotion, plannedRollback } from '../../core/promotion/planned.ts';
import { rollbackDecision } from '../../core/promotion/rollback.ts';
import { parseTraceparent } from '../../core/trace-context.ts';
import { carryOut, type Order, type PromotionRun } from './carry-out.ts';
import { checkAddress } from './git-addresses.ts';
import { needlessness } from './needless.ts';
import { promotionBranch, type PromotionResult, type PromotionSource, type PromotionTools } from './order.ts';
import type { Repository } from './repository.ts';
import { rollbackOrder } from './rollback.ts';
import { sourceOf } from './settle-waiting.ts';
import { targetState } from './target-files.ts';
import { withRepository } from './with-repository.ts';

interface Left {
  ledger: Ledger;
  delivery: DeliveryRecord;
  record: PromotionRecord;
  what: Waiting;
}

const PIPELINE_FILE = 'stageline.yaml';

/**
 * The transition that says what became of it, or undefined where its time has not come. Errors: `DUE_*` and those of
 * `promote`.
 */
export async function carryOutLeft(
  run: PromotionRun,
  left: Left,
): Promise<((ledger: Ledger) => Ledger) | undefined> {
  const { ledger, delivery, what } = left;
  const { id } = delivery;
  const now = new Date(run.now()).toISOString();
  const needless = needlessness(ledger, delivery, what);
  if (needless) return (current) => settle(current, id, { what, now, ...needless });
  const order = await orderOf(run, left);
  if (!order) return undefined;
  const end = await carryOut(run, order);
  if (end.status === 'through') return (current) => written(current, id, { what, now, result: end.result });
  // Soaks and approvals were waited for by Jobs; a window may have shut since then, and opens again.
  if (end.shut.gate === 'window') return undefined;
  const message = `${end.shut.reason}; whoever wants it all the same promotes it by hand`;
  return (current) => settle(current, id, { what, now, status: 'rejected', message });
}

function written(
  ledger: Ledger,
  id: string,
  end: { what: Waiting; now: string; result: PromotionResult },
): Ledger {
  const { what, now, result } = end;
  const isOpen = result.status === 'waiting' && result.url === undefined && result.commit === undefined;
  if (isOpen) return handOver(ledger, id, { what, now, message: result.message });
  const done = carried(ledger, id, { what, now, ...result });
  return done !== ledger || 'rollback' in what
    ? done
    : recordPromotion(ledger, id, { target: what.target, now, ...result });
}

async function orderOf(run: PromotionRun, left: Left): Promise<Order | undefined> {
  const { delivery, record, what } = left;
  const source = sourceLeft(left);
  if ('rollback' in what) return rollbackLeft(run, left, source);
  const planned = await promotionInGit(run, source, what.target);
  checkPlace(run, planned);
  const { windows, hold, approval } = planned.gates ?? {};
  return {
    plan: source,
    planned,
    delivery,
    intent: record,
    what,
    passed: 'soak',
    ...(windows === undefined ? {} : { gates: { windows } }),
    insists: hold !== undefined || approval !== undefined,
  };
}

/**
 * Whether Git says that the host merges this promotion's request by itself. A ledger that says so for any branch must
 * not get it merged with these credentials. Errors: those of Git.
 */
export async function mergesByItself(run: PromotionTools, left: Left): Promise<boolean> {
  const { record, what } = left;
  if ('rollback' in what) return false;
  try {
    const source = sourceLeft(left);
    const { way } = await promotionInGit(run, source, what.target);
    const isOurs = record.branch === promotionBranch(source.pipeline, what.target, source.freight.id);
    return isOurs && way.kind === 'pull-request' && way.autoMerge === record.autoMerge;
  } catch (error) {
    if (!(error instanceof StagelineError) || error.code !== 'DUE_REFUSED') throw error;
    run.log.warn('the host is not asked to merge, which only the ledger says', { error });
    return false;
  }
}

/** What the ledger says was verified, if it is well-formed. */
function sourceLeft({ ledger, delivery, record }: Left): PromotionSource {
  const source = sourceOf({ ledger, delivery });
  if (!source) throw refused('the ledger does not say where its delivery came from');
  if (!isWellFormed(delivery, record)) throw refused('the ledger’s record of it is not as a hook writes it');
  return source;
}

async function promotionInGit(
  run: PromotionTools,
  source: PromotionSource,
  to: string,
): Promise<PlannedPromotion> {
  const { pipeline, stage, branch } = await knownInGit(run, source);
  const target = pipeline.stages.find(({ name }) => name === to);
  if (!target || !upstreamsOf(target).includes(stage.name))
    throw refused(`in Git stage "${to}" does not follow "${stage.name}"`);
  return plannedPromotion(pipeline, {
    from: stage,
    target,
    source: { ...source.source, targetRevision: branch },
  });
}

async function rollbackLeft(
  run: PromotionRun,
  { ledger, delivery }: Left,
  failed: PromotionSource,
): Promise<Order | undefined> {
  const verified = ledger.deliveries.find(({ id }) => id === delivery.rollback?.delivery);
  const restored = verified && sourceOf({ ledger, delivery: verified });
  if (!verified || !restored) throw refused('the version that it would restore is no longer in the ledger');
  if (!isWellFormed(verified, verified.rollback))
    throw refused('the ledger’s record of it is not as a hook writes it');
  const { pipeline, stage, branch } = await knownInGit(run, restored);
  const settings = stage.rollback;
  if (!settings) throw refused(`in Git stage "${stage.name}" has no rollback`);
  const context = {
    application: ledger.application,
    source: { ...failed.source, path: stage.path, targetRevision: branch },
  };
  const planned = plannedRollback(pipeline, { stage, settings, context });
  checkPlace(run, planned);
  const decision = rollbackDecision(ledger, delivery, planned);
  if (decision.roll && decision.notBefore !== undefined && Date.parse(decision.notBefore) > run.now())
    return undefined;
  return rollbackOrder(failed, delivery, { planned, verified });
}

/** What gets into names of branches and trailers of commits has to be what it is taken for. */
function isWellFormed(delivery: DeliveryRecord, record: PromotionRecord | undefined): boolean {
  const { id, freight } = delivery;
  const isTraced = record === undefined || parseTraceparent(record.traceparent) !== undefined;
  return /^[0-9a-f]+$/.test(id) && makeFreight(freight.items).id === freight.id && isTraced;
}

/**
 * The stage as the repository's default branch says it, or the branch that `STAGELINE_PIPELINE_BRANCH` names; and the
 * version has to be there.
 */
async function knownInGit(
  run: PromotionTools,
  source: PromotionSource,
): Promise<{ pipeline: Pipeline; stage: Stage; branch: string }> {
  const base = run.env['STAGELINE_PIPELINE_BRANCH'] || 'HEAD';
  const { repoURL, path } = source.source;
  checkAddress(run.env, repoURL);
  return withRepository(run, { repoURL, base }, async (repository) => {
    const tip = await repository.fetchBranch(repository.base);
    const found = tip === undefined ? undefined : await findUpwards(repository, tip, path);
    if (!found)
      throw refused(`branch ${repository.base} has no ${PIPELINE_FILE} from ${path} up to the root`);
    const { pipeline } = parsePipeline(found.text, found.file);
    const stage = pipeline.stages.find(({ name }) => name === source.stage);
    if (pipeline.pipeline !== source.pipeline || !stage)
      throw refused(`${found.file} in Git has no stage "${source.stage}" of pipeline "${source.pipeline}"`);
    if (!instanceNamesOf(stage).includes(source.application))
      throw refused(`in Git stage "${stage.name}" has no application "${source.application}"`);
    await checkFreight(repository, source, { pipeline, stage });
    return { pipeline, stage, branch: repository.base };
  });
}

async function findUpwards(
  repository: Repository,
  tip: string,
  path: string,
): Promise<{ file: string; text: string } | undefined> {
  const clean = posix.normalize(path).replace(/\/+$/, '');
  if (clean.startsWith('/') || clean.split('/').includes('..')) return undefined;
  const parts = clean === '.' ? [] : clean.split('/');
  for (let depth = parts.length; depth >= 0; depth -= 1) {
    const file = posix.join(...parts.slice(0, depth), PIPELINE_FILE);
    const bytes = await repository.readFile(tip, file);
    if (bytes !== undefined) return { file, text: bytes.toString('utf8') };
  }
  return undefined;
}

/** The freight has to be of the places that move, and has to stand at the commit that the ledger says was verified. */
async function checkFreight(
  repository: Repository,
  source: PromotionSource,
  { pipeline, stage }: { pipeline: Pipeline; stage: Stage },
): Promise<void> {
  const places = new Set(pipeline.moves.flatMap(placesOf));
  const foreign = source.freight.items.find((item) => !places.has(placeText(item)));
  if (foreign) throw refused(`"moves" in Git does not name ${foreign.key || foreign.file}`);
  const own = { target: stage.name, targetPath: stage.path };
  const read = (path: string): Promise<Buffer | undefined> => repository.readFile(source.head, path);
  if ((await targetState(source, own, { read })).hasFreight) return;
  throw refused(`freight ${source.freight.id} is not in ${stage.path} at commit ${source.head.slice(0, 12)}`);
}

function placesOf({ helmValues, kustomizeImages, chartVersions, files }: Move): string[] {
  const of = (kind: FreightItem['kind'], file: string, keys: readonly string[]): string[] =>
    keys.map((key) => placeText({ kind, file, key }));
  if (helmValues) return of('helm-value', helmValues.file ?? 'values.yaml', helmValues.keys);
  if (kustomizeImages)
    return of('kustomize-image', kustomizeImages.file ?? 'kustomization.yaml', kustomizeImages.names);
  if (chartVersions)
    return of('chart-version', chartVersions.file ?? 'Chart.yaml', chartVersions.dependencies);
  return (files ?? []).flatMap((file) => of('file', file, ['']));
}

function placeText({ kind, file, key }: Pick<FreightItem, 'kind' | 'file' | 'key'>): string {
  return `${kind}\n${file}\n${key}`;
}

function checkPlace(run: PromotionRun, planned: Order['planned'] & { by?: 'due' }): void {
  if (planned.by !== 'due') throw refused(`in Git stage "${planned.target}" does not say "by: due"`);
  checkAddress(run.env, planned.repoURL);
  if (planned.api !== undefined) checkAddress(run.env, planned.api);
}

function refused(problem: string): StagelineError {
  return new StagelineError(`it is not carried out: ${problem}`, {
    code: 'DUE_REFUSED',
    hint: 'Ledger and Git disagree; sync the stage again, or promote by hand',
  });
}
