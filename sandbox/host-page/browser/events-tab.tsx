/** Kubernetes events of an application or of one of its resources. */
import * as React from 'react';
import { getJson } from './api.ts';
import { Note } from './details-box.tsx';
import { Timestamp } from './time.tsx';
import type { ApplicationView, NodeView } from './types.ts';

interface EventView {
  metadata: { name: string };
  reason: string;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  type: string;
}

export function EventsTab({
  application,
  node,
}: {
  application: ApplicationView;
  node: NodeView | undefined;
}): React.ReactElement {
  const [events, setEvents] = React.useState<EventView[] | undefined>(undefined);
  const { name, namespace, resourceVersion } = application.metadata;
  const about = node
    ? `&resourceName=${node.name}&resourceNamespace=${node.namespace ?? ''}&resourceUID=${node.uid}`
    : '';
  React.useEffect(() => {
    let gone = false;
    getJson<{ items: EventView[] | null }>(
      `api/v1/applications/${name}/events?appNamespace=${namespace}${about}`,
    ).then(
      ({ items }) => {
        if (!gone) setEvents(items ?? []);
      },
      () => {
        if (!gone) setEvents([]);
      },
    );
    return () => {
      gone = true;
    };
  }, [name, namespace, about, resourceVersion, node?.resourceVersion]);
  if (!events) return <Note>Loading...</Note>;
  if (events.length === 0) return <Note>No events available</Note>;
  return (
    <div className="argo-table-list">
      {[...events].reverse().map((event) => (
        <div key={event.metadata.name} className={`argo-table-list__row events-list__event--${event.type}`}>
          <strong>{event.reason}</strong> <span>{event.message}</span> <span>{event.count}</span>{' '}
          <Timestamp date={event.lastTimestamp} />
        </div>
      ))}
    </div>
  );
}
