/** Inputs that people name and that are not there: a misspelt one hides every change of what was meant. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { resolveInside } from '../place.ts';
import type { SourceContext } from '../sources/types.ts';

/** Warns of each. `stageInputs`: those of the pipeline file, relative to the repository's root. */
export function warnOfMissingInputs(
  { place, parameters }: Pick<SourceContext, 'place' | 'parameters'>,
  stageInputs: readonly string[],
  warn: (error: StagelineError) => void,
): void {
  // Of a part of the repository nobody can tell what it lacks.
  if (place.missingPrefix !== '') return;
  const named = [
    ...stageInputs.map((path) => ({ path, absolute: join(place.root, path), where: 'the pipeline file' })),
    ...parameters.array('inputs').map((path) => ({
      path,
      absolute: resolveInside(place, path, 'input'),
      where: 'the plugin parameter "inputs"',
    })),
  ];
  for (const { path, where } of named.filter(({ absolute }) => !existsSync(absolute))) {
    warn(
      new StagelineError(`input "${path}" of ${place.path} does not exist`, {
        code: 'INPUT_MISSING',
        hint: `Mend or remove it in ${where}: changes of what was meant are not seen`,
      }),
    );
  }
}
