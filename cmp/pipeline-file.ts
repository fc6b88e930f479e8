/** Where the pipeline file is. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { StagelineError } from '../core/errors.ts';
import type { Parameters } from './parameters.ts';
import { repositoryPath, resolveInside, type Place } from './place.ts';

export const PIPELINE_FILE = 'stageline.yaml';

/**
 * The absolute path of the pipeline file: the one that the parameter names, or the nearest `stageline.yaml` from the
 * application's path up to the root. Undefined with `pipeline: none`. Errors: `PIPELINE_MISSING`,
 * `PIPELINE_NO_FILE`, `PATH_OUTSIDE`.
 */
export function findPipelineFile(place: Place, parameters: Parameters): string | undefined {
  const named = parameters.string('pipeline');
  if (named === 'none') return undefined;
  if (named !== undefined) {
    const absolute = resolveInside(place, named, 'pipeline file');
    if (existsSync(absolute)) return checkedFile(place, absolute);
    throw new StagelineError(
      `pipeline file "${named}", which the plugin parameter "pipeline" names, does not exist`,
      {
        code: 'PIPELINE_MISSING',
        hint: `Paths are relative to ${place.path}; begin with "/" for the root of the repository`,
      },
    );
  }
  for (let folder = place.dir; ; folder = dirname(folder)) {
    const file = join(folder, PIPELINE_FILE);
    if (existsSync(file)) return checkedFile(place, file);
    if (folder === place.root) break;
  }
  const narrowed =
    place.missingPrefix === ''
      ? ''
      : ` (Argo CD handed over the repository without ${place.missingPrefix}/..)`;
  throw new StagelineError(
    `no ${PIPELINE_FILE} from ${place.path} up to the root of the repository${narrowed}`,
    {
      code: 'PIPELINE_MISSING',
      hint:
        place.missingPrefix === ''
          ? 'Add one, or set the plugin parameter "pipeline: none" to render without checks'
          : 'Add /stageline.yaml to the annotation argocd.argoproj.io/manifest-generate-paths',
    },
  );
}

/** A file of the repository, and not what a link leads to outside of it. */
function checkedFile(place: Place, file: string): string {
  const absolute = resolveInside(place, `/${relative(place.root, file)}`, 'pipeline file');
  if (statSync(absolute).isFile()) return absolute;
  throw new StagelineError(`pipeline file ${repositoryPath(place, absolute)} is no file`, {
    code: 'PIPELINE_NO_FILE',
    hint: 'Put the pipeline file in its place, or name another one with the plugin parameter "pipeline"',
  });
}
