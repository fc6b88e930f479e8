/** What clients ask an API server before anything else: versions, groups and resources. */
import type { JsonRecord } from './json.ts';
import { resourceTypes, type ResourceType } from './resources.ts';

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** The version whose behaviour the stand-in follows. */
const version = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.0+stageline-sandbox',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'stand-in',
};

/** The discovery document at a path, or undefined where there is none. */
export function discoveryDocument(path: string): unknown {
  const parts = path.split('/').filter((part) => part !== '');
  const [root, group, groupVersion] = parts;
  if (path === '/version') return version;
  if (root === 'api' && parts.length === 1)
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (root === 'api' && parts.length === 2 && group === 'v1') return resourceList('', 'v1');
  if (root !== 'apis') return undefined;
  if (parts.length === 1) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(apiGroup) };
  const known = groups().find((one) => one.group === group);
  if (known === undefined) return undefined;
  if (parts.length === 2) return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(known) };
  return parts.length === 3 && groupVersion === known.version
    ? resourceList(known.group, known.version)
    : undefined;
}

interface GroupVersion {
  group: string;
  version: string;
}

function groups(): GroupVersion[] {
  const named = served()
    .filter(({ group }) => group !== '')
    .map(({ group, version: at }) => [group, at] as const);
  return [...new Map([...named, ['events.k8s.io', 'v1'] as const])].map(([group, at]) => ({
    group,
    version: at,
  }));
}

function apiGroup({ group, version: at }: GroupVersion): JsonRecord {
  const preferred = { groupVersion: `${group}/${at}`, version: at };
  return { name: group, versions: [preferred], preferredVersion: preferred };
}

function resourceList(group: string, at: string): unknown {
  const listed =
    group === 'events.k8s.io'
      ? served().filter(({ kind }) => kind === 'Event')
      : served().filter((type) => type.group === group);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? at : `${group}/${at}`,
    resources: listed.flatMap(apiResources),
  };
}

function apiResources(type: ResourceType): unknown[] {
  const common = { singularName: type.kind.toLowerCase(), namespaced: type.namespaced, kind: type.kind };
  const main = { name: type.plural, ...common, verbs, shortNames: type.shortNames };
  const status = {
    name: `${type.plural}/status`,
    ...common,
    singularName: '',
    verbs: ['get', 'patch', 'update'],
  };
  const log = { name: 'pods/log', ...common, singularName: '', verbs: ['get'] };
  return [main, ...(type.status ? [status] : []), ...(type.kind === 'Pod' ? [log] : [])];
}

function served(): ResourceType[] {
  return resourceTypes().filter((type) => type.served);
}
