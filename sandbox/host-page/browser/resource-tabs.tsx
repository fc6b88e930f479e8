/** The page's own tabs of a resource: summary with live manifest, events, and logs where there are pods. */
import * as React from 'react';
import { DetailsBox } from './details-box.tsx';
import { EventsTab } from './events-tab.tsx';
import { HealthIcon } from './icons.tsx';
import { LogsTab } from './logs-tab.tsx';
import type { TabView } from './tabs.tsx';
import { Timestamp } from './time.tsx';
import type { ApplicationView, NodeView } from './types.ts';

const WITH_LOGS = new Set(['Pod', 'Job', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet']);

interface ResourceTabsInput {
  application: ApplicationView;
  node: NodeView | undefined;
  manifest: unknown;
}

export function resourceTabs({ application, node, manifest }: ResourceTabsInput): TabView[] {
  if (!node) return [];
  const tabs: TabView[] = [
    { key: 'summary', title: 'Summary', content: () => <Summary node={node} manifest={manifest} /> },
    { key: 'events', title: 'Events', content: () => <EventsTab application={application} node={node} /> },
  ];
  if (WITH_LOGS.has(node.kind)) {
    tabs.push({
      key: 'logs',
      title: 'Logs',
      content: () => <LogsTab application={application} node={node} />,
    });
  }
  return tabs;
}

function Summary({ node, manifest }: { node: NodeView; manifest: unknown }): React.ReactElement {
  return (
    <>
      <DetailsBox
        rows={[
          ['Kind', node.kind],
          ['Name', node.name],
          ['Namespace', node.namespace],
          ['Created at', <Timestamp key="created" date={node.createdAt} />],
          ['Images', node.images?.join(', ')],
          [
            'Health',
            node.health && (
              <>
                <HealthIcon status={node.health.status} /> {node.health.status} {node.health.message}
              </>
            ),
          ],
          ...(node.info ?? []).map(({ name, value }): [string, string] => [name, value]),
        ]}
      />
      {manifest !== undefined && (
        <pre className="host-manifest" aria-label="Live manifest" tabIndex={0}>
          {JSON.stringify(manifest, null, 2)}
        </pre>
      )}
    </>
  );
}
