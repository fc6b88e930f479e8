/** Applications in the manifests of a repository, those of ApplicationSets too, as far as the plugin is concerned. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, isMap, LineCounter, type Document } from 'yaml';
import { isRecord, listOf, recordOf } from '../sources/kustomization.ts';
import { cleanPath } from '../place.ts';
import { applicationsOfSet } from './application-sets.ts';

/** One source of an Application that names the plugin. */
export interface PluginSource {
  /** Where the Application is written. */
  file: string;
  line: number;
  application: string;
  namespace: string;
  path: string;
  parameters: Record<string, unknown>[];
  /** The annotation `argocd.argoproj.io/manifest-generate-paths`, if there is one. */
  generatePaths: string | undefined;
}

const GENERATE_PATHS = 'argocd.argoproj.io/manifest-generate-paths';
const PLUGIN_NAME = /^stageline/;

export interface PluginSources {
  sources: PluginSource[];
  /** ApplicationSets whose Applications are known only in Argo CD. */
  unread: UnreadSet[];
}

export interface UnreadSet {
  file: string;
  line: number;
  name: string;
  /** The plugin's source in the template, if all but names and paths are alike for every Application. */
  common: Pick<PluginSource, 'parameters' | 'generatePaths'> | undefined;
}

/** Reads the Applications of one file; what is no YAML, or templated, has none. */
export function pluginSourcesIn(root: string, file: string): PluginSources {
  const text = readFileSync(join(root, file), 'utf8');
  const found: PluginSources = { sources: [], unread: [] };
  if (!/^kind:\s*["']?Application(?:Set)?["']?\s*$/m.test(text) || !text.includes('plugin')) return found;
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, logLevel: 'silent' });
  if (!Array.isArray(documents)) return found;
  for (const document of documents) {
    const object: unknown = document.errors.length > 0 ? undefined : document.toJS();
    if (!isRecord(object)) continue;
    const place = { file, line: lineOf(document, lines) };
    const applications = object['kind'] === 'ApplicationSet' ? applicationsOfSet(object) : [object];
    if (applications === undefined) found.unread.push(unreadSet(object, place));
    for (const application of applications ?? []) found.sources.push(...sourcesOf(application, place));
  }
  return found;
}

function unreadSet(object: Record<string, unknown>, place: { file: string; line: number }): UnreadSet {
  const template = recordOf(recordOf(object['spec'])['template']);
  const sources = sourcesOf({ ...template, kind: 'Application' }, place);
  const common = sources.map(({ parameters, generatePaths }) => ({ parameters, generatePaths }));
  return {
    ...place,
    name: String(recordOf(object['metadata'])['name']),
    common: common.length === 1 && !JSON.stringify(common).includes('{{') ? common[0] : undefined,
  };
}

function lineOf(document: Document.Parsed, lines: LineCounter): number {
  return isMap(document.contents) && document.contents.range
    ? lines.linePos(document.contents.range[0]).line
    : 1;
}

function sourcesOf(object: Record<string, unknown>, place: { file: string; line: number }): PluginSource[] {
  if (object['kind'] !== 'Application') return [];
  const metadata = recordOf(object['metadata']);
  const spec = recordOf(object['spec']);
  const generatePaths = recordOf(metadata['annotations'])[GENERATE_PATHS];
  return [spec['source'], ...listOf(spec['sources'])].flatMap((source) => {
    const { path, plugin } = recordOf(source);
    const { name, parameters } = recordOf(plugin);
    if (typeof path !== 'string' || typeof name !== 'string' || !PLUGIN_NAME.test(name)) return [];
    return [
      {
        ...place,
        application: String(metadata['name']),
        namespace: String(recordOf(spec['destination'])['namespace'] ?? 'default'),
        path: cleanPath(path),
        parameters: listOf(parameters).filter(isRecord),
        generatePaths: typeof generatePaths === 'string' ? generatePaths : undefined,
      },
    ];
  });
}
