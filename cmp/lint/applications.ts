/** Applications in the manifests of a repository, those of ApplicationSets too, as far as the plugin is concerned. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isRecord, listOf, recordOf } from '../sources/kustomization.ts';
import { cleanPath } from '../place.ts';
import { applicationsOfSet, hasOwnTemplates } from './application-sets.ts';
import { objectsIn } from './documents.ts';
import type { Findings } from './findings.ts';

/** One source of an Application that names the plugin. */
export interface PluginSource {
  /** Where the Application is written. */
  file: string;
  /** Counted from 1; undefined for one that only a stage or a chart stands for. */
  line: number | undefined;
  application: string;
  namespace: string;
  path: string;
  /** Where the source is, if the Application says so. */
  repoURL: string | undefined;
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
  /** Where the template's source is; a placeholder, maybe. */
  repoURL: string | undefined;
  /** The plugin's source in the template, if all but names and paths are alike for every Application. */
  common: Pick<PluginSource, 'parameters' | 'generatePaths'> | undefined;
}

/** On a line of its own, before a comment, in a list or in flow style. */
const KIND = /\bkind["']?\s*:\s*["']?Application(?:Set)?\b/;

/** Marks of templates, which are no YAML before they are filled in. */
const TEMPLATED = /\{\{|\{%|<%/;

/** Reads the Applications of one file; what cannot be read becomes a finding, unless a chart brings it. */
export function pluginSourcesIn(root: string, file: string, findings: Findings): PluginSources {
  const text = readFileSync(join(root, file), 'utf8');
  const found: PluginSources = { sources: [], unread: [] };
  if (!KIND.test(text) || !text.includes('plugin')) return found;
  const unreadable = (line: number, reason: string): void => {
    if (!text.includes('stageline') || isChartTemplate(root, file)) return;
    findings.add({
      severity: TEMPLATED.test(text) ? 'warning' : 'error',
      code: 'APPLICATION_UNREADABLE',
      file,
      line,
      message: `${file}:${line}: an Application here was not checked, for its YAML cannot be read: ${reason}`,
      hint: 'Mend the YAML there',
    });
  };
  for (const { object, line } of objectsIn(text, unreadable)) {
    const place = { file, line };
    const applications = object['kind'] === 'ApplicationSet' ? applicationsOfSet(object) : [object];
    if (applications === undefined) found.unread.push(unreadSet(object, place));
    for (const application of applications ?? []) found.sources.push(...sourcesOf(application, place));
  }
  return found;
}

/** Helm reads it, and what comes out is a render's. */
function isChartTemplate(root: string, file: string): boolean {
  const chart = /^(.*?)(?:^|\/)templates\//.exec(`${dirname(file)}/`)?.[1];
  return chart !== undefined && existsSync(join(root, chart, 'Chart.yaml'));
}

function unreadSet(object: Record<string, unknown>, place: { file: string; line: number }): UnreadSet {
  const template = recordOf(recordOf(object['spec'])['template']);
  const sources = sourcesOf({ ...template, kind: 'Application' }, place);
  const common = sources.map(({ parameters, generatePaths }) => ({ parameters, generatePaths }));
  const isCommon = common.length === 1 && !hasOwnTemplates(object) && !JSON.stringify(common).includes('{{');
  return {
    ...place,
    name: String(recordOf(object['metadata'])['name']),
    repoURL: sources[0]?.repoURL,
    common: isCommon ? common[0] : undefined,
  };
}

function sourcesOf(object: Record<string, unknown>, place: { file: string; line: number }): PluginSource[] {
  if (object['kind'] !== 'Application') return [];
  const metadata = recordOf(object['metadata']);
  const spec = recordOf(object['spec']);
  const generatePaths = recordOf(metadata['annotations'])[GENERATE_PATHS];
  return [spec['source'], ...listOf(spec['sources'])].flatMap((source) => {
    const { path, plugin, repoURL } = recordOf(source);
    const { name, parameters } = recordOf(plugin);
    if (typeof path !== 'string' || typeof name !== 'string' || !PLUGIN_NAME.test(name)) return [];
    return [
      {
        ...place,
        application: String(metadata['name']),
        namespace: String(recordOf(spec['destination'])['namespace'] ?? 'default'),
        path: cleanPath(path),
        repoURL: typeof repoURL === 'string' ? repoURL : undefined,
        parameters: listOf(parameters).filter(isRecord),
        generatePaths: typeof generatePaths === 'string' ? generatePaths : undefined,
      },
    ];
  });
}
