/** Plain manifests: the files of a folder, chosen and ordered as Argo CD's directory source does. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StagelineError } from '../../core/errors.ts';
import { isFile } from '../place.ts';
import { goGlob } from './go-glob.ts';
import { refuseOutsideLinks } from './links.ts';
import { readManifest } from './manifest-file.ts';
import type { Source, SourceContext } from './types.ts';

/** Argo CD reads these (reposerver/repository, manifestFile); Jsonnet needs its own source type. */
const MANIFEST = /\.(ya?ml|json)$/;

/** Lists the manifests of a directory. Errors: `PATH_OUTSIDE` for a link out of the repository. */
export function prepareDirectory(context: SourceContext): Source {
  return {
    kind: 'directory',
    outside: [],
    needsVersion: false,
    valuesTraceparent: undefined,
    render: async () => {
      refuseOutsideLinks(context.place, [context.place.dir]);
      return manifestFiles(context)
        .map((name) => readManifest(readFileSync(join(context.place.dir, name)), name))
        .join('');
    },
  };
}

/** Git's own folder, and what promotions leave beside the manifests. */
const NO_MANIFESTS: ReadonlySet<string> = new Set(['.git', '.stageline']);

function manifestFiles(context: SourceContext): string[] {
  const { parameters, place } = context;
  const include = patternOf(context, 'include');
  const exclude = patternOf(context, 'exclude');
  const found: string[] = [];
  const visit = (folder: string): void => {
    const entries = readdirSync(join(place.dir, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (parameters.flag('recurse') && !NO_MANIFESTS.has(entry.name)) visit(path);
        continue;
      }
      if (!MANIFEST.test(entry.name) || (include && !include.test(path)) || exclude?.test(path)) continue;
      // Argo CD passes over links that lead to no file.
      if (entry.isSymbolicLink() && !isFile(join(place.dir, path))) continue;
      found.push(path);
    }
  };
  visit('');
  return found;
}

/** The pattern of a parameter. Errors: `PARAMETER_INVALID`. */
function patternOf({ parameters }: SourceContext, name: 'include' | 'exclude'): RegExp | undefined {
  const text = parameters.string(name);
  if (text === undefined || text === '') return undefined;
  const pattern = goGlob(text);
  if (pattern) return pattern;
  throw new StagelineError(`plugin parameter "${name}" is "${text}", which is no glob`, {
    code: 'PARAMETER_INVALID',
    hint: 'Close brackets and braces, for example {*.yaml,base/*.json}',
  });
}
