/** Finds what differs between two renders of the same inputs: a chart with random or dated values never rests. */
import { StagelineError } from '../core/errors.ts';
import { goJson, readGoValue, UnreadableYaml, type GoValue } from './inject/go-yaml.ts';
import { get } from './inject/additions.ts';
import { parsePadded } from './inject/padded-parse.ts';

const SHOWN = 5;

/** The error that names objects and fields, or undefined if both renders are the same. */
export function nondeterminism(
  first: string,
  second: string,
  application: string,
): StagelineError | undefined {
  if (first === second) return undefined;
  const places = differingPlaces(first, second);
  const shown = places.slice(0, SHOWN).join(', ');
  const more = places.length > SHOWN ? ` and ${places.length - SHOWN} more` : '';
  return new StagelineError(
    `two renders of ${application} differ in ${shown === '' ? 'order or layout only' : `${shown}${more}`}`,
    {
      code: 'RENDER_RANDOM',
      hint: 'Give these fields fixed values: every render would make the application differ, and sync it again',
    },
  );
}

/** `Kind/name: field.path`, or `Kind/name` for objects that only one render has. Values are left out: they may be secret. */
export function differingPlaces(first: string, second: string): string[] {
  const before = objectsByName(first);
  const after = objectsByName(second);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const a = before.get(name);
    const b = after.get(name);
    if (a === undefined || b === undefined) return [name];
    return differingFields(a, b, '').map((field) => `${name}: ${field}`);
  });
}

function objectsByName(stream: string): Map<string, GoValue> {
  const found = new Map<string, GoValue>();
  for (const text of Buffer.from(stream, 'latin1')
    .toString('utf8')
    .split(/^---.*$/m)) {
    for (const object of objectsIn(text)) {
      const name = ['metadata', 'name'];
      const namespace = get(object, ['metadata', 'namespace']);
      const shown = `${asText(get(object, ['kind']))}/${typeof namespace === 'string' ? `${namespace}/` : ''}${asText(get(object, name))}`;
      found.set(shown, object);
    }
  }
  return found;
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
