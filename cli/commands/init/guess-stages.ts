/** Guesses pipelines from the names and paths of applications: `shop-dev` and `shop-prod` are two stages of `shop`. */
import { StagelineError } from '../../../core/errors.ts';
import type { FoundApplication, PlannedPipeline, PlannedStage, Skipped } from './types.ts';

/** Words for environments, from the first to the last. */
const STAGE_WORDS: readonly (readonly string[])[] = [
  ['dev', 'develop', 'development'],
  ['test', 'testing', 'int', 'integration'],
  ['qa'],
  ['stage', 'staging', 'stg', 'uat', 'acceptance', 'preprod'],
  ['prod', 'production', 'prd', 'live'],
];

export interface Guess {
  pipelines: PlannedPipeline[];
  skipped: Skipped[];
}

/** Groups that have two stages or more. Errors: `INIT_NO_STAGES`. */
export function guessStages(applications: readonly FoundApplication[]): Guess {
  const groups = new Map<string, PlannedStage[]>();
  const skipped: Skipped[] = [];
  for (const application of applications) {
    const found = stageOf(application);
    if (found === undefined) {
      skipped.push({ what: named(application), why: 'neither name nor path has a word for a stage' });
      continue;
    }
    groups.set(found.group, [...(groups.get(found.group) ?? []), { name: found.stage, application }]);
  }
  const pipelines: PlannedPipeline[] = [];
  for (const [name, stages] of groups) {
    const names = new Set(stages.map((stage) => stage.name));
    if (stages.length > 1 && names.size === stages.length) {
      pipelines.push({ name, stages: stages.toSorted((a, b) => rank(a.name) - rank(b.name)) });
    } else {
      const why =
        stages.length === 1
          ? `no other stage of ${name} was found`
          : `there are several ${[...names].join(', ')} of ${name}`;
      skipped.push(...stages.map(({ application }) => ({ what: named(application), why })));
    }
  }
  if (pipelines.length > 0) return { pipelines, skipped };
  throw new StagelineError(
    applications.length === 0
      ? 'there is no Application here whose source this repository holds'
      : `no two of the ${applications.length} Applications here look like stages of one product`,
    {
      code: 'INIT_NO_STAGES',
      hint: 'Name them in order: stageline init --stage dev=shop-dev --stage prod=shop-prod',
    },
  );
}

/** The one pipeline that `--stage <stage>=<application>` names. Errors: `INIT_STAGE`. */
export function namedStages(
  texts: readonly string[],
  applications: readonly FoundApplication[],
  pipeline: string | undefined,
): PlannedPipeline {
  const stages = texts.map((text) => {
    const [name = '', wanted = ''] = text.split(/=(.*)/s);
    const application = applications.find((candidate) => candidate.name === wanted);
    if (application && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) return { name, application };
    throw new StagelineError(
      application === undefined
        ? `there is no Application "${wanted}" here that can be a stage`
        : `"${name}" cannot be the name of a stage`,
      {
        code: 'INIT_STAGE',
        hint: `Write --stage <stage>=<application>, with one of: ${applications.map((one) => one.name).join(', ')}`,
      },
    );
  });
  const first = stages[0]?.application;
  const guessed = first === undefined ? undefined : stageOf(first)?.group;
  return { name: pipeline ?? guessed ?? first?.name ?? 'pipeline', stages };
}

function stageOf(application: FoundApplication): { stage: string; group: string } | undefined {
  const tokens = application.name.split(/[-_.]/);
  const inName = tokens.findLastIndex(isStageWord);
  const rest = tokens.filter((_, index) => index !== inName).join('-');
  const word = tokens[inName];
  if (word !== undefined && rest !== '') return { stage: word, group: rest };
  const inPath = application.path
    .split('/')
    .flatMap((segment) => [segment, ...segment.split(/[-_.]/)])
    .findLast(isStageWord);
  return inPath === undefined ? undefined : { stage: inPath, group: application.name };
}

function isStageWord(word: string): boolean {
  return rank(word) >= 0;
}

function rank(word: string): number {
  return STAGE_WORDS.findIndex((words) => words.includes(word));
}

function named(application: FoundApplication): string {
  return `Application ${application.name} (${application.file})`;
}
