/** Which kind of source an application is, as Argo CD decides it: Chart.yaml, then a kustomization, else a directory. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prepareDirectory } from './directory.ts';
import { prepareHelm } from './helm.ts';
import { findKustomization, prepareKustomize } from './kustomize.ts';
import type { Source, SourceContext } from './types.ts';

/** Prepares the source of an application. Errors: those of its kind. */
export function prepareSource(context: SourceContext): Source {
  const { place, parameters } = context;
  const named = parameters.string('source');
  const remote = parameters.has('chart') || parameters.has('repoURL');
  const kind =
    named ??
    (remote || existsSync(join(place.dir, 'Chart.yaml'))
      ? 'helm'
      : findKustomization(place.dir) === undefined
        ? 'directory'
        : 'kustomize');
  if (kind === 'helm') return prepareHelm(context);
  return kind === 'kustomize' ? prepareKustomize(context) : prepareDirectory(context);
}
