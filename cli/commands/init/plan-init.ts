/** From a repository to the files that `stageline init` would write. It reads, and writes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { StagelineError } from '../../../core/errors.ts';
import { findApplications } from './find-applications.ts';
import { findMoves } from './find-moves.ts';
import { guessStages, namedStages } from './guess-stages.ts';
import { pipelineText } from './pipeline-text.ts';
import { translateSource } from './plugin-parameters.ts';
import { rewriteSources, type Rewrite } from './rewrite-source.ts';
import type { Move } from '../../../core/pipeline/schema.ts';
import {
  isRecord,
  type FileChange,
  type FoundApplication,
  type PlannedPipeline,
  type PluginParameter,
  type Skipped,
} from './types.ts';

export interface InitOptions {
  /** `<stage>=<application>`, in order; without any they are guessed. */
  stages: readonly string[];
  keys: readonly string[];
  pipeline: string | undefined;
}

export interface InitPlan {
  pipelines: (PlannedPipeline & { file: string })[];
  changes: FileChange[];
  skipped: Skipped[];
  /** What the user has to know before the first version moves, each a sentence. */
  notes: string[];
}

const FILE_NAME = 'stageline.yaml';

/** Errors: `INIT_NO_STAGES`, `INIT_STAGE`, `INIT_NOTHING_MOVES`, `INIT_FILE_EXISTS`. */
export function planInit(root: string, options: InitOptions): InitPlan {
  const found = findApplications(root);
  const { usable, skipped } = translated(found.applications);
  const applications = [...usable.keys()];
  const guess =
    options.stages.length > 0
      ? { pipelines: [namedStages(options.stages, applications, options.pipeline)], skipped: [] }
      : guessStages(applications);
  const controlPlane = mostCommon(applications.map(({ namespace }) => namespace));
  const files: FileChange[] = [];
  const notes: string[] = [];
  const rewrites: Rewrite[] = [];
  const pipelines = guess.pipelines.map((pipeline) => {
    const { file, parameter } = pipelinePlace(pipeline, guess.pipelines);
    if (existsSync(path.join(root, file))) {
      throw new StagelineError(`${file} is there already`, {
        code: 'INIT_FILE_EXISTS',
        hint: 'Edit it, or remove it and try again; nothing was changed',
      });
    }
    const moves = findMoves(root, pipeline, options.keys);
    notes.push(...overridden(pipeline, moves));
    files.push({ file, before: undefined, after: pipelineText(pipeline, { moves, file, controlPlane }) });
    for (const { application } of pipeline.stages) {
      if (application.isDone) continue;
      rewrites.push({ application, parameters: [...parameter, ...(usable.get(application) ?? [])] });
    }
    return { ...pipeline, file };
  });
  const rewritten = [...new Set(rewrites.map(({ application }) => application.file))].map((file) => {
    const before = readFileSync(path.join(root, file), 'utf8');
    const inFile = rewrites.filter(({ application }) => application.file === file);
    return { file, before, after: rewriteSources(before, inFile) };
  });
  return {
    pipelines,
    changes: [...files, ...rewritten],
    skipped: [...found.skipped, ...skipped, ...guess.skipped],
    notes,
  };
}

/** Helm's parameters win over value files: a version that one sets would never change by a promotion. */
function overridden({ stages }: PlannedPipeline, moves: readonly Move[]): string[] {
  const keys = new Set(moves.flatMap(({ helmValues }) => helmValues?.keys ?? []));
  return stages.flatMap(({ application }) => {
    const helm = isRecord(application.source['helm']) ? application.source['helm'] : {};
    const parameters = Array.isArray(helm['parameters']) ? helm['parameters'] : [];
    return parameters
      .map((parameter: unknown) => (isRecord(parameter) ? String(parameter['name']) : ''))
      .filter((name) => keys.has(name))
      .map(
        (name) => `Application ${application.name} sets ${name}, which moves, by a parameter: take that out`,
      );
  });
}

/** Applications whose whole source the plugin can take over, with the parameters that do it. */
function translated(applications: readonly FoundApplication[]): {
  usable: Map<FoundApplication, PluginParameter[]>;
  skipped: Skipped[];
} {
  const usable = new Map<FoundApplication, PluginParameter[]>();
  const skipped: Skipped[] = [];
  for (const application of applications) {
    const { parameters, lost } = translateSource(application.source);
    if (lost.length === 0) usable.set(application, parameters);
    else {
      skipped.push({
        what: `Application ${application.name} (${application.file})`,
        why: `the plugin has nothing for ${lost.join(', ')}`,
      });
    }
  }
  return { usable, skipped };
}

/**
 * The plugin finds `stageline.yaml` by walking up from the application. With several pipelines each goes into a folder
 * that holds its own stages only, or into `stageline/`, named by the plugin parameter.
 */
function pipelinePlace(
  pipeline: PlannedPipeline,
  all: readonly PlannedPipeline[],
): { file: string; parameter: PluginParameter[] } {
  if (all.length === 1) return { file: FILE_NAME, parameter: [] };
  const folder = commonFolder(pathsOf(pipeline));
  const others = all.filter((other) => other !== pipeline).flatMap(pathsOf);
  if (folder !== '' && !others.some((other) => `${other}/`.startsWith(`${folder}/`))) {
    return { file: `${folder}/${FILE_NAME}`, parameter: [] };
  }
  const file = `stageline/${pipeline.name}.yaml`;
  return { file, parameter: [{ name: 'pipeline', string: `/${file}` }] };
}

function pathsOf(pipeline: PlannedPipeline): string[] {
  return pipeline.stages.map(({ application }) => application.path);
}

function commonFolder(paths: readonly string[]): string {
  const [first = [], ...rest] = paths.map((one) => one.split('/'));
  const length = first.findIndex((segment, index) => rest.some((other) => other[index] !== segment));
  return (length === -1 ? first : first.slice(0, length)).join('/');
}

function mostCommon(values: readonly (string | undefined)[]): string | undefined {
  const known = values.filter((value) => value !== undefined);
  const count = (value: string): number => known.filter((other) => other === value).length;
  return known.toSorted((a, b) => count(b) - count(a))[0];
}
