/** From the pipeline file's `promotion` and `rollback` to what a plan says of them. */
import { parseDuration } from '../duration.ts';
import { instanceNameOf, instanceNamesOf } from '../pipeline/find-stage.ts';
import { upstreamsOf } from '../pipeline/upstreams.ts';
import type { Move, Pipeline, PromotionSettings, RollbackSettings, Stage } from '../pipeline/schema.ts';
import type {
  Plan,
  PlannedAgreement,
  PlannedGates,
  PlannedPlace,
  PlannedPromotion,
  PlannedRollback,
  PromotionWay,
} from '../plan.ts';

/** Secret of the hooks' namespace with user and token for Git, where the pipeline file names none. */
export const DEFAULT_GIT_SECRET = 'stageline-git';

const DEFAULT_ROLLBACK_AFTER = '15m';

/** How a freight of stage `from`, which was delivered from `source`, comes into stage `target`. */
export function plannedPromotion(
  pipeline: Pipeline,
  between: { from: Stage; target: Stage; source: Pick<Plan['source'], 'repoURL' | 'targetRevision'> },
): PlannedPromotion {
  const { from, target, source } = between;
  const settings = target.promotion;
  const gates = gatesOf(settings);
  const agreement = agreementOf(pipeline, from, target);
  const create = createdPlaces(pipeline.moves);
  return {
    ...placeOf(pipeline, { stage: target, settings, source }),
    way: wayOf(settings),
    ...(create.length === 0 ? {} : { create }),
    ...(gates === undefined ? {} : { gates }),
    ...(agreement === undefined ? {} : { agreement }),
  };
}

/** How a stage's own last verified freight is restored. */
export function plannedRollback(
  pipeline: Pipeline,
  rollback: {
    stage: Stage;
    settings: RollbackSettings;
    context: { application: string; source: Plan['source'] };
  },
): PlannedRollback {
  const { stage, settings, context } = rollback;
  return {
    ...placeOf(pipeline, { stage, settings, source: context.source }),
    targetApplication: context.application,
    targetPath: context.source.path,
    way: settings.pullRequest ? pullRequestWay(settings.pullRequest) : { kind: 'push', merge: true },
    afterMs: milliseconds(settings.after ?? DEFAULT_ROLLBACK_AFTER),
  };
}

type HostSettings = Pick<RollbackSettings, 'branch' | 'repository' | 'provider' | 'api' | 'secret' | 'by'>;

function placeOf(
  pipeline: Pipeline,
  place: {
    stage: Stage;
    settings: HostSettings | undefined;
    source: Pick<Plan['source'], 'repoURL' | 'targetRevision'>;
  },
): PlannedPlace {
  const { stage, settings, source } = place;
  const { trace, commit } = pipeline.links ?? {};
  return {
    target: stage.name,
    targetApplication: instanceNameOf(stage),
    targetPath: stage.path,
    repoURL: settings?.repository ?? source.repoURL,
    base: settings?.branch ?? source.targetRevision,
    secret: settings?.secret ?? DEFAULT_GIT_SECRET,
    ...(settings?.by === 'due' ? { by: 'due' } : {}),
    ...(settings?.provider === undefined ? {} : { provider: settings.provider }),
    ...(settings?.api === undefined ? {} : { api: settings.api }),
    ...(trace === undefined && commit === undefined
      ? {}
      : {
          links: { ...(trace === undefined ? {} : { trace }), ...(commit === undefined ? {} : { commit }) },
        }),
  };
}

function wayOf(settings: PromotionSettings | undefined): PromotionWay {
  if (settings?.pullRequest) return pullRequestWay(settings.pullRequest);
  if (settings?.workflow) {
    const { file, ref, inputs } = settings.workflow;
    return { kind: 'workflow', file, ...(ref === undefined ? {} : { ref }), inputs: inputs ?? {} };
  }
  return { kind: 'push', merge: settings?.push?.merge ?? true };
}

function pullRequestWay(
  settings: NonNullable<PromotionSettings['pullRequest']>,
): Extract<PromotionWay, { kind: 'pull-request' }> {
  const reviewers = settings.reviewers ?? [];
  const { autoMerge = false } = settings;
  return {
    kind: 'pull-request',
    ...(settings.title === undefined ? {} : { title: settings.title }),
    labels: settings.labels ?? [],
    reviewers: {
      users: reviewers.filter((name) => !name.includes('/')),
      teams: reviewers.filter((name) => name.includes('/')).map((name) => name.split('/')[1] ?? name),
    },
    draft: settings.draft ?? false,
    ...(autoMerge === false ? {} : { autoMerge: autoMerge === true ? 'squash' : autoMerge }),
  };
}

function gatesOf(settings: PromotionSettings | undefined): PlannedGates | undefined {
  if (!settings) return undefined;
  const { approval, soak, windows, hold } = settings;
  const expires = typeof approval === 'object' ? approval.expires : undefined;
  const isAsked = approval === true || typeof approval === 'object';
  const gates: PlannedGates = {
    ...(hold === undefined ? {} : { hold }),
    ...(isAsked ? { approval: expires === undefined ? {} : { expiresMs: milliseconds(expires) } } : {}),
    ...(soak === undefined ? {} : { soakMs: milliseconds(soak) }),
    ...(windows === undefined
      ? {}
      : {
          windows: windows.map(({ kind, schedule, duration, timeZone = 'UTC' }) => ({
            kind,
            schedule,
            durationMs: milliseconds(duration),
            timeZone,
          })),
        }),
  };
  return Object.keys(gates).length === 0 ? undefined : gates;
}

/** Needed where more than one application has to have verified a freight; one alone knows it by itself. */
function agreementOf(pipeline: Pipeline, from: Stage, target: Stage): PlannedAgreement | undefined {
  const { after } = target;
  const isAll = typeof after === 'object' && !Array.isArray(after) && 'all' in after;
  const names = isAll ? upstreamsOf(target) : [from.name];
  const of = pipeline.stages
    .filter((stage) => names.includes(stage.name))
    .map((stage) => ({ stage: stage.name, applications: instanceNamesOf(stage) }));
  return of.flatMap(({ applications }) => applications).length > 1 ? { of } : undefined;
}

function createdPlaces(moves: readonly Move[]): { file: string; key: string }[] {
  return moves.flatMap((move) => {
    const { helmValues, kustomizeImages } = move;
    if (helmValues?.create)
      return helmValues.keys.map((key) => ({ file: helmValues.file ?? 'values.yaml', key }));
    if (kustomizeImages?.create)
      return kustomizeImages.names.map((key) => ({
        file: kustomizeImages.file ?? 'kustomization.yaml',
        key,
      }));
    return [];
  });
}

/** The schema has checked the text; an impossible one would show as NaN in tests of the plan. */
function milliseconds(text: string): number {
  return parseDuration(text) ?? Number.NaN;
}
