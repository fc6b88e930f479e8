/** Checks a whole repository as a render would: pipeline files, the stages' sources, and what Argo CD is told of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { instanceNameOf } from '../../core/pipeline/find-stage.ts';
import { parsePipeline, type ParsedPipeline } from '../../core/pipeline/parse.ts';
import type { Stage } from '../../core/pipeline/schema.ts';
import { inputsOfApplication, renderApplication } from '../generate.ts';
import { mentionsKeptn } from '../keptn-free.ts';
import { PIPELINE_FILE } from '../pipeline-file.ts';
import { cleanPath } from '../place.ts';
import { pluginSourcesIn, type PluginSource, type UnreadSet } from './applications.ts';
import { uncoveredInputs } from './generate-paths.ts';

export interface LintOptions {
  /** The repository's root. */
  root: string;
  /** For programs and settings; what the sidecar would have. */
  env: NodeJS.ProcessEnv;
  /** Whether charts are rendered; default yes. Without it only files are read. */
  render?: boolean;
}

export interface LintProblem {
  severity: 'error' | 'warning';
  code: string;
  /** Repository-relative; the best place to look at. */
  file: string;
  /** Counted from 1, where it is known. */
  line: number | undefined;
  message: string;
  hint: string;
}

const SKIPPED = new Set(['.git', 'node_modules']);

/** Everything that is wrong, in the order of the files. Throws only where a repository cannot be read at all. */
export async function lintRepository(options: LintOptions): Promise<LintProblem[]> {
  const files = filesOf(options.root);
  const problems: LintProblem[] = [];
  const found = files
    .filter((file) => /\.ya?ml$/.test(file))
    .map((file) => pluginSourcesIn(options.root, file));
  const named = found.flatMap((one) => one.sources);
  const unread = found.flatMap((one) => one.unread);
  const pipelineFiles = files.filter((file) => file === PIPELINE_FILE || file.endsWith(`/${PIPELINE_FILE}`));
  // Charts for Keptn need none; where there are Applications, their renders tell.
  const isBare = pipelineFiles.length === 0 && named.length === 0;
  const sources = isBare ? keptnCharts(options.root, files) : named;
  if (pipelineFiles.length === 0 && sources.length === 0) problems.push(noPipeline());
  const seen = new Set<PluginSource>();
  for (const file of pipelineFiles) {
    const parsed = parsedOrProblem(options.root, file, problems);
    for (const stage of parsed?.pipeline.stages ?? []) {
      const own = sources.filter((source) => source.application === nameOf(stage));
      for (const source of own) seen.add(source);
      // An ApplicationSet may make its Application, with parameters that nothing here tells.
      const blind = unread.find((set) => own.length === 0 && (unread.length > 1 || !set.common));
      if (blind) problems.push(unreadSet(blind, stage));
      const others = blind ? [] : [{ ...sourceOfStage(file, stage), ...unread[0]?.common }];
      for (const target of own.length > 0 ? own : others) await lintTarget(options, target, problems);
    }
  }
  for (const source of sources) if (!seen.has(source)) await lintTarget(options, source, problems);
  return withoutRepeats(problems);
}

/** A wrong pipeline file shows up again with each Application that it is for. */
function withoutRepeats(problems: readonly LintProblem[]): LintProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function filesOf(root: string): string[] {
  const found: string[] = [];
  const visit = (folder: string): void => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) visit(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  visit('');
  return found;
}

function parsedOrProblem(root: string, file: string, problems: LintProblem[]): ParsedPipeline | undefined {
  try {
    return parsePipeline(readFileSync(join(root, file), 'utf8'), file);
  } catch (error) {
    problems.push(problemOf(error, { file, severity: 'error' }));
    return undefined;
  }
}

/** Charts with something of Keptn's in their templates: an Application elsewhere delivers each by itself. */
function keptnCharts(root: string, files: readonly string[]): PluginSource[] {
  return files.flatMap((file) => {
    if (basename(file) !== 'Chart.yaml' || file.includes('/charts/')) return [];
    const path = dirname(file);
    const mentions = files.some(
      (other) =>
        other.startsWith(join(path, 'templates/')) &&
        mentionsKeptn(readFileSync(join(root, other), 'latin1')),
    );
    return mentions ? [standIn(file, { application: basename(join(root, path)), path })] : [];
  });
}

