/** Reads a Kubernetes API URL: which verb on which resource. Routes that the stand-in lacks are 501, named. */
import { badRequest, notImplemented } from './errors.ts';
import { findServed, findType, type ResourceType } from './resources.ts';
import { parseFieldSelector, parseLabelSelector, type ObjectFilter } from './selectors.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
export type Subresource = 'status' | 'log';

/** A request for a resource, as RBAC and the handlers see it. */
export interface ResourceRequest {
  verb: Verb;
  type: ResourceType;
  /** The group of the URL: events.k8s.io for the core group's events asked for there. */
  group: string;
  version: string;
  namespace: string | undefined;
  name: string | undefined;
  subresource: Subresource | undefined;
  query: URLSearchParams;
  matches: ObjectFilter;
}

/**
 * The request that a method and URL make. Throws 501 naming the route for anything that the stand-in does not have,
 * 400 for selectors that cannot be read.
 */
export function parseRequest(method: string, url: URL): ResourceRequest {
  const unknown = notImplemented(`${method} ${url.pathname}`);
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const [root, ...rest] = parts;
  const [group, version, path] =
    root === 'api' ? ['', rest[0], rest.slice(1)] : [rest[0], rest[1], rest.slice(2)];
  if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined) throw unknown;
  const place = splitPlace(path);
  const type = typeOf(group, version, place.resource);
  if (type === undefined || (type.namespaced === false && place.namespace !== undefined)) throw unknown;
  const subresource = subresourceOf(type, place.rest[1]);
  if (place.rest.length > 2 || (place.rest.length === 2 && subresource === undefined)) throw unknown;
  const name = place.rest[0];
  const verb = verbOf(method, name !== undefined, url.searchParams);
  if (verb === undefined || !allows(verb, subresource)) throw unknown;
  if (type.namespaced && place.namespace === undefined && verb !== 'list' && verb !== 'watch') throw unknown;
  if (url.searchParams.has('dryRun')) throw notImplemented(`dryRun (${method} ${url.pathname})`);
  const selected = selection(url.searchParams, type);
  return {
    verb,
    type,
    group,
    version,
    namespace: place.namespace,
    name: name ?? selected.name,
    subresource,
    query: url.searchParams,
    matches: selected.matches,
  };
}

interface Place {
  namespace: string | undefined;
  resource: string;
  rest: string[];
}

/** `namespaces/x` alone names the Namespace; with more behind it, it is the place of another object. */
function splitPlace(path: readonly string[]): Place {
  const [first = '', second, third, ...rest] = path;
  const inside =
    first === 'namespaces' &&
    second !== undefined &&
    third !== undefined &&
    third !== 'status' &&
    third !== 'finalize';
  if (inside) return { namespace: second, resource: third, rest };
  return { namespace: undefined, resource: first, rest: path.slice(1) };
}

function typeOf(group: string, version: string, resource: string): ResourceType | undefined {
  if (group === 'events.k8s.io' && version === 'v1' && resource === 'events') return findType('', 'Event');
  return findServed(group, version, resource);
}

function subresourceOf(type: ResourceType, name: string | undefined): Subresource | undefined {
  if (name === 'status' && type.status) return 'status';
  return name === 'log' && type.kind === 'Pod' ? 'log' : undefined;
}

function verbOf(method: string, named: boolean, query: URLSearchParams): Verb | undefined {
  if (method === 'GET' && named) return 'get';
  if (method === 'GET') return isTrue(query.get('watch')) ? 'watch' : 'list';
  if (method === 'POST') return named ? undefined : 'create';
  if (!named) return undefined;
  return ({ PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const)[method];
}

function allows(verb: Verb, subresource: Subresource | undefined): boolean {
  if (subresource === 'log') return verb === 'get';
  return subresource === undefined || verb === 'get' || verb === 'update' || verb === 'patch';
}

function selection(
  query: URLSearchParams,
  type: ResourceType,
): { matches: ObjectFilter; name: string | undefined } {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', type.kind);
  return { matches: (object) => labels(object) && fields.matches(object), name: fields.name };
}

/** A boolean query parameter in Go's spellings. */
export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1' || value === 't' || value === 'True';
}

/** A whole number of a query parameter, undefined when it is absent. Throws 400 for anything else. */
export function numberParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax (${name})`);
  return Number(text);
}
