/** Plain manifests: the files of a folder, chosen and ordered as Argo CD's directory source does. */
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { isInside } from '../place.ts';
import { outsideLink } from './outside-link.ts';
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
      const { readManifest } = await import('../lazy.ts');
      const { dir } = context.place;
      return manifestFiles(context)
        .map((name) => readManifest(readFileSync(join(dir, name)), name))
        .join('');
    },
  };
}

function manifestFiles(context: SourceContext): string[] {
  const { parameters, place } = context;
  const include = patterns(parameters.string('include'));
  const exclude = patterns(parameters.string('exclude'));
  const found: string[] = [];
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(place.dir, folder)).sort()) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const absolute = join(place.dir, path);
      const stat = lstatSync(absolute);
      if (stat.isDirectory()) {
        if (parameters.flag('recurse') && name !== '.git') visit(path);
        continue;
      }
      if (!MANIFEST.test(name)) continue;
      if (include.length > 0 && !include.some((pattern) => matches(path, pattern))) continue;
      if (exclude.some((pattern) => matches(path, pattern))) continue;
      if (stat.isSymbolicLink() && !isInside(place.root, realpathSync(absolute)))
        throw outsideLink(place.path, path);
      found.push(path);
    }
  };
  visit('');
  return found;
}

/** A pattern may be a list in braces, as Argo CD documents it: `{*.yaml,sub/*.json}`. */
function patterns(text: string | undefined): string[] {
  if (text === undefined) return [];
  const braces = /^\{(.*)\}$/.exec(text);
  return (braces?.[1]?.split(',') ?? [text])
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
}

/** Argo CD's globs let `*` cross folders (gobwas/glob without separators). */
function matches(path: string, pattern: string): boolean {
  return matchesGlob(path.replaceAll('/', '\u0001'), pattern.replaceAll('/', '\u0001'));
}
