/** The native dialect: from a pipeline file and one of its stages to the plan of a delivery. */
import type { PromotionFile } from '../ancestry.ts';
import { PART_LABEL, PIPELINE_LABEL, STAGE_LABEL } from '../annotations.ts';
import { contentId } from '../canonical.ts';
import { parseDuration } from '../duration.ts';
import { StagelineError } from '../errors.ts';
import type { Freight } from '../freight.ts';
import { anchorName, ledgerName } from '../names.ts';
import type { ParsedPipeline } from '../pipeline/parse.ts';
import { plannedPromotion, plannedRollback } from '../promotion/planned.ts';
import { CHECK_KINDS } from '../pipeline/check-kinds.ts';
import { upstreamsOf } from '../pipeline/upstreams.ts';
import type { Check, Stage } from '../pipeline/schema.ts';
import { PLAN_VERSION } from '../plan.ts';
import type { CheckPhase, CheckSpec, Plan, PlannedCheck, PlannedCommit, PlannedStep } from '../plan.ts';

/** What a render knows besides the pipeline file. */
export interface RenderContext {
  /** ARGOCD_APP_NAME. */
  application: string;
  /** Destination namespace. */
  namespace: string;
  /** ARGOCD_APP_REVISION. */
  head: string;
  source: { repoURL: string; path: string; targetRevision: string };
  commit: PlannedCommit;
  freight: Freight;
  /** What the last promotion into this stage left, if there was one; it counts only for the freight that it brought. */
  promotion?: PromotionFile;
}

const DEFAULT_TIMEOUT = '5m';
const DEFAULT_BACKOFF = '1s';

/** Compiles a stage to its plan. Pure: the same inputs give the same plan. */
export function compileNative(parsed: ParsedPipeline, stage: Stage, context: RenderContext): Plan {
  const { pipeline } = parsed;
  const definition = stageDefinition(parsed, stage.name);
  // A version that was put into the stage's values by hand came through no stage, whatever was promoted before.
  const promotion = context.promotion?.freight.id === context.freight.id ? context.promotion : undefined;
  return {
    version: PLAN_VERSION,
    pipeline: pipeline.pipeline,
    stage: stage.name,
    application: context.application,
    namespace: context.namespace,
    anchor: {
      name: anchorName(context.application),
      labels: { [PART_LABEL]: 'anchor', [PIPELINE_LABEL]: pipeline.pipeline, [STAGE_LABEL]: stage.name },
      data: anchorData({ pipeline: pipeline.pipeline, stage: stage.name, definition, context }),
    },
    ledger: { name: ledgerName(context.application) },
    commit: context.commit,
    head: context.head,
    source: context.source,
    freight: context.freight,
    definition,
    ancestry: promotion?.ancestry ?? [],
    links: promotion ? [{ traceparent: promotion.traceparent, ...stageOfLink(promotion) }] : [],
    metadata: stage.metadata ?? {},
    phases: phasesOf(stage),
    promotions: pipeline.stages
      .filter((target) => upstreamsOf(target).includes(stage.name))
      .map((target) => plannedPromotion(pipeline, { from: stage, target, source: context.source })),
    ...(stage.rollback === undefined
      ? {}
      : { rollback: plannedRollback(pipeline, { stage, settings: stage.rollback, context }) }),
  };
}

function stageOfLink(promotion: PromotionFile): { stage?: string } {
  const last = promotion.ancestry.at(-1);
  return last ? { stage: last.stage } : {};
}

/**
 * Hash of what this stage verifies, from the file as written: defaults that a new release brings do not change
 * it, and neither do the other stages, the ways of promotion or the hooks' settings.
 */
export function stageDefinition(parsed: ParsedPipeline, stageName: string): string {
  const raw = parsed.raw.stages.find((stage) => stage['name'] === stageName) ?? {};
  return contentId({
    pipeline: parsed.pipeline.pipeline,
    stage: stageName,
    preDeployment: raw['preDeployment'],
    postDeployment: raw['postDeployment'],
    metadata: raw['metadata'],
    revision: raw['revision'],
  });
}

function anchorData(parts: {
  pipeline: string;
  stage: string;
  definition: string;
  context: RenderContext;
}): Record<string, string> {
  const { commit, freight } = parts.context;
  return {
    pipeline: parts.pipeline,
    stage: parts.stage,
    commit: commit.id,
    'commit-mode': commit.mode,
    freight: freight.id,
    versions: freight.items.map((item) => `${item.key || item.file}=${item.value}`).join('\n'),
    definition: parts.definition,
  };
}

function phasesOf(stage: Stage): Plan['phases'] {
  const phases: [CheckPhase, Stage['preDeployment']][] = [
    ['pre-deployment', stage.preDeployment],
    ['post-deployment', stage.postDeployment],
  ];
  return phases.flatMap(([name, steps]) =>
    steps && steps.length > 0 ? [{ name, steps: steps.map(plannedStep) }] : [],
  );
}

function plannedStep(step: Check | Check[]): PlannedStep {
  return (Array.isArray(step) ? step : [step]).map(plannedCheck);
}

function plannedCheck(check: Check): PlannedCheck {
  return {
    name: check.name,
    ...(check.workload === undefined ? {} : { workload: check.workload }),
    timeoutMs: milliseconds(check.timeout ?? DEFAULT_TIMEOUT),
    retries: check.retries ?? 0,
    ...backoffOf(check.backoff ?? DEFAULT_BACKOFF),
    ...(check.when === undefined ? {} : { when: check.when }),
    spec: checkSpec(check),
  };
}

function backoffOf(
  backoff: NonNullable<Check['backoff']>,
): Pick<PlannedCheck, 'backoffMs' | 'backoffFactor' | 'backoffMaxMs'> {
  if (typeof backoff === 'string') return { backoffMs: milliseconds(backoff) };
  return {
    backoffMs: milliseconds(backoff.first),
    ...(backoff.factor === undefined ? {} : { backoffFactor: backoff.factor }),
    ...(backoff.max === undefined ? {} : { backoffMaxMs: milliseconds(backoff.max) }),
  };
}

function checkSpec(check: Check): CheckSpec {
  if (check.task) return { kind: 'task', ...check.task };
  if (check.http) return { kind: 'http', ...check.http };
  if (check.metric) return { kind: 'metric', ...check.metric };
  if (check.load) return { kind: 'load', ...check.load };
  if (check.waitFor) return { kind: 'wait-for', ...check.waitFor };
  if (check.analysis) return { kind: 'analysis', ...check.analysis };
  throw new StagelineError(`check "${check.name}" has no kind`, {
    code: 'CHECK_KIND',
    hint: `Give it one of ${CHECK_KINDS.join(', ')}`,
  });
}

/** The schema has checked the text; an impossible one would show as NaN in tests of the plan. */
function milliseconds(text: string): number {
  return parseDuration(text) ?? Number.NaN;
}
