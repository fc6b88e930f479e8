/** An application's inputs: the paths of the repository that its render reads. */
import { posix } from 'node:path';

export interface Inputs {
  /** Repository-relative files and folders; sorted, none inside another. */
  include: string[];
  /** Files and folders among them that belong to other stages, or that are no input. */
  exclude: string[];
}

/** Sorted inputs; a path inside another one says nothing new. */
export function makeInputs(include: readonly string[], exclude: readonly string[]): Inputs {
  const all = [...new Set(include.map(normal))].sort();
  return {
    include: all.filter((path) => !all.some((other) => other !== path && holds(other, path))),
    exclude: [...new Set(exclude.map(normal))]
      .filter((path) => all.some((other) => holds(other, path)))
      .sort(),
  };
}

/** Whether a file is one of the inputs. */
export function isInput(inputs: Inputs, path: string): boolean {
  return (
    inputs.include.some((folder) => holds(folder, path)) &&
    !inputs.exclude.some((folder) => holds(folder, path))
  );
}

function holds(folder: string, path: string): boolean {
  return folder === '.' || folder === path || path.startsWith(`${folder}/`);
}

function normal(path: string): string {
  return posix.normalize(path).replace(/^\/+|\/+$/g, '') || '.';
}

/** Whether two sets of inputs are the same paths. */
export function sameInputs(a: Inputs, b: Inputs): boolean {
  return a.include.join('\n') === b.include.join('\n') && a.exclude.join('\n') === b.exclude.join('\n');
}
