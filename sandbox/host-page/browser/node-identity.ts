/** How a resource is named in the page's address and in the API's query. */
import type { ApplicationView, NodeView } from './types.ts';

/** `group/kind/namespace/name`; the core group leaves a leading slash. */
export function identity(node: {
  group?: string | undefined;
  kind: string;
  namespace?: string | undefined;
  name: string;
}): string {
  return `${node.group ?? ''}/${node.kind}/${node.namespace ?? ''}/${node.name}`;
}

/** What names a node in the API's query. */
export function resourceQuery(application: ApplicationView, node: NodeView): string {
  return new URLSearchParams({
    namespace: node.namespace ?? '',
    resourceName: node.name,
    version: node.version,
    group: node.group ?? '',
    kind: node.kind,
    appNamespace: application.metadata.namespace,
  }).toString();
}
