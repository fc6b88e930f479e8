/** JSON patch (RFC 6902), as the API server takes it with `application/json-patch+json`. */
import { KubeApiError, badRequest } from './errors.ts';
import { isRecord, sameJson } from './json.ts';

/**
 * The document after all operations; the argument is not changed.
 * Throws 400 for a patch that is none, 422 for one that does not apply to this document.
 */
export function jsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal object into a list of operations');
  let result = structuredClone(document);
  for (const operation of patch) {
    if (!isRecord(operation)) throw badRequest('error decoding patch: an operation must be an object');
    result = applyOperation(result, operation);
  }
  return result;
}

function applyOperation(document: unknown, operation: Record<string, unknown>): unknown {
  const path = pointer(operation['path']);
  switch (operation['op']) {
    case 'add':
      return write(document, path, { value: structuredClone(operation['value']), insert: true });
    case 'replace':
      read(document, path);
      return write(document, path, { value: structuredClone(operation['value']), insert: false });
    case 'remove':
      return remove(document, path);
    case 'test':
      if (!sameJson(read(document, path), operation['value']))
        throw rejected(`testing value ${String(operation['path'])} failed`);
      return document;
    case 'copy':
      return write(document, path, {
        value: structuredClone(read(document, pointer(operation['from']))),
        insert: true,
      });
    case 'move': {
      const from = pointer(operation['from']);
      const value = read(document, from);
      return write(remove(document, from), path, { value, insert: true });
    }
    default:
      throw badRequest(`error decoding patch: unexpected kind: ${String(operation['op'])}`);
  }
}

function read(document: unknown, path: readonly string[]): unknown {
  let at = document;
  for (const key of path) at = child(at, key);
  return at;
}

function child(at: unknown, key: string): unknown {
  if (Array.isArray(at) && /^\d+$/.test(key) && Number(key) < at.length) return at[Number(key)];
  if (isRecord(at) && key in at) return at[key];
  throw rejected(`the path has no element "${key}"`);
}

function write(
  document: unknown,
  path: readonly string[],
  change: { value: unknown; insert: boolean },
): unknown {
  const key = path.at(-1);
  if (key === undefined) return change.value;
  const parent = read(document, path.slice(0, -1));
  if (isRecord(parent)) {
    parent[key] = change.value;
    return document;
  }
  if (!Array.isArray(parent)) throw rejected(`the path has no element "${key}"`);
  const index = key === '-' ? parent.length : Number(key);
  if (!Number.isInteger(index) || index > parent.length) throw rejected(`the list has no index "${key}"`);
  parent.splice(index, change.insert ? 0 : 1, change.value);
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  const key = path.at(-1);
  if (key === undefined) return null;
  const parent = read(document, path.slice(0, -1));
  child(parent, key);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (isRecord(parent)) delete parent[key];
  return document;
}

function pointer(path: unknown): string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) {
    throw badRequest('error decoding patch: an operation needs a path that starts with "/"');
  }
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function rejected(why: string): KubeApiError {
  return new KubeApiError(`the server rejected our request due to an error in our request: ${why}`, {
    code: 422,
    reason: 'Invalid',
  });
}
