/** Which kind of source an application is, as Argo CD decides it: Chart.yaml, then a kustomization, else a directory. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { prepareHelm } from './helm.ts';
import type { Source, SourceContext } from './types.ts';

export const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/** Prepares the source of an application. Errors: those of its kind. */
export async function prepareSource(context: SourceContext): Promise<Source> {
  const kind = sourceKind(context);
  // Helm's own start must not wait for the parser; the others need it to know what they read.
  if (kind === 'helm') return prepareHelm(context);
  const parsers = await import('../parsers.ts');
  return kind === 'kustomize' ? parsers.prepareKustomize(context) : parsers.prepareDirectory(context);
}

/** The kind that the parameter `source` names, or that the files show. */
export function sourceKind(context: Pick<SourceContext, 'place' | 'parameters'>): Source['kind'] {
  const { place, parameters } = context;
  const named = parameters.string('source');
  const isRemote = parameters.has('chart') || parameters.has('repoURL');
  if (isRemote && named !== undefined && named !== 'helm') {
    throw new StagelineError(`plugin parameter "source" is "${named}", and another parameter names a chart`, {
      code: 'PARAMETER_INVALID',
      hint: 'Take "chart" and "repoURL" away, or "source"',
    });
  }
  if (named === 'helm' || named === 'kustomize' || named === 'directory') return named;
  if (isRemote || existsSync(join(place.dir, 'Chart.yaml'))) return 'helm';
  return findKustomization(place.dir) === undefined ? 'directory' : 'kustomize';
}

/** The name of a folder's kustomization, if it has one. */
export function findKustomization(folder: string): string | undefined {
  return KUSTOMIZATIONS.find((name) => existsSync(join(folder, name)));
}
