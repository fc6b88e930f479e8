/** Plain manifests: the files of a folder, chosen and ordered as Argo CD's directory source does. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
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

/** Git's own folder, what promotions leave beside the manifests, and the pipeline file. */
const NO_MANIFESTS: ReadonlySet<string> = new Set(['.git', '.stageline', 'stageline.yaml']);

function manifestFiles(context: SourceContext): string[] {
  const { parameters, place } = context;
  const include = patterns(parameters.string('include'));
  const exclude = patterns(parameters.string('exclude'));
  const found: string[] = [];
  const visit = (folder: string): void => {
    const entries = readdirSync(join(place.dir, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (parameters.flag('recurse') && !NO_MANIFESTS.has(entry.name)) visit(path);
        continue;
      }
      if (!MANIFEST.test(entry.name) || NO_MANIFESTS.has(entry.name)) continue;
      if (include.length > 0 && !include.some((pattern) => matches(path, pattern))) continue;
      if (exclude.some((pattern) => matches(path, pattern))) continue;
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
