/** The API versions that the cluster announces to plugins (`KUBE_API_VERSIONS`). */
import type { KubeObject, ObjectStore } from '../../kube/types.ts';
import { recordsAt, textAt } from './json.ts';
import { DEFAULT_API_VERSIONS } from './kinds.ts';

/** Built-in API versions and those of the custom resource definitions in the store, sorted. */
export function announcedVersions(store: ObjectStore): string[] {
  const definitions = store.list({ group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' });
  return [...new Set([...DEFAULT_API_VERSIONS, ...definitions.flatMap(versionsOf)])].sort();
}

function versionsOf(definition: KubeObject): string[] {
  const group = textAt(definition, 'spec', 'group') ?? '';
  const kind = textAt(definition, 'spec', 'names', 'kind') ?? '';
  return recordsAt(definition, 'spec', 'versions').flatMap((version) => {
    const apiVersion = `${group}/${textAt(version, 'name') ?? ''}`;
    return [apiVersion, `${apiVersion}/${kind}`];
  });
}
