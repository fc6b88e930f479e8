/** An Application as the API sends it: no apiVersion and kind, empty structs present, live health filled in. */
import type { Application, ArgoCd } from '../engine/index.ts';
import { keyOf } from '../engine/application.ts';
import { isRecord } from '../engine/json.ts';
import type { JsonRecord } from '../engine/json.ts';
import { refKey } from '../engine/kinds.ts';

/** `withHealth` fills `status.resources[].health` from the tree, as get and watch do and list does not. */
export function wireApplication(application: Application, argo: ArgoCd, withHealth: boolean): JsonRecord {
  const { apiVersion: _version, kind: _kind, ...rest } = application;
  const status: JsonRecord = {
    health: {},
    sourceHydrator: {},
    summary: {},
    ...application.status,
    sync: application.status?.sync ?? {
      comparedTo: { source: { repoURL: '' }, destination: {} },
      status: '',
    },
  };
  if (withHealth && application.status?.resources)
    status['resources'] = resourcesWithHealth(application, argo);
  return withoutEmptyLists({ ...rest, metadata: { ...application.metadata }, status });
}

function resourcesWithHealth(application: Application, argo: ArgoCd): unknown[] {
  const tree = argo.tree(keyOf(application));
  const health = new Map(
    (tree.nodes ?? []).map((node) => [refKey({ ...node, group: node.group ?? '' }), node.health]),
  );
  return (application.status?.resources ?? []).map((resource) => {
    const found = health.get(
      refKey({
        group: resource.group ?? '',
        kind: resource.kind,
        name: resource.name,
        ...(resource.namespace && { namespace: resource.namespace }),
      }),
    );
    return found ? { ...resource, health: found } : resource;
  });
}

/** Go leaves out empty lists that carry `omitempty`, which all of these do. */
function withoutEmptyLists(record: JsonRecord): JsonRecord {
  const kept: JsonRecord = {};
  for (const [key, value] of Object.entries(record)) {
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
    kept[key] = isRecord(value) ? withoutEmptyLists(value) : value;
  }
  return kept;
}
