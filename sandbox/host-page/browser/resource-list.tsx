/** An application's resources as an indented list: what belongs to what, its health and sync status. */
import * as React from 'react';
import { HealthIcon, HookIcon, SyncIcon } from './icons.tsx';
import { ago } from './moment.ts';
import { changeQuery } from './navigation.ts';
import { identity } from './node-identity.ts';
import type { ApplicationView, NodeView, ResourceView, TreeView } from './types.ts';

interface ListProps {
  application: ApplicationView;
  tree: TreeView;
}
interface Row {
  node: NodeView;
  depth: number;
}

export function ResourceList({ application, tree }: ListProps): React.ReactElement {
  const rows = React.useMemo(() => rowsOf(tree), [tree]);
  const statuses = new Map(application.status.resources.map((resource) => [identity(resource), resource]));
  const { metadata, status } = application;
  return (
    <div className="application-details__tree">
      <ul className="host-resources" aria-label="Resources">
        <li>
          <button
            type="button"
            className="host-resource"
            onClick={() => openNode(applicationNode(application))}
          >
            <span className="host-resource__kind">Application</span>
            <span className="host-resource__name">{metadata.name}</span>
            <span className="host-resource__signs">
              <HealthIcon status={status.health?.status} /> <SyncIcon status={status.sync?.status} />
            </span>
          </button>
        </li>
        {rows.map(({ node, depth }) => (
          <ResourceRow
            key={`${identity(node)}/${node.uid}`}
            node={node}
            depth={depth + 1}
            resource={statuses.get(identity(node))}
          />
        ))}
      </ul>
    </div>
  );
}

function ResourceRow({
  node,
  depth,
  resource,
}: Row & { resource: ResourceView | undefined }): React.ReactElement {
  const status = node.info?.find(({ name }) => name === 'Status Reason')?.value;
  return (
    <li style={{ marginLeft: `${depth * 24}px` }}>
      <button type="button" className="host-resource" onClick={() => openNode(node)}>
        <span className="host-resource__kind">{node.kind}</span>
        <span className="host-resource__name">{node.name}</span>
        <span className="host-resource__signs">
          {node.health && <HealthIcon status={node.health.status} />}{' '}
          {resource?.status && <SyncIcon status={resource.status} />} {resource?.hook && <HookIcon />}
          {status && <span className="host-tag">{status}</span>}
        </span>
        <span className="host-resource__age host-quiet">
          {node.createdAt && ago(new Date(node.createdAt))}
        </span>
      </button>
    </li>
  );
}

/** The node that stands for the application itself in the `node` parameter. */
export function applicationNode({
  metadata,
}: ApplicationView): Pick<NodeView, 'group' | 'kind' | 'namespace' | 'name'> {
  return { group: 'argoproj.io', kind: 'Application', namespace: metadata.namespace, name: metadata.name };
}

export function openNode(node: Pick<NodeView, 'group' | 'kind' | 'namespace' | 'name'>, tab?: string): void {
  changeQuery({ node: `${identity(node)}/0`, tab: tab ?? null });
}

/** Roots first, each followed by what it owns; what has several parents stands under the first. */
function rowsOf(tree: TreeView): Row[] {
  const children = new Map<string, NodeView[]>();
  const uids = new Set(tree.nodes.map((node) => node.uid).filter((uid) => uid !== ''));
  const roots: NodeView[] = [];
  for (const node of tree.nodes) {
    const parent = node.parentRefs?.find((ref) => ref.uid !== undefined && uids.has(ref.uid))?.uid;
    if (parent === undefined) roots.push(node);
    else children.set(parent, [...(children.get(parent) ?? []), node]);
  }
  const rows: Row[] = [];
  const add = (node: NodeView, depth: number): void => {
    rows.push({ node, depth });
    for (const child of sorted(children.get(node.uid) ?? [])) add(child, depth + 1);
  };
  for (const root of sorted(roots)) add(root, 0);
  return rows;
}

function sorted(nodes: NodeView[]): NodeView[] {
  return [...nodes].sort((a, b) => `${a.kind}/${a.name}`.localeCompare(`${b.kind}/${b.name}`));
}
