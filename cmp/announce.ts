/** What the plugin announces for Argo CD's Parameters page: all parameters, and what an application has set already. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GoNumber, readGoValue, UnreadableYaml, type GoValue } from './inject/go-yaml.ts';
import { parsePadded } from './inject/padded-parse.ts';
import { PARAMETER_TEXTS } from './parameter-texts.ts';
import { PARAMETERS, type ParameterName, type ParameterSpec, type Parameters } from './parameters.ts';
import { resolveInside, type Place } from './place.ts';
import { findKustomization, sourceKind } from './sources/detect.ts';
import { filesNamed } from './sources/helm.ts';
import { listOf, parseKustomization, recordOf } from './sources/kustomization.ts';

/** As reposerver/repository/repository.proto has it: `string`, `array` or `map` holds what is set already. */
export interface Announcement {
  name: string;
  title: string;
  tooltip: string;
  required: boolean;
  itemType: string;
  collectionType: 'string' | 'array' | 'map';
  string?: string;
  array?: string[];
  map?: Record<string, string>;
}

/** All parameters, for `parameters.static` of plugin.yaml. */
export function staticAnnouncements(): Announcement[] {
  return (Object.keys(PARAMETERS) as ParameterName[]).map(announcementOf);
}

/** What depends on the application's files, for `parameters.dynamic`: chart values, images of a kustomization. */
export function dynamicAnnouncements(place: Place, parameters: Parameters): Announcement[] {
  const kind = sourceKind({ place, parameters });
  if (kind === 'helm') return [{ ...announcementOf('parameters'), map: chartValues(place, parameters) }];
  if (kind === 'kustomize') return [{ ...announcementOf('images'), array: images(place) }];
  return [];
}

function announcementOf(name: ParameterName): Announcement {
  const spec: ParameterSpec = PARAMETERS[name];
  const [title, tooltip] = PARAMETER_TEXTS[name];
  return {
    name,
    title,
    tooltip,
    required: false,
    itemType: spec.type === 'flag' ? 'boolean' : 'string',
    collectionType: spec.type === 'flag' ? 'string' : spec.type,
  };
}

/** Values by dotted key, as Argo CD flattens them for its own Helm source. */
function chartValues(place: Place, parameters: Parameters): Record<string, string> {
  const files = ['values.yaml', ...parameters.array('valueFiles').filter((file) => !file.includes('://'))];
  const flat: Record<string, string> = {};
  for (const file of files) {
    const absolute = resolveInside(place, file, 'value file');
    for (const found of filesNamed(file, absolute))
      flatten(readValues(readFileSync(found, 'utf8')), '', flat);
  }
  return flat;
}

function readValues(text: string): GoValue {
  const { document } = parsePadded(text);
  if (document.errors.length > 0) return null;
  try {
    return readGoValue(document);
  } catch (error) {
    if (error instanceof UnreadableYaml) return null;
    throw error;
  }
}

function flatten(value: GoValue, path: string, into: Record<string, string>): void {
  if (value instanceof Map) {
    for (const [key, member] of value)
      flatten(member, `${path}${path === '' ? '' : '.'}${key.replaceAll('.', '\\.')}`, into);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => flatten(item, `${path}[${index}]`, into));
  } else if (path !== '') {
    into[path] = value instanceof GoNumber ? value.digits : String(value ?? '');
  }
}

/** `name=newName:tag` of the kustomization's own images entries. */
function images(place: Place): string[] {
  const name = findKustomization(place.dir);
  if (name === undefined) return [];
  const kustomization = parseKustomization(readFileSync(join(place.dir, name), 'utf8'), name);
  return listOf(kustomization['images']).map((entry) => {
    const { name: image, newName, newTag, digest } = recordOf(entry);
    const target = typeof newName === 'string' ? `=${newName}` : '';
    const tag = newTag === undefined ? '' : `:${String(newTag)}`;
    return `${String(image)}${target}${tag}${typeof digest === 'string' ? `@${digest}` : ''}`;
  });
}
