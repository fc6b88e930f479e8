/** One application: status panel, resources or an extension's view, and the panels that slide over them. */
import * as React from 'react';
import { sendJson, getJson } from './api.ts';
import { Note } from './details-box.tsx';
import { onRegistration, registered } from './extensions-api.ts';
import type { Registry } from './extensions-api.ts';
import { ExtensionIcon } from './icons.tsx';
import { useApplication, useTree } from './live-data.ts';
import { changeQuery, usePlace } from './navigation.ts';
import { Conditions, History, OperationState } from './operation-panels.tsx';
import { applicationNode, openNode, ResourceList } from './resource-list.tsx';
import { ResourcePanel } from './resource-panel.tsx';
import { SlidingPanel } from './sliding-panel.tsx';
import { StatusPanel } from './status-panel.tsx';
import { TopBar } from './top-bar.tsx';
import type { ApplicationView, TreeView } from './types.ts';

export function ApplicationPage({
  namespace,
  name,
}: {
  namespace: string;
  name: string;
}): React.ReactElement {
  const loaded = useApplication(namespace, name);
  const application = loaded.state === 'ready' ? loaded.value : undefined;
  const tree = useTree(application);
  const registry = useRegistry();
  const crumbs = [{ title: 'Applications', path: '/applications' }, { title: name }];
  if (!application) {
    return (
      <div className="page">
        <TopBar crumbs={crumbs} />
        {loaded.state === 'failed' ? (
          <Note retry={loaded.retry}>Failed to load data: {loaded.reason}.</Note>
        ) : (
          <Note>Loading...</Note>
        )}
      </div>
    );
  }
  return (
    <div className="page application-details">
      <TopBar crumbs={crumbs}>
        <Actions application={application} tree={tree} registry={registry} />
      </TopBar>
      <StatusPanel application={application} items={registry.statusItems} />
      <Main application={application} tree={tree} registry={registry} />
      <Panels application={application} tree={tree} registry={registry} />
    </div>
  );
}

interface PartProps {
  application: ApplicationView;
  tree: TreeView;
  registry: Registry;
}

function Main({ application, tree, registry }: PartProps): React.ReactElement {
  const view = usePlace().query.get('view');
  const views = registry.appViews.filter((candidate) => candidate.shouldDisplay(application));
  const chosen = views.find((candidate) => candidate.title === view);
  return (
    <>
      {views.length > 0 && (
        <div className="host-views">
          <button type="button" className="host-link" onClick={() => changeQuery({ view: null })}>
            Resources
          </button>
          {views.map((candidate) => (
            <button
              key={candidate.title}
              type="button"
              className="host-link"
              onClick={() => changeQuery({ view: candidate.title })}
            >
              <ExtensionIcon name={candidate.icon} /> {candidate.title}
            </button>
          ))}
        </div>
      )}
      {chosen ? (
        <div className="application-details__tree">
          <chosen.component application={application} tree={tree} />
        </div>
      ) : (
        <ResourceList application={application} tree={tree} />
      )}
    </>
  );
}

function Actions({ application, tree, registry }: PartProps): React.ReactElement {
  const [failure, setFailure] = React.useState('');
  const { name, namespace } = application.metadata;
  const path = `api/v1/applications/${name}`;
  const attempt = (work: Promise<unknown>): void => {
    setFailure('');
    work.catch((error: unknown) => setFailure(String(error)));
  };
  const sync = (): void => {
    const { automated, syncOptions } = application.spec.syncPolicy ?? {};
    const body = {
      appNamespace: namespace,
      prune: automated?.prune ?? false,
      strategy: { hook: { force: false } },
      resources: null,
      ...(syncOptions && { syncOptions: { items: syncOptions } }),
    };
    attempt(sendJson('POST', `${path}/sync`, body));
  };
  const refresh = (level: string): void =>
    attempt(getJson(`${path}?refresh=${level}&appNamespace=${namespace}`));
  return (
    <>
      <button
        type="button"
        className="argo-button argo-button--base"
        onClick={() => openNode(applicationNode(application))}
      >
        Details
      </button>
      {application.operation ? (
        <button
          type="button"
          className="argo-button argo-button--base"
          onClick={() => attempt(sendJson('DELETE', `${path}/operation?appNamespace=${namespace}`))}
        >
          Terminate
        </button>
      ) : (
        <button type="button" className="argo-button argo-button--base" onClick={sync}>
          Sync
        </button>
      )}
      <button
        type="button"
        className="argo-button argo-button--base"
        onClick={() => changeQuery({ rollback: '0' })}
      >
        History and rollback
      </button>
      <button type="button" className="argo-button argo-button--base" onClick={() => refresh('normal')}>
        Refresh
      </button>
      <button type="button" className="argo-button argo-button--base" onClick={() => refresh('hard')}>
        Hard refresh
      </button>
      {registry.topBarItems
        .filter((item) => item.shouldDisplay(application))
        .map((item) => (
          <item.component
            key={item.id}
            application={application}
            tree={tree}
            openFlyout={() => changeQuery({ extension: item.id })}
          />
        ))}
      {failure && (
        <span role="alert" className="host-failure">
          {failure}
        </span>
      )}
    </>
  );
}

const OWN_PANELS: readonly {
  parameter: string;
  label: string;
  content: React.ComponentType<{ application: ApplicationView }>;
}[] = [
  { parameter: 'operation', label: 'Sync operation', content: OperationState },
  { parameter: 'conditions', label: 'Application conditions', content: Conditions },
  { parameter: 'rollback', label: 'History and rollback', content: History },
];

function Panels({ application, tree, registry }: PartProps): React.ReactElement | null {
  const { query } = usePlace();
  const closeExtension = React.useCallback(() => changeQuery({ extension: '' }), []);
  const closeOwn = React.useCallback(
    () => changeQuery({ operation: null, conditions: null, rollback: null }),
    [],
  );
  const node = query.get('node');
  if (node) {
    return (
      <ResourcePanel
        application={application}
        tree={tree}
        node={node}
        tab={query.get('tab')}
        extensions={registry.resourceTabs}
      />
    );
  }
  const id = query.get('extension');
  const topBarItem = registry.topBarItems.find((item) => item.id === id);
  const Flyout = topBarItem?.flyout ?? registry.statusItems.find((item) => item.id === id)?.flyout;
  if (id && Flyout) {
    return (
      <SlidingPanel label={id} onClose={closeExtension} isMiddle={topBarItem?.isMiddle ?? false}>
        <Flyout application={application} tree={tree} />
      </SlidingPanel>
    );
  }
  const own = OWN_PANELS.find(({ parameter }) => query.get(parameter));
  if (!own) return null;
  return (
    <SlidingPanel label={own.label} onClose={closeOwn} header={<h1>{own.label}</h1>}>
      <own.content application={application} />
    </SlidingPanel>
  );
}

/** What extensions have registered: read when the page mounts and after each registration. */
function useRegistry(): Registry {
  const [registry, setRegistry] = React.useState(registered);
  React.useEffect(() => {
    setRegistry(registered());
    return onRegistration(() => setRegistry(registered()));
  }, []);
  return registry;
}
