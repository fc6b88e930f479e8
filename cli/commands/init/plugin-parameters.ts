/** From `source.helm`, `source.kustomize` or `source.directory` to the parameters of `source.plugin` that say the same. */
import { stringify } from 'yaml';
import { KUBE_YAML_TEXT } from '../../../core/kube-yaml.ts';
import { readParameters, type ParameterName } from '../../../cmp/parameters.ts';
import { isRecord, type Json, type PluginParameter } from './types.ts';

export interface Translation {
  parameters: PluginParameter[];
  /** Fields that the plugin has nothing for; with any, the Application is left alone. */
  lost: string[];
}

/** One field of Argo CD's source. Undefined: it has no say there. `null`: it cannot be said. */
type Translate = (value: unknown) => PluginParameter[] | null;

const flag = (name: ParameterName): [string, Translate] => [
  name,
  (value) => (value === true ? [{ name, string: 'true' }] : []),
];
const text = (name: ParameterName): [string, Translate] => [
  name,
  (value) => (typeof value === 'string' ? (value === '' ? [] : [{ name, string: value }]) : null),
];
const list = (name: ParameterName): [string, Translate] => [
  name,
  (value) => (isStrings(value) ? [{ name, array: value }] : null),
];
const map = (name: ParameterName): [string, Translate] => [
  name,
  (value) => (isRecord(value) ? [{ name, map: textValues(value) }] : null),
];
const yaml = (field: string, name: ParameterName): [string, Translate] => [
  field,
  (value) => [{ name, string: stringify(value, KUBE_YAML_TEXT) }],
];
const unless = (field: string, harmless: (value: unknown) => boolean): [string, Translate] => [
  field,
  (value) => (harmless(value) ? [] : null),
];

const SHARED = [text('kubeVersion'), list('apiVersions'), text('namespace')];

const TRANSLATIONS: Record<'helm' | 'kustomize' | 'directory', Record<string, Translate>> = {
  helm: Object.fromEntries([
    ...SHARED,
    text('releaseName'),
    list('valueFiles'),
    flag('ignoreMissingValueFiles'),
    text('values'),
    yaml('valuesObject', 'values'),
    ['parameters', helmParameters],
    ['fileParameters', fileParameters],
    flag('skipCrds'),
    flag('skipTests'),
    flag('skipSchemaValidation'),
    // Which Helm runs is the image's: "v3" is all that Argo CD ever took here.
    unless('version', (value) => value === 'v3' || value === ''),
    unless('passCredentials', (value) => value === false),
  ]),
  kustomize: Object.fromEntries([
    ...SHARED,
    list('images'),
    text('namePrefix'),
    text('nameSuffix'),
    map('commonLabels'),
    flag('forceCommonLabels'),
    flag('labelWithoutSelector'),
    flag('labelIncludeTemplates'),
    map('commonAnnotations'),
    flag('forceCommonAnnotations'),
    flag('commonAnnotationsEnvsubst'),
    yaml('patches', 'patches'),
    list('components'),
    flag('ignoreMissingComponents'),
    ['replicas', replicas],
  ]),
  directory: Object.fromEntries([
    flag('recurse'),
    text('include'),
    text('exclude'),
    unless('jsonnet', (value) => isRecord(value) && Object.keys(value).length === 0),
  ]),
};

export const SOURCE_KINDS = ['helm', 'kustomize', 'directory'] as const;

/** Translates a source. Argo CD's own precedence holds: `valuesObject` is taken and `values` is not where both are. */
export function translateSource(source: Json): Translation {
  const result: Translation = { parameters: [], lost: [] };
  for (const kind of SOURCE_KINDS) {
    const fields = source[kind];
    if (!isRecord(fields)) continue;
    for (const [field, value] of Object.entries(fields)) {
      if (field === 'values' && isRecord(fields['valuesObject'])) continue;
      const translated = TRANSLATIONS[kind][field]?.(value) ?? null;
      if (translated === null) result.lost.push(`${kind}.${field}`);
      else result.parameters.push(...translated);
    }
  }
  // The plugin's own reader has the last word on names and types.
  readParameters(JSON.stringify(result.parameters));
  return result;
}

function helmParameters(value: unknown): PluginParameter[] | null {
  const entries = namedEntries(value, 'value');
  if (entries === null) return null;
  const plain = entries.filter(({ entry }) => entry['forceString'] !== true);
  const strings = entries.filter(({ entry }) => entry['forceString'] === true);
  return [...asMap('parameters', plain), ...asMap('stringParameters', strings)];
}

function fileParameters(value: unknown): PluginParameter[] | null {
  const entries = namedEntries(value, 'path');
  return entries === null ? null : asMap('fileParameters', entries);
}

function replicas(value: unknown): PluginParameter[] | null {
  const entries = namedEntries(value, 'count');
  return entries === null ? null : asMap('replicas', entries);
}

interface Named {
  name: string;
  text: string;
  entry: Json;
}

function namedEntries(value: unknown, field: string): Named[] | null {
  if (!Array.isArray(value)) return null;
  const entries: Named[] = [];
  for (const entry of value) {
    if (!isRecord(entry) || typeof entry['name'] !== 'string') return null;
    entries.push({ name: entry['name'], text: String(entry[field] ?? ''), entry });
  }
  return entries;
}

function asMap(name: ParameterName, entries: readonly Named[]): PluginParameter[] {
  if (entries.length === 0) return [];
  return [{ name, map: Object.fromEntries(entries.map((entry) => [entry.name, entry.text])) }];
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function textValues(value: Json): Record<string, string> {
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, String(entry)]));
}
