/** The output of a resource's pods, followed while the tab is open. */
import * as React from 'react';
import { follow } from './api.ts';
import { resourceQuery } from './node-identity.ts';
import type { ApplicationView, NodeView } from './types.ts';

const MAX_LINES = 1000;

interface LogLineView {
  content: string;
  last: boolean;
  podName: string;
  timeStampStr: string;
}

export function LogsTab({
  application,
  node,
}: {
  application: ApplicationView;
  node: NodeView;
}): React.ReactElement {
  const [lines, setLines] = React.useState<LogLineView[]>([]);
  const path = `api/v1/applications/${application.metadata.name}/logs?${resourceQuery(application, node)}&follow=true&tailLines=${MAX_LINES}`;
  React.useEffect(() => {
    setLines([]);
    const stop = follow<LogLineView>(path, (line) => {
      // EventSource would connect again after the end and get every line once more.
      if (line.last) stop();
      else setLines((before) => [...before.slice(1 - MAX_LINES), line]);
    });
    return stop;
  }, [path]);
  return (
    <pre className="host-manifest" aria-label="Logs" tabIndex={0}>
      {lines.map((line) => `${line.content}\n`).join('') || 'No output yet.'}
    </pre>
  );
}
