/** From the files of a repository to the plan of a delivery: pipeline file, stage, freight, promotion file. */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PromotionFile } from '../core/ancestry.ts';
import { compileNative } from '../core/dialects/native.ts';
import { messageOf, StagelineError } from '../core/errors.ts';
import { findStage } from '../core/pipeline/find-stage.ts';
import type { ParsedPipeline } from '../core/pipeline/parse.ts';
import type { HookSettings, Stage } from '../core/pipeline/schema.ts';
import type { Plan, PlannedCommit } from '../core/plan.ts';
import { promotionFilePath } from '../core/promotion-file-path.ts';
import { normalTraceparent } from '../core/trace-context.ts';
import type { Freight } from '../core/freight.ts';
import { freightFiles } from './freight-files.ts';
import type { Parameters } from './parameters.ts';
import { type Application, cleanPath, isFile, type Place, repositoryPath, resolveInside } from './place.ts';
import { remember, type Memory } from './remember.ts';

export interface CompileOptions {
  place: Place;
  application: Application;
  parameters: Parameters;
  /** Absolute path of the pipeline file. */
  pipelineFile: string;
  /** The trace parent that values bring; the promotion file's goes before it. */
  valuesTraceparent: string | undefined;
  /** What earlier renders read; undefined reads everything anew. */
  memory: Memory | undefined;
  warn: (error: StagelineError) => void;
}

/** A stage, found and read; the plan waits for the commit. */
export interface CompiledStage {
  stage: string;
  /** Repository-relative. */
  pipelineFile: string;
  hooks: HookSettings;
  /** Repository-relative paths that belong to the application's inputs, and those that do not. */
  inputs: string[];
  notInputs: string[];
  traceparent: string | undefined;
  plan(commit: PlannedCommit): Plan;
}

/** Reads the pipeline file and what the stage needs. Errors: those of the parser, of findStage and of readFreight. */
export async function compileStage(options: CompileOptions): Promise<CompiledStage> {
  const { place, application, parameters } = options;
  const file = repositoryPath(place, options.pipelineFile);
  const text = readFileSync(options.pipelineFile, 'utf8');
  const parsed = await remember(options.memory, ['pipeline', file, text], async () =>
    (await import('./parsers.ts')).parsePipeline(text, file),
  );
  const named = parameters.string('stage');
  const stage = findStage(parsed.pipeline, file, {
    name: application.name,
    path: place.path,
    ...(named === undefined ? {} : { stage: named }),
  });
  const freight = await freightOf(options, parsed, stage);
  const left = await readPromotion(options, parsed, stage);
  // Whoever changed a version by hand since then made a new origin: the old promotion did not bring it.
  const promotion = left?.freight.id === freight.id ? left : undefined;
  const fromValues = left ? undefined : checkedTraceparent(options);
  return {
    stage: stage.name,
    pipelineFile: file,
    hooks: { ...parsed.pipeline.hooks, ...stage.hooks },
    inputs: stage.inputs ?? [],
    notInputs: [file, ...filesOfOthers(parsed, stage, place.path)],
    traceparent: promotion?.traceparent ?? fromValues,
    plan: (commit) => {
      const plan = compileNative(parsed, stage, {
        application: application.name,
        namespace: application.namespace,
        head: application.revision,
        source: {
          repoURL: application.repoURL,
          path: place.path,
          targetRevision: application.targetRevision,
        },
        commit,
        freight,
        ...(promotion ? { promotion } : {}),
      });
      return fromValues === undefined
        ? plan
        : { ...plan, links: [...plan.links, { traceparent: fromValues }] };
    },
  };
}

async function freightOf(options: CompileOptions, parsed: ParsedPipeline, stage: Stage): Promise<Freight> {
  const { place, memory } = options;
  const { moves } = parsed.pipeline;
  const locate = (path: string): { absolute: string; shown: string } => {
    const absolute = resolveInside(place, path, 'a file of "moves"');
    return { absolute, shown: repositoryPath(place, absolute) };
  };
  const read = async (): Promise<Freight> =>
    (await import('./parsers.ts')).readFreight(moves, stage.name, locate);
  const files = freightFiles(moves, stage.name).map(locate);
  // What is missing or no file is the reader's to complain about.
  if (!files.every(({ absolute }) => isFile(absolute))) return read();
  const contents = files.flatMap(({ absolute, shown }) => [shown, readFileSync(absolute, 'latin1')]);
  return remember(memory, ['freight', stage.name, JSON.stringify(moves), ...contents], read);
}

