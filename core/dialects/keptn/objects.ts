/** Reading rendered objects: decoded JSON of any shape, and where it came from. */
import { StagelineError } from '../../errors.ts';

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** One object of a render. */
export interface RenderedObject {
  object: JsonObject;
  /** For messages: the template that it came from, or its place in the stream. */
  source: string;
}

/** A rendered object whose identity is read. */
export interface NamedObject extends RenderedObject {
  group: string;
  version: string;
  kind: string;
  name: string;
  /** The destination namespace if the object names none. */
  namespace: string;
}

/** Identity of an object; undefined for what is none. */
export function nameObject(rendered: RenderedObject, defaultNamespace: string): NamedObject | undefined {
  const { apiVersion, kind } = rendered.object;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
  const slash = apiVersion.lastIndexOf('/');
  const metadata = recordAt(rendered.object, ['metadata']);
  return {
    ...rendered,
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
    name: textAt(metadata, ['name']) ?? '',
    namespace: textAt(metadata, ['namespace']) ?? defaultNamespace,
  };
}

/** The value at a path of keys; undefined where there is none. */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let inner = value;
  for (const key of path) {
    if (!isObject(inner) || !Object.hasOwn(inner, key)) return undefined;
    inner = inner[key];
  }
  return inner;
}

/** The mapping at a path; empty where there is none. */
export function recordAt(value: Json | undefined, path: readonly string[]): JsonObject {
  const found = valueAt(value, path);
  return isObject(found) ? found : {};
}

/** The list at a path; empty where there is none. */
export function listAt(value: Json | undefined, path: readonly string[]): Json[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

/** The text at a path; undefined where there is none or it is empty, as Go reads a field that is left out. */
export function textAt(value: Json | undefined, path: readonly string[]): string | undefined {
  const found = valueAt(value, path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** Members that are texts; Kubernetes takes no others for labels, annotations and parameters. */
export function textsAt(value: Json | undefined, path: readonly string[]): Record<string, string> {
  const found = Object.entries(recordAt(value, path));
  return Object.fromEntries(
    found.flatMap(([key, member]) => (typeof member === 'string' ? [[key, member]] : [])),
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How messages name a value that is another than it should be; texts, which may be long or secret, by kind only. */
export function describeShape(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'a mapping';
  return typeof value === 'string' ? 'a text' : String(value);
}

/** How messages name an object: kind, namespace, name and where it was rendered. */
export function describe(named: Pick<NamedObject, 'kind' | 'namespace' | 'name' | 'source'>): string {
  const name = named.namespace === '' ? named.name : `${named.namespace}/${named.name}`;
  return `${named.kind} ${name} (${named.source})`;
}

/** An error that names object, field and cure. */
export function fieldError(
  named: Pick<NamedObject, 'kind' | 'namespace' | 'name' | 'source'>,
  field: string,
  problem: { code: string; what: string; hint: string },
): StagelineError {
  return new StagelineError(`${describe(named)}: ${field} ${problem.what}`, {
    code: problem.code,
    hint: problem.hint,
  });
}
