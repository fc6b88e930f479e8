/** Checks one source of an Application: its path, its render, and the paths that Argo CD watches for it. */
import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { inputsOfApplication, renderApplication } from '../generate.ts';
import { isInside } from '../place.ts';
import type { PluginSource } from './applications.ts';
import type { Findings, LintProblem } from './findings.ts';
import { isPattern, uncoveredInputs } from './generate-paths.ts';

export interface TargetOptions {
  root: string;
  env: NodeJS.ProcessEnv;
  render: boolean;
  /** Repository-relative files that a commit may change. */
  files: () => Promise<string[]>;
  findings: Findings;
}

export async function lintTarget(options: TargetOptions, target: PluginSource): Promise<void> {
  const { root, findings } = options;
  const add = (severity: LintProblem['severity']) => (error: unknown) => {
    const { file, line, path } = target;
    findings.addError(error, { file, line, severity, path });
  };
  try {
    const cwd = join(root, target.path);
    checkPath(root, target);
    const env = environmentOf(options, target);
    const inputs = await inputsOfApplication({ cwd, env, warn: add('warning') });
    await checkGeneratePaths(options, target, inputs);
    if (options.render) await renderApplication({ cwd, env, warn: add('warning') });
  } catch (error) {
    add('error')(error);
  }
}

/** Errors: `PATH_OUTSIDE`, `PATH_MISSING`. */
function checkPath(root: string, target: PluginSource): void {
  const says = `${target.file}: application "${target.application}" has the path ${target.path}, which`;
  const cwd = join(root, target.path);
  const stat = isInside(root, cwd) ? statSync(cwd, { throwIfNoEntry: false }) : undefined;
  const isOutside = stat
    ? !isInside(realpathSync.native(root), realpathSync.native(cwd))
    : !isInside(root, cwd);
  if (isOutside) {
    throw new StagelineError(`${says} leads out of the repository`, {
      code: 'PATH_OUTSIDE',
      hint: 'Name a path inside the repository',
    });
  }
  if (stat?.isDirectory()) return;
  throw new StagelineError(`${says} ${stat ? 'is no folder' : 'does not exist'}`, {
    code: 'PATH_MISSING',
    hint: stat
      ? 'Name the folder of a chart, a kustomization or manifests'
      : 'Correct the path, or add the files',
  });
}

function environmentOf(options: TargetOptions, target: PluginSource): NodeJS.ProcessEnv {
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

async function checkGeneratePaths(
  options: TargetOptions,
  target: PluginSource,
  inputs: readonly string[],
): Promise<void> {
  const { file, line, application, path, generatePaths } = target;
  if (generatePaths === undefined) return;
  const files = isPattern(generatePaths) ? await options.files() : [];
  const missed = uncoveredInputs(generatePaths, { path, inputs }, files);
  if (missed.length === 0) return;
  const patterns = isPattern(generatePaths) ? '; a pattern matches files, and its * no slash' : '';
  options.findings.add({
    severity: 'error',
    code: 'GENERATE_PATHS',
    file,
    line,
    message: `manifest-generate-paths of application "${application}" misses ${missed.join(', ')}${patterns}`,
    hint: `Add ${missed.map((input) => `/${input}`).join(';')} to the annotation, or changes there are not rendered`,
  });
}
