/** The panel of one resource or of the application itself, with the extensions' tabs after its own. */
import * as React from 'react';
import { getJson, sendJson } from './api.ts';
import { applicationTabs } from './application-tabs.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { resourceTabsFor } from './extensions-api.ts';
import type { ResourceTab } from './extensions-api.ts';
import { changeQuery } from './navigation.ts';
import { resourceTabs } from './resource-tabs.tsx';
import { identity, resourceQuery } from './node-identity.ts';
import { SlidingPanel } from './sliding-panel.tsx';
import { Tabs } from './tabs.tsx';
import type { TabView } from './tabs.tsx';
import type { ApplicationView, NodeView, TreeView } from './types.ts';

interface PanelProps {
  application: ApplicationView;
  tree: TreeView;
  /** The `node` parameter: group/kind/namespace/name/container. */
  node: string;
  tab: string | null;
  extensions: ResourceTab[];
}

export function ResourcePanel({ application, tree, node, tab, extensions }: PanelProps): React.ReactElement {
  const [group = '', kind = '', namespace = '', name = ''] = node.split('/');
  const close = React.useCallback(() => changeQuery({ node: null, tab: null }), []);
  const isApplication =
    kind === 'Application' &&
    name === application.metadata.name &&
    namespace === application.metadata.namespace;
  const found = tree.nodes.find(
    (candidate) => identity(candidate) === `${group}/${kind}/${namespace}/${name}`,
  );
  const manifest = useManifest(application, isApplication ? undefined : found);
  const own = isApplication
    ? applicationTabs(application)
    : resourceTabs({ application, node: found, manifest });
  const matching = resourceTabsFor(extensions, { group, kind });
  const tabs: TabView[] = [
    ...own,
    ...matching.map((extension, index) => ({
      key: `extension-${index}`,
      title: extension.title,
      icon: extension.icon,
      content: () =>
        isApplication ? (
          <extension.component resource={application} tree={tree} application={application} />
        ) : (
          <ErrorBoundary>
            <extension.component resource={manifest} tree={tree} application={application} />
          </ErrorBoundary>
        ),
    })),
  ];
  return (
    <SlidingPanel
      label={`${kind} ${name}`}
      onClose={close}
      header={
        <>
          <h1>
            {name} <span className="host-quiet">{kind}</span>
          </h1>
          {!isApplication && found && <ResourceActions application={application} node={found} />}
        </>
      }
    >
      {isApplication || found ? (
        <Tabs tabs={tabs} selected={tab ?? ''} onSelect={(key) => changeQuery({ tab: key })} />
      ) : (
        <p className="host-note">This resource is not part of the application any more.</p>
      )}
    </SlidingPanel>
  );
}

/** The live object behind a node; undefined until it is there and where it cannot be read. */
function useManifest(application: ApplicationView, node: NodeView | undefined): unknown {
  const [manifest, setManifest] = React.useState<unknown>(undefined);
  const query = node ? resourceQuery(application, node) : undefined;
  const version = node?.resourceVersion;
  React.useEffect(() => {
    if (query === undefined || version === undefined) return undefined;
    let gone = false;
    getJson<{ manifest: string }>(`api/v1/applications/${application.metadata.name}/resource?${query}`).then(
      (answer) => {
        if (!gone) setManifest(JSON.parse(answer.manifest));
      },
      () => {
        if (!gone) setManifest(undefined);
      },
    );
    return () => {
      gone = true;
    };
  }, [application.metadata.name, query, version]);
  return manifest;
}

interface ActionView {
  name: string;
  disabled?: boolean;
}

function ResourceActions({
  application,
  node,
}: {
  application: ApplicationView;
  node: NodeView;
}): React.ReactElement {
  const [actions, setActions] = React.useState<ActionView[]>([]);
  const [failure, setFailure] = React.useState('');
  const query = resourceQuery(application, node);
  const path = `api/v1/applications/${application.metadata.name}/resource/actions`;
  React.useEffect(() => {
    let gone = false;
    getJson<{ actions?: ActionView[] }>(`${path}?${query}`).then(
      (answer) => {
        if (!gone) setActions(answer.actions ?? []);
      },
      () => {
        if (!gone) setActions([]);
      },
    );
    return () => {
      gone = true;
    };
  }, [path, query, node.resourceVersion]);
  const run = (action: string): void => {
    setFailure('');
    const { group = '', kind, version, namespace = '', name: resourceName } = node;
    const appNamespace = application.metadata.namespace;
    sendJson('POST', `${path}/v2`, {
      group,
      kind,
      version,
      namespace,
      resourceName,
      action,
      appNamespace,
    }).catch((error: unknown) => setFailure(String(error)));
  };
  return (
    <div className="host-actions">
      {actions.map((action) => (
        <button
          key={action.name}
          type="button"
          className="argo-button argo-button--base-o"
          disabled={action.disabled}
          onClick={() => run(action.name)}
        >
          {action.name}
        </button>
      ))}
      {failure && <span role="alert">{failure}</span>}
    </div>
  );
}
