/** Applications in the manifests of a repository, as far as the plugin is concerned. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, isMap, LineCounter, type Document } from 'yaml';
import { isRecord, listOf, recordOf } from '../sources/kustomization.ts';
import { cleanPath } from '../place.ts';

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

/** Reads the Applications of one file; what is no YAML, or templated, has none. */
export function pluginSourcesIn(root: string, file: string): PluginSource[] {
  const text = readFileSync(join(root, file), 'utf8');
  if (!/^kind:\s*["']?Application["']?\s*$/m.test(text) || !text.includes('plugin')) return [];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, logLevel: 'silent' });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => sourcesOf(document, { file, line: lineOf(document, lines) }));
}

function lineOf(document: Document.Parsed, lines: LineCounter): number {
  return isMap(document.contents) && document.contents.range
    ? lines.linePos(document.contents.range[0]).line
    : 1;
}

function sourcesOf(document: Document.Parsed, place: { file: string; line: number }): PluginSource[] {
  const object: unknown = document.errors.length > 0 ? undefined : document.toJS();
  if (!isRecord(object) || object['kind'] !== 'Application') return [];
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
