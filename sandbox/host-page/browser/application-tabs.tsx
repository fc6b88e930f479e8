/** The page's own tabs of an application: its summary and its events. */
import * as React from 'react';
import { DetailsBox } from './details-box.tsx';
import { EventsTab } from './events-tab.tsx';
import type { TabView } from './tabs.tsx';
import { Timestamp } from './time.tsx';
import type { ApplicationView } from './types.ts';

export function applicationTabs(application: ApplicationView): TabView[] {
  return [
    { key: 'summary', title: 'Summary', content: () => <Summary application={application} /> },
    {
      key: 'event',
      title: 'Events',
      content: () => <EventsTab application={application} node={undefined} />,
    },
  ];
}

function Summary({ application }: { application: ApplicationView }): React.ReactElement {
  const { metadata, spec, status } = application;
  const automated = spec.syncPolicy?.automated;
  const options = [
    automated?.prune && 'prune',
    automated?.selfHeal && 'self heal',
    ...(spec.syncPolicy?.syncOptions ?? []),
  ].filter(Boolean);
  return (
    <DetailsBox
      rows={[
        ['Project', spec.project],
        ['Labels', pairs(metadata.labels)],
        ['Annotations', pairs(metadata.annotations)],
        ['Cluster', spec.destination.server ?? spec.destination.name],
        ['Namespace', spec.destination.namespace],
        ['Created at', <Timestamp key="created" date={metadata.creationTimestamp} />],
        ['Repo URL', spec.source?.repoURL],
        ['Target revision', spec.source?.targetRevision ?? 'HEAD'],
        ['Path', spec.source?.path],
        ['Plugin', spec.source?.plugin?.name],
        ['Sync policy', automated && automated.enabled !== false ? 'automated' : 'manual'],
        ['Sync options', options.join(', ')],
        ['Status', `${status.sync?.status ?? 'Unknown'} to ${status.sync?.revision?.slice(0, 7) ?? ''}`],
        ['Images', status.summary.images?.join(', ')],
      ]}
    />
  );
}

function pairs(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
