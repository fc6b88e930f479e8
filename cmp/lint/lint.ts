/** Checks a whole repository as a render would: pipeline files, the stages' sources, and what Argo CD is told of them. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { instanceNameOf } from '../../core/pipeline/find-stage.ts';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import type { Stage } from '../../core/pipeline/schema.ts';
import { mentionsKeptn } from '../keptn-free.ts';
import { PIPELINE_FILE } from '../pipeline-file.ts';
import { cleanPath, isInside } from '../place.ts';
import { pluginSourcesIn, type PluginSource, type PluginSources, type UnreadSet } from './applications.ts';
import { filesOf, withoutIgnored } from './files.ts';
import { Findings, type LintProblem } from './findings.ts';
import { kinshipOf, remotesOf } from './repositories.ts';
import { lintTarget, type TargetOptions } from './target.ts';

export type { LintProblem };

export interface LintOptions {
  /** The repository's root. */
  root: string;
  /** For programs and settings; what the sidecar would have. */
  env: NodeJS.ProcessEnv;
  /** Whether charts are rendered; default yes. Without it only files are read. */
  render?: boolean;
}

/** Everything that is wrong, in the order of the files. Throws only where a repository cannot be read at all. */
export async function lintRepository(options: LintOptions): Promise<LintProblem[]> {
  const { root } = options;
  const findings = new Findings(root);
  const files = filesOf(root, findings);
  const found = applicationsIn(root, files, findings);
  const { sources: named, unread, notes } = await ownOnes(root, found, findings);
  const pipelineFiles = files.filter((file) => basename(file) === PIPELINE_FILE);
  // Charts for Keptn need none; where there are Applications, their renders tell.
  const isBare = pipelineFiles.length === 0 && named.length === 0;
  const sources = isBare ? keptnCharts(root, files, findings) : named;
  if (isBare && sources.length === 0 && notes.length === 0) findings.add(noPipeline());
  const target = targetOptions(options, files, findings);
  const seen = new Set<PluginSource>();
  for (const file of pipelineFiles) {
    for (const stage of stagesIn(root, file, findings)) {
      const own = sources.filter((source) => source.application === nameOf(stage));
      for (const source of own) seen.add(source);
      // An ApplicationSet may make its Application, with parameters that nothing here tells.
      const blind = unread.find((set) => own.length === 0 && (unread.length > 1 || !set.common));
      if (blind) findings.add(unreadSet(blind, stage));
      const others = blind ? [] : [{ ...sourceOfStage(file, stage), ...unread[0]?.common }];
      for (const one of own.length > 0 ? own : others) await lintTarget(target, one);
    }
  }
  for (const source of sources) if (!seen.has(source)) await lintTarget(target, source);
  for (const note of notes) findings.add(note);
  return findings.problems;
}

function targetOptions(options: LintOptions, files: string[], findings: Findings): TargetOptions {
  const { root, env, render = true } = options;
  const gitDir = gitDirOf(root);
  let tracked: Promise<string[]> | undefined;
  const changing = (): Promise<string[]> =>
    (tracked ??= gitDir === undefined ? Promise.resolve(files) : withoutIgnored(gitDir, root, files));
  return { root, env, render, findings, files: changing };
}

/** A file in a worktree, which Git reads as well. */
function gitDirOf(root: string): string | undefined {
  const gitDir = join(root, '.git');
  return existsSync(gitDir) ? gitDir : undefined;
}

function applicationsIn(root: string, files: readonly string[], findings: Findings): PluginSources {
  const found = files
    .filter((file) => /\.ya?ml$/.test(file))
    .flatMap(
      (file) =>
        findings.attempt({ file, severity: 'error' }, () => pluginSourcesIn(root, file, findings)) ?? [],
    );
  return {
    sources: found.flatMap(({ sources }) => sources),
    unread: found.flatMap(({ unread }) => unread),
  };
}

/** Without those of other repositories, and a note for each of these. */
async function ownOnes(
  root: string,
  found: PluginSources,
  findings: Findings,
): Promise<PluginSources & { notes: LintProblem[] }> {
  const all = [...found.sources, ...found.unread];
  const gitDir = all.some(({ repoURL }) => repoURL !== undefined) ? gitDirOf(root) : undefined;
  let remotes: string[] = [];
  try {
    if (gitDir !== undefined) remotes = await remotesOf(gitDir);
  } catch (error) {
    findings.addError(error, { file: '.git', severity: 'warning' });
  }
  const isForeign = (one: PluginSource | UnreadSet): boolean => {
    const kinship = kinshipOf(one.repoURL, remotes);
    return kinship === 'other' || (kinship === 'renamed' && 'path' in one && !isHere(root, one.path));
  };
  return {
    sources: found.sources.filter((source) => !isForeign(source)),
    unread: found.unread.filter((set) => !isForeign(set)),
    notes: all.filter(isForeign).map(leftOut),
  };
}

function isHere(root: string, path: string): boolean {
  return isInside(root, join(root, path)) && existsSync(join(root, path));
}

function stagesIn(root: string, file: string, findings: Findings): readonly Stage[] {
  const read = (): readonly Stage[] =>
    parsePipeline(readFileSync(join(root, file), 'utf8'), file).pipeline.stages;
  return findings.attempt({ file, severity: 'error' }, read) ?? [];
}

/** Charts with something of Keptn's in their templates: an Application elsewhere delivers each by itself. */
function keptnCharts(root: string, files: readonly string[], findings: Findings): PluginSource[] {
  const mentions = (file: string): boolean =>
    findings.attempt({ file, severity: 'error' }, () =>
      mentionsKeptn(readFileSync(join(root, file), 'latin1')),
    ) ?? false;
  return files.flatMap((file) => {
    if (basename(file) !== 'Chart.yaml' || file.includes('/charts/')) return [];
    const path = dirname(file);
    const hasKeptn = files.some((other) => other.startsWith(join(path, 'templates/')) && mentions(other));
    return hasKeptn ? [standIn(file, { application: basename(join(root, path)), path })] : [];
  });
}

/** The source of an Application that is not in this repository: with the parameters that it has by default. */
function standIn(file: string, of: { application: string; path: string }): PluginSource {
  return {
    file,
    line: undefined,
    namespace: 'default',
    repoURL: undefined,
    parameters: [],
    generatePaths: undefined,
    ...of,
  };
}

function nameOf(stage: Stage): string {
  return instanceNameOf(stage).replace(/^[^_]*_/, '');
}

function sourceOfStage(file: string, stage: Stage): PluginSource {
  return standIn(file, { application: instanceNameOf(stage), path: cleanPath(stage.path) });
}

function leftOut(one: PluginSource | UnreadSet): LintProblem {
  const what = 'path' in one ? `application "${one.application}"` : `ApplicationSet "${one.name}"`;
  return {
    severity: 'note',
    code: 'OTHER_REPOSITORY',
    file: one.file,
    line: one.line,
    message: `${what} was left out: its source is in another repository`,
    hint: 'Check it in a clone of that one',
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
