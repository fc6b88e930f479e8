/** The objects of a rendered document as the Keptn dialect takes them: plain JSON, decoded as Kubernetes does. */
import type { Json, JsonObject } from '../core/dialects/keptn/index.ts';
import { StagelineError } from '../core/errors.ts';
import { GoNumber, readGoValue, UnreadableYaml, type GoValue } from './inject/go-yaml.ts';
import { parsePadded } from './inject/padded-parse.ts';

/** Reads one document; a list's items are objects of their own. Errors: `MANIFEST_UNREADABLE`, naming `source`. */
export function readObjects(text: string, source: string): JsonObject[] {
  const { document } = parsePadded(text);
  const problem = document.errors[0];
  if (problem !== undefined) throw unreadable(source, problem.message, problem);
  let value: GoValue;
  try {
    value = readGoValue(document);
  } catch (cause) {
    if (cause instanceof UnreadableYaml) throw unreadable(source, cause.message, cause);
    throw cause;
  }
  const items = value instanceof Map ? value.get('items') : undefined;
  const values = Array.isArray(items) ? items : [value];
  return values.flatMap((item) => (item instanceof Map ? [jsonObject(item)] : []));
}

function jsonObject(map: ReadonlyMap<string, GoValue>): JsonObject {
  return Object.fromEntries([...map].map(([key, value]) => [key, json(value)]));
}

/** Integers beyond 2^53 lose digits here; none of the fields that the dialect reads has such. */
function json(value: GoValue): Json {
  if (Array.isArray(value)) return value.map(json);
  if (value instanceof Map) return jsonObject(value);
  return value instanceof GoNumber ? Number(value.digits) : value;
}

function unreadable(source: string, problem: string, cause: unknown): StagelineError {
  return new StagelineError(`${source} cannot be read: ${problem.split('\n')[0] ?? ''}`, {
    code: 'MANIFEST_UNREADABLE',
    hint: 'Mend the template, or see it with "stageline render"',
    cause,
  });
}
