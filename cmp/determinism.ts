/** Finds what differs between two renders of the same inputs: a chart with random or dated values never rests. */
import { StagelineError } from '../core/errors.ts';
import { goJson, readGoValue, UnreadableYaml, type GoValue } from './inject/go-yaml.ts';
import { get } from './inject/additions.ts';
import { parsePadded } from './inject/padded-parse.ts';

const SHOWN = 5;

/**
 * The error that names objects and fields, or undefined if both renders have the same objects: their order, comments
 * and layout are nothing to Argo CD.
 */
export function nondeterminism(
  first: string,
  second: string,
  application: string,
): StagelineError | undefined {
  if (first === second) return undefined;
  const places = differingPlaces(first, second);
  if (places.length === 0) return undefined;
  const shown = places.slice(0, SHOWN).join(', ');
  const more = places.length > SHOWN ? ` and ${places.length - SHOWN} more` : '';
  return new StagelineError(`two renders of ${application} differ in ${shown}${more}`, {
    code: 'RENDER_RANDOM',
    hint: 'Give these fields fixed values: every render would make the application differ, and sync it again',
  });
}

/** `Kind/name: field.path`, or `Kind/name` for objects that only one render has. Values are left out: they may be secret. */
export function differingPlaces(first: string, second: string): string[] {
  const before = objectsByIdentity(first);
  const after = objectsByIdentity(second);
  const identities = [...new Set([...before.keys(), ...after.keys()])].sort();
  const places = identities.flatMap((identity) => {
    const a = before.get(identity);
    const b = after.get(identity);
    const name = shownName(a ?? b);
    if (a === undefined || b === undefined) return [name];
    return differingFields(a, b, '').map((field) => `${name}: ${field}`);
  });
  return [...new Set(places)];
}

/** Objects of one kind and name may be of different groups; those that get their names later are told apart by order. */
function objectsByIdentity(stream: string): Map<string, GoValue> {
  const found = new Map<string, GoValue>();
  const documents = Buffer.from(stream, 'latin1')
    .toString('utf8')
    .split(/^---.*$/m);
  for (const object of documents.flatMap(objectsIn)) {
    const identity = `${shownName(object)} ${asText(get(object, ['apiVersion']))}`;
    let count = 0;
    while (found.has(`${identity} ${count}`)) count += 1;
    found.set(`${identity} ${count}`, object);
  }
  return found;
}

function shownName(object: GoValue | undefined): string {
  const at = (...path: string[]): string | undefined => {
    const value = object === undefined ? undefined : get(object, path);
    return typeof value === 'string' ? value : undefined;
  };
  const namespace = at('metadata', 'namespace');
  const generated = at('metadata', 'generateName');
  const name = at('metadata', 'name') ?? (generated === undefined ? '?' : `${generated}*`);
  return `${at('kind') ?? '?'}/${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function objectsIn(text: string): GoValue[] {
  try {
    const { document } = parsePadded(text);
    if (document.errors.length > 0) return [];
    const value = readGoValue(document);
    if (value === null) return [];
    const items = get(value, ['items']);
    return Array.isArray(items) ? items : [value];
  } catch (error) {
    if (error instanceof UnreadableYaml) return [];
    throw error;
  }
}

function asText(value: GoValue | undefined): string {
  return typeof value === 'string' ? value : '?';
}

function differingFields(a: GoValue | undefined, b: GoValue | undefined, path: string): string[] {
  if (a !== undefined && b !== undefined && goJson(a) === goJson(b)) return [];
  const at = (key: string | number): string =>
    typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
  if (a instanceof Map && b instanceof Map) {
    const keys = [...new Set([...a.keys(), ...b.keys()])];
    return keys.flatMap((key) => differingFields(a.get(key), b.get(key), at(key)));
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    return a.flatMap((item, index) => differingFields(item, b[index], at(index)));
  }
  return [path];
}
