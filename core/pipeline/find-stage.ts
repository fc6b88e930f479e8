/** Which stage of a pipeline an application is: by the application's name, then by path. */
import { StagelineError } from '../errors.ts';
import type { Pipeline, Stage } from './schema.ts';

export interface ApplicationPlace {
  /** ARGOCD_APP_NAME: the name, or `<namespace>_<name>` outside the control-plane namespace. */
  name: string;
  /** Repository-relative path of the application. */
  path: string;
  /** The stage that the plugin's `stage` parameter names, if any. */
  stage?: string;
}

/** The stage. Errors: `STAGE_UNKNOWN` (a named one is not there), `STAGE_NOT_FOUND`, `STAGE_AMBIGUOUS`. */
export function findStage(pipeline: Pipeline, file: string, application: ApplicationPlace): Stage {
  const known = pipeline.stages.map((stage) => stage.name).join(', ');
  if (application.stage !== undefined) {
    const named = pipeline.stages.find((stage) => stage.name === application.stage);
    if (named) return named;
    throw new StagelineError(
      `${file} has no stage "${application.stage}", which the plugin parameter "stage" names`,
      {
        code: 'STAGE_UNKNOWN',
        hint: `Name one of: ${known}`,
      },
    );
  }
  const byName = pipeline.stages.filter((stage) => instanceNamesOf(stage).includes(application.name));
  const found =
    byName.length > 0 ? byName : pipeline.stages.filter((stage) => samePath(stage.path, application.path));
  if (found.length === 1 && found[0]) return found[0];
  if (found.length > 1) {
    throw new StagelineError(
      `${file} has ${found.length} stages for application "${application.name}" at ${application.path}: ${found.map((stage) => stage.name).join(', ')}`,
      { code: 'STAGE_AMBIGUOUS', hint: 'Set the plugin parameter "stage" on the Application' },
    );
  }
  throw new StagelineError(
    `${file} has no stage for application "${application.name}" at path ${application.path}`,
    {
      code: 'STAGE_NOT_FOUND',
      hint: `Set "application" or "path" of one of the stages (${known}), or the plugin parameter "pipeline: none"`,
    },
  );
}

/** A stage's application as Argo CD names it to plugins: `<namespace>/<name>` becomes `<namespace>_<name>`. */
export function instanceNameOf(stage: Pick<Stage, 'application'>): string {
  return stage.application.replace('/', '_');
}

/** All of a stage's applications, the one that it is called by first. */
export function instanceNamesOf(stage: Pick<Stage, 'application' | 'applications'>): string[] {
  const all = [stage.application, ...(stage.applications ?? [])];
  return [...new Set(all.map((application) => instanceNameOf({ application })))];
}

function samePath(a: string, b: string): boolean {
  const clean = (path: string): string => path.replace(/^\.\//, '').replace(/\/+$/, '');
  return clean(a) === clean(b);
}
