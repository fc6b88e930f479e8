/** The inputs of an application: its path, what the render reads besides, what pipeline file and user add. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryPath, resolveInside, type Place } from '../place.ts';
import type { SourceContext } from '../sources/types.ts';
import { makeInputs, type Inputs } from './inputs.ts';

/** Inputs by name, and what is needed to find those that are read through links. */
export interface ApplicationInputs extends Inputs {
  place: Place;
  /** Those that the render reads, repository-relative. */
  rendered: string[];
}

/** The application's own path, what its render reads besides, and what the user adds. */
export function inputsOf(
  context: Pick<SourceContext, 'place' | 'parameters'>,
  outside: readonly string[],
  stage: { inputs: string[]; notInputs: string[] } | undefined,
): ApplicationInputs {
  const { place, parameters } = context;
  const added = parameters
    .array('inputs')
    .map((path) => repositoryPath(place, resolveInside(place, path, 'input')));
  const rendered = [place.path, ...outside];
  const include = [...rendered, ...added, ...(stage?.inputs ?? [])];
  return {
    ...makeInputs(
      include.map((path) => outermostSubmodule(place, path)),
      stage?.notInputs ?? [],
    ),
    place,
    rendered,
  };
}

/** Inside a submodule the outer repository's history knows only the submodule itself. */
export function outermostSubmodule(place: Place, path: string): string {
  const parts = path.split('/');
  for (let count = 1; count < parts.length; count += 1) {
    const folder = parts.slice(0, count).join('/');
    if (existsSync(join(place.root, folder, '.git'))) return folder;
  }
  return path;
}