/** A promotion file that is malformed or cannot be read is reported and left out: the render goes on without link and ancestry. */
async function readPromotion(
  options: CompileOptions,
  parsed: ParsedPipeline,
  stage: Stage,
): Promise<PromotionFile | undefined> {
  const absolute = resolveInside(options.place, promotionFilePath(stage.name), 'promotion file');
  const shown = repositoryPath(options.place, absolute);
  try {
    const text = readPromotionText(absolute, shown);
    if (text === undefined) return undefined;
    const promotion = await remember(options.memory, ['promotion', shown, text], async () =>
      (await import('./parsers.ts')).parsePromotionFile(text, shown),
    );
    if (promotion.stage === stage.name && promotion.pipeline === parsed.pipeline.pipeline) return promotion;
    throw new StagelineError(
      `promotion file ${shown} is for stage "${promotion.stage}" of pipeline "${promotion.pipeline}"`,
      { code: 'PROMOTION_FILE_INVALID', hint: 'Delete it, or restore the one that the last promotion wrote' },
    );
  } catch (error) {
    if (!(error instanceof StagelineError)) throw error;
    options.warn(error);
    return undefined;
  }
}

/** Undefined if there is none. Errors: `PROMOTION_FILE_INVALID` for what is no file, such as a folder or a link that leads nowhere. */
function readPromotionText(absolute: string, shown: string): string | undefined {
  try {
    if (lstatSync(absolute, { throwIfNoEntry: false }) === undefined) return undefined;
    return readFileSync(absolute, 'utf8');
  } catch (cause) {
    throw new StagelineError(
      `promotion file ${shown} cannot be read: ${messageOf(cause).replace(/, \w+( '.*)?$/, '')}`,
      {
        code: 'PROMOTION_FILE_INVALID',
        hint: 'Delete it, or restore the one that the last promotion wrote',
        cause,
      },
    );
  }
}

function checkedTraceparent(options: CompileOptions): string | undefined {
  return checkTraceparent(options.valuesTraceparent, options.place.path, options.warn);
}

/** The trace parent of the values, in its plain form, if it is one; a malformed one is reported and not used. */
export function checkTraceparent(
  text: string | undefined,
  path: string,
  warn: (error: StagelineError) => void,
): string | undefined {
  if (text === undefined) return undefined;
  const normal = normalTraceparent(text);
  if (normal !== undefined) return normal;
  warn(
    new StagelineError(`the value "traceParent" of ${path} is no W3C traceparent`, {
      code: 'TRACEPARENT_INVALID',
      hint: 'Restore it from the last promotion, or empty it',
    }),
  );
  return undefined;
}

/** Stages that share a path: the others' values files and promotion files are not this stage's inputs. */
function filesOfOthers(parsed: ParsedPipeline, stage: Stage, path: string): string[] {
  const inPath = (file: string): string => (path === '.' ? file : `${path}/${file}`);
  const own = new Set(stageFiles(parsed, stage.name));
  return parsed.pipeline.stages
    .filter((other) => other.name !== stage.name && cleanPath(other.path) === cleanPath(stage.path))
    .flatMap((other) => [promotionFilePath(other.name), ...stageFiles(parsed, other.name)])
    .filter((file) => !own.has(file))
    .map(inPath);
}

/** Files of "moves" that are a stage's own: those whose name has the stage's in it. */
function stageFiles(parsed: ParsedPipeline, stage: string): string[] {
  return parsed.pipeline.moves
    .flatMap((move) => [
      move.helmValues?.file,
      move.kustomizeImages?.file,
      move.chartVersions?.file,
      ...(move.files ?? []),
    ])
    .flatMap((file) => (file?.includes('{stage}') ? [join(file.replaceAll('{stage}', stage))] : []));
}