/** The source of an Application that is not in this repository: with the parameters that it has by default. */
function standIn(file: string, of: { application: string; path: string }): PluginSource {
  return { file, line: 1, namespace: 'default', parameters: [], generatePaths: undefined, ...of };
}

function nameOf(stage: Stage): string {
  return instanceNameOf(stage).replace(/^[^_]*_/, '');
}

function sourceOfStage(file: string, stage: Stage): PluginSource {
  return standIn(file, { application: instanceNameOf(stage), path: cleanPath(stage.path) });
}

async function lintTarget(
  options: LintOptions,
  target: PluginSource,
  problems: LintProblem[],
): Promise<void> {
  const add = (severity: LintProblem['severity']) => (error: unknown) => {
    problems.push(problemOf(error, { file: target.file, severity }));
  };
  const cwd = join(options.root, target.path);
  if (!existsSync(cwd)) {
    add('error')(
      new StagelineError(
        `${target.file}: application "${target.application}" has the path ${target.path}, which does not exist`,
        {
          code: 'PATH_MISSING',
          hint: 'Correct the path, or add the files',
        },
      ),
    );
    return;
  }
  const env = environmentOf(options, target);
  try {
    const inputs = await inputsOfApplication({ cwd, env, warn: add('warning') });
    checkGeneratePaths(target, inputs, problems);
    if (options.render ?? true) await renderApplication({ cwd, env, warn: add('warning') });
  } catch (error) {
    add('error')(error);
  }
}

function environmentOf(options: LintOptions, target: PluginSource): NodeJS.ProcessEnv {
  const asked = target.parameters.some((parameter) => parameter['name'] === 'determinism');
  const parameters = asked
    ? target.parameters
    : [...target.parameters, { name: 'determinism', string: 'warn' }];
  return {
    STAGELINE_HOOK_IMAGE: 'stageline',
    ...options.env,
    ARGOCD_APP_NAME: target.application,
    ARGOCD_APP_NAMESPACE: target.namespace,
    ARGOCD_APP_SOURCE_PATH: target.path,
    ARGOCD_APP_PARAMETERS: JSON.stringify(parameters),
  };
}

function checkGeneratePaths(target: PluginSource, inputs: readonly string[], problems: LintProblem[]): void {
  if (target.generatePaths === undefined) return;
  const missed = uncoveredInputs(target.generatePaths, target.path, inputs);
  if (missed.length === 0) return;
  problems.push({
    severity: 'error',
    code: 'GENERATE_PATHS',
    file: target.file,
    line: target.line,
    message: `manifest-generate-paths of application "${target.application}" misses ${missed.join(', ')}`,
    hint: `Add ${missed.map((path) => `/${path}`).join(';')} to the annotation, or changes there are not rendered`,
  });
}

function problemOf(error: unknown, place: { file: string; severity: LintProblem['severity'] }): LintProblem {
  if (!(error instanceof StagelineError)) throw error;
  const where = /^(\S+?):(\d+): /.exec(error.message);
  return {
    severity: place.severity,
    code: error.code,
    file: where?.[1] ?? place.file,
    line: where?.[2] === undefined ? undefined : Number(where[2]),
    message: error.message,
    hint: error.hint,
  };
}

function unreadSet(set: UnreadSet, stage: Stage): LintProblem {
  return {
    severity: 'warning',
    code: 'APPLICATIONSET_UNREAD',
    file: set.file,
    line: set.line,
    message: `stage "${stage.name}" was not rendered: ApplicationSet "${set.name}" makes its Applications from more than a list`,
    hint: 'Render it by hand with "stageline render" and its parameters',
  };
}

function noPipeline(): LintProblem {
  return {
    severity: 'error',
    code: 'PIPELINE_MISSING',
    file: PIPELINE_FILE,
    line: undefined,
    message: `the repository has no ${PIPELINE_FILE}`,
    hint: 'Make one with "stageline init"',
  };
}
