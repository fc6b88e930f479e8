/** What a kustomization reads: bases, components, patches and files, in the application's folder and elsewhere. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { resolveInside, type Place } from '../place.ts';
import { findKustomization } from './detect.ts';
import { listOf, parseKustomization, recordOf, type Kustomization } from './kustomization.ts';

/** Fields that list files or folders. */
const PATH_LISTS = [
  'resources',
  'bases',
  'components',
  'crds',
  'configurations',
  'generators',
  'transformers',
  'validators',
  'patchesStrategicMerge',
] as const;

/**
 * Absolute paths that the build of a folder reads, the folder itself left out. Addresses are none of the repository's.
 * Errors: `PATH_OUTSIDE`, `KUSTOMIZATION_INVALID`.
 */
export function kustomizeInputs(place: Place): string[] {
  const found = new Set<string>();
  const visit = (folder: string): void => {
    const name = findKustomization(folder);
    if (name === undefined) return;
    const file = join(folder, name);
    const kustomization = parseKustomization(readFileSync(file, 'utf8'), relative(place.root, file));
    for (const path of pathsIn(kustomization)) {
      if (isAddress(path)) refuseLocalClone(place, path);
      if (isAddress(path) || path.includes('\n')) continue;
      const absolute = resolveInside({ ...place, dir: folder }, path, 'kustomization path');
      if (!existsSync(absolute) || found.has(absolute)) continue;
      found.add(absolute);
      // Behind a link, paths count from where it leads to.
      if (statSync(absolute).isDirectory()) visit(realpathSync.native(absolute));
    }
  };
  visit(place.dir);
  return [...found];
}

function pathsIn(kustomization: Kustomization): string[] {
  const lists = PATH_LISTS.flatMap((field) => listOf(kustomization[field]));
  const patches = ['patches', 'patchesJson6902', 'replacements'].flatMap((field) =>
    listOf(kustomization[field]).map((entry) => recordOf(entry)['path']),
  );
  const generators = ['configMapGenerator', 'secretGenerator'].flatMap((field) =>
    listOf(kustomization[field]).flatMap((entry) => generatorPaths(recordOf(entry))),
  );
  const charts = listOf(kustomization['helmCharts']).flatMap((entry) => {
    const chart = recordOf(entry);
    return [chart['valuesFile'], ...listOf(chart['additionalValuesFiles'])];
  });
  const others = [
    recordOf(kustomization['openapi'])['path'],
    recordOf(kustomization['helmGlobals'])['chartHome'],
  ];
  return [...lists, ...patches, ...generators, ...charts, ...others].filter(
    (path): path is string => typeof path === 'string' && path !== '',
  );
}

function generatorPaths(generator: Record<string, unknown>): unknown[] {
  const files = listOf(generator['files']).map((entry) =>
    typeof entry === 'string' ? entry.replace(/^[^=/]+=/, '') : entry,
  );
  return [...files, ...listOf(generator['envs']), generator['env']];
}

/** Kustomize would clone it, and beside the sidecar's tree lie those of other applications. Errors: `PATH_OUTSIDE`. */
function refuseLocalClone(place: Place, path: string): void {
  if (!/^(?:git::)?(?:file:|[./~])/i.test(path)) return;
  throw new StagelineError(`kustomization path "${path}" of ${place.path} is a repository on this machine`, {
    code: 'PATH_OUTSIDE',
    hint: 'Name a path inside the repository, or the address of a repository at a host',
  });
}

/** Kustomize takes addresses, Git's short form and GitHub's names for remote; local paths exist or fail in the build. */
function isAddress(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/|^git::|^git@|^github\.com[/:]|\?ref=/.test(path);
}
