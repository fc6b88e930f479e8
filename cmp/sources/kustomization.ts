/** Changes of a kustomization that an Application asks for, as `kustomize edit` makes them for Argo CD. */
import { existsSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { parse, stringify } from 'yaml';
import { StagelineError, messageOf } from '../../core/errors.ts';
import { KUBE_YAML, KUBE_YAML_TEXT } from '../../core/kube-yaml.ts';
import type { ParameterName, Parameters } from '../parameters.ts';
import { resolveInside } from '../place.ts';
import { substitute } from '../substitute.ts';
import type { SourceContext, Version } from './types.ts';

export type Kustomization = Record<string, unknown>;

const EDITING: readonly ParameterName[] = [
  'namePrefix',
  'nameSuffix',
  'images',
  'replicas',
  'commonLabels',
  'commonAnnotations',
  'namespace',
  'patches',
  'components',
];

/** Whether an Application changes its kustomization at all. */
export function editsKustomization(parameters: Parameters): boolean {
  return EDITING.some((name) => parameters.has(name));
}

/** Parses a kustomization. Errors: `KUSTOMIZATION_INVALID` with the file's name. */
export function parseKustomization(text: string, file: string): Kustomization {
  let parsed: unknown;
  try {
    parsed = parse(text, { ...KUBE_YAML, uniqueKeys: false, logLevel: 'silent' });
  } catch (cause) {
    throw invalid(
      `${file}: ${messageOf(cause).split('\n')[0] ?? ''}`,
      'Mend the YAML of the kustomization',
      cause,
    );
  }
  if (parsed === null || parsed === undefined) return {};
  if (isRecord(parsed)) return parsed;
  throw invalid(`${file} is no mapping`, 'See kustomize’s documentation of the kustomization file');
}

/** The text of the kustomization with the Application's changes. Errors: `KUSTOMIZATION_INVALID`, `PARAMETER_INVALID`. */
export function editedKustomization(
  original: Kustomization,
  context: SourceContext,
  version: Version | undefined,
): string {
  const { parameters } = context;
  const text = (value: string): string => substitute(value, context, version);
  const edited: Kustomization = { ...original };
  const set = (field: string, name: 'namePrefix' | 'nameSuffix' | 'namespace'): void => {
    const value = parameters.string(name);
    if (value !== undefined) edited[field] = text(value);
  };
  set('namePrefix', 'namePrefix');
  set('nameSuffix', 'nameSuffix');
  const images = parameters.array('images').map((image) => imageEntry(text(image)));
  if (images.length > 0) edited['images'] = setImages(listOf(edited['images']), images);
  const replicas = Object.entries(parameters.map('replicas')).map(([name, count]) => ({
    name,
    count: replicaCount(name, count),
  }));
  if (replicas.length > 0) edited['replicas'] = byName(listOf(edited['replicas']), replicas);
  addLabels(edited, context, text);
  addAnnotations(edited, context, text);
  set('namespace', 'namespace');
  const patches = parameters.string('patches');
  if (patches !== undefined) edited['patches'] = [...listOf(edited['patches']), ...patchList(patches)];
  const there = listOf(edited['components']);
  const components = componentPaths(context, text).filter((path) => !there.includes(path));
  if (components.length > 0) edited['components'] = [...there, ...new Set(components)];
  return stringify(edited, { ...KUBE_YAML_TEXT, aliasDuplicateObjects: false });
}

function addLabels(edited: Kustomization, context: SourceContext, text: (value: string) => string): void {
  const { parameters } = context;
  const labels = mapped(parameters.map('commonLabels'), text);
  if (Object.keys(labels).length === 0) return;
  const force = parameters.flag('forceCommonLabels');
  const includeTemplates = parameters.flag('labelIncludeTemplates');
  if (!parameters.flag('labelWithoutSelector')) {
    if (includeTemplates) {
      throw new StagelineError('plugin parameter "labelIncludeTemplates" needs "labelWithoutSelector"', {
        code: 'PARAMETER_INVALID',
        hint: 'Set both, or neither: labels in selectors are in templates too',
      });
    }
    edited['commonLabels'] = joined(recordOf(edited['commonLabels']), labels, { force, what: 'label' });
    return;
  }
  // As `kustomize edit add label`: labels go to the entry that reaches the same places; others stay as they are.
  const entries = listOf(edited['labels']);
  const same = entries.findIndex(
    (entry) =>
      isRecord(entry) &&
      entry['includeSelectors'] !== true &&
      (entry['includeTemplates'] === true) === includeTemplates,
  );
  const there = recordOf(entries[same]);
  const pairs = joined(recordOf(there['pairs']), labels, { force, what: 'label' });
  edited['labels'] =
    same < 0
      ? [...entries, { pairs, ...(includeTemplates ? { includeTemplates } : {}) }]
      : entries.with(same, { ...there, pairs });
}

function addAnnotations(
  edited: Kustomization,
  context: SourceContext,
  text: (value: string) => string,
): void {
  const { parameters } = context;
  const given = parameters.map('commonAnnotations');
  if (Object.keys(given).length === 0) return;
  const annotations = parameters.flag('commonAnnotationsEnvsubst') ? mapped(given, text) : given;
  const force = parameters.flag('forceCommonAnnotations');
  edited['commonAnnotations'] = joined(recordOf(edited['commonAnnotations']), annotations, {
    force,
    what: 'annotation',
  });
}

/** As `kustomize edit add`: what is there already is an error unless it is forced. */
function joined(
  there: Record<string, unknown>,
  added: Record<string, string>,
  how: { force: boolean; what: string },
): Record<string, unknown> {
  const twice = Object.keys(added).find((key) => key in there);
  if (twice !== undefined && !how.force) {
    throw invalid(
      `the kustomization has the ${how.what} "${twice}" already`,
      `Set the plugin parameter "${how.what === 'label' ? 'forceCommonLabels' : 'forceCommonAnnotations'}" to override it`,
    );
  }
  return { ...there, ...added };
}

interface ImageEntry {
  name: string;
  newName?: string;
  newTag?: string;
  digest?: string;
}

/** In place of a name, tag or digest: as the kustomization has it. */
const KEEP = '*';
const IMAGE = /^((?:[^/@]+\/)?[^:@]*)(?::([^:/@]+))?(?:@(sha256:[0-9a-f]+|\*))?$/;

/** `name=new:tag`, `name=new@digest`, `name:tag`, `name@digest`, as `kustomize edit set image` reads them. */
function imageEntry(text: string): ImageEntry {
  const equals = text.indexOf('=');
  const given = equals >= 0 ? text.slice(0, equals) : undefined;
  const [, image = '', newTag, digest] = IMAGE.exec(text.slice(equals + 1)) ?? [];
  const name = given ?? image;
  const hasVersion = newTag !== undefined || digest !== undefined;
  if (name === '' || (!hasVersion && (given === undefined || image === ''))) {
    throw new StagelineError(`plugin parameter "images" has the entry "${text}"`, {
      code: 'PARAMETER_INVALID',
      hint: 'Write name=newname:tag, name=newname@digest, name:tag or name@digest; * keeps what is there',
    });
  }
  return {
    name,
    ...(given === undefined || image === '' ? {} : { newName: image }),
    ...(newTag === undefined ? {} : { newTag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The last entry of an image wins; of the kustomization's own entries for it only what is kept remains. */
function setImages(there: readonly unknown[], added: readonly ImageEntry[]): unknown[] {
  const images = new Map<string, unknown>(added.map((image) => [image.name, image]));
  for (const old of there) {
    const name = nameOf(old);
    const given = images.get(name);
    images.set(name, given === undefined ? old : withKept(given, recordOf(old)));
  }
  return [...images.values()].map((image) => withKept(image, {})).sort(compareNames);
}

/** The entry with its asterisks replaced by what `old` has there, or left out if it has nothing. */
function withKept(image: unknown, old: Record<string, unknown>): unknown {
  if (!isRecord(image)) return image;
  const fields = Object.entries(image).map(
    ([key, value]) => [key, value === KEEP ? old[key] : value] as const,
  );
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

function replicaCount(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new StagelineError(`plugin parameter "replicas" says "${text}" for ${name}`, {
    code: 'PARAMETER_INVALID',
    hint: 'Write a whole number',
  });
}

function patchList(text: string): unknown[] {
  const bad = (cause?: unknown): StagelineError =>
    new StagelineError('plugin parameter "patches" is no YAML list of patches', {
      code: 'PARAMETER_INVALID',
      hint: 'Write it as the field "patches" of a kustomization: a list of { target, patch } or { path }',
      cause,
    });
  let parsed: unknown;
  try {
    parsed = parse(text, KUBE_YAML);
  } catch (cause) {
    throw bad(cause);
  }
  if (Array.isArray(parsed) && parsed.every(isRecord)) return parsed;
  throw bad();
}

/** Relative to the kustomization, as it lists them; a path with a slash at its beginning is one from the root. */
function componentPaths(context: SourceContext, text: (value: string) => string): string[] {
  const { parameters, place } = context;
  return parameters
    .array('components')
    .map(text)
    .flatMap((path) => {
      const absolute = resolveInside(place, path, 'component');
      if (existsSync(absolute)) return [isAbsolute(path) ? relative(place.dir, absolute) || '.' : path];
      if (parameters.flag('ignoreMissingComponents')) return [];
      throw new StagelineError(`component "${path}" of ${place.path} does not exist`, {
        code: 'KUSTOMIZATION_INVALID',
        hint: 'Add it, or set the plugin parameter "ignoreMissingComponents"',
      });
    });
}

function byName(there: readonly unknown[], added: readonly { name: string }[]): unknown[] {
  const names = new Set(added.map(({ name }) => name));
  return [...there.filter((entry) => !(isRecord(entry) && names.has(String(entry['name'])))), ...added];
}

function compareNames(a: unknown, b: unknown): number {
  return nameOf(a) < nameOf(b) ? -1 : 1;
}

function nameOf(entry: unknown): string {
  return isRecord(entry) ? String(entry['name']) : '';
}

function mapped(record: Record<string, string>, change: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(problem: string, hint: string, cause?: unknown): StagelineError {
  return new StagelineError(problem, {
    code: 'KUSTOMIZATION_INVALID',
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
}
