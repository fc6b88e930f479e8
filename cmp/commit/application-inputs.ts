/** The inputs of an application: its path, what the render reads besides, what pipeline file and user add. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryPath, resolveInside, type Place } from '../place.ts';
import type { SourceContext } from '../sources/types.ts';
import { makeInputs, type Inputs } from './inputs.ts';

/** The application's own path, what its render reads besides, and what the user adds. */
export function inputsOf(
  context: Pick<SourceContext, 'place' | 'parameters'>,
  outside: readonly string[],
  stage: { inputs: string[]; notInputs: string[] } | undefined,
): Inputs {
  const { place, parameters } = context;
  const added = parameters
    .array('inputs')
    .map((path) => repositoryPath(place, resolveInside(place, path, 'input')));
  const include = [place.path, ...outside, ...added, ...(stage?.inputs ?? [])];
  return makeInputs(
    include.map((path) => outermostSubmodule(place, path)),
    stage?.notInputs ?? [],
  );
}

/** Inside a submodule the outer repository's history knows only the submodule itself. */
function outermostSubmodule(place: Place, path: string): string {
  const parts = path.split('/');
  for (let count = 1; count < parts.length; count += 1) {
    const folder = parts.slice(0, count).join('/');
    if (existsSync(join(place.root, folder, '.git'))) return folder;
  }
  return path;
}
