/** Where a trace was read from, said calmly: without a backend the ledger's own spans are there all the same. */
import * as React from 'react';
import type { TraceData } from '../data/use-trace.ts';
import { Notice } from './parts.tsx';

const FROM_LEDGER = 'Drawn from the ledger. ';

export function TraceSourceNotice({ data }: { data: TraceData }): React.ReactElement | null {
  const { backend, trace } = data;
  if (backend === undefined) return null;
  if (backend.kind === 'trace') {
    const missing = (trace?.spanCount ?? 0) - (trace?.spans.length ?? 0);
    return missing > 0 ? (
      <p className="sl-quiet sl-trace-source">
        {missing} of {trace?.spanCount} spans are left out: the trace is larger than the backend hands out.
      </p>
    ) : null;
  }
  const again = { label: data.loading ? 'Trying…' : 'Try again', run: data.reload };
  if (trace === undefined) {
    return (
      <Notice tone="info" title="This trace cannot be shown" action={again}>
        The ledger keeps only a line of this delivery. {reasonOf(data)}
      </Notice>
    );
  }
  if (backend.kind === 'failed') {
    return (
      <Notice tone="warning" title="The backend did not give the whole trace" action={again}>
        {FROM_LEDGER}
        {reasonOf(data)}
      </Notice>
    );
  }
  return (
    <p className="sl-quiet sl-trace-source">
      {FROM_LEDGER}
      {reasonOf(data)}{' '}
      <button type="button" className="sl-text-button" onClick={data.reload} disabled={data.loading}>
        {again.label}
      </button>
    </p>
  );
}

function reasonOf({ backend }: TraceData): string {
  switch (backend?.kind) {
    case 'absent':
      return 'Stageline’s backend, which is not installed here, adds full traces: the spans of the services under test too.';
    case 'no-store':
      return 'The backend has no trace store to ask: an admin sets STAGELINE_BACKEND_JAEGER_URL.';
    case 'unknown':
      return 'The trace store has no such trace of this application: not yet, or not any more.';
    case 'denied':
      return 'You may not use the backend, which adds full traces. An Argo CD admin grants it: extensions, invoke, stageline.';
    case 'failed':
      return `Reason: ${backend.reason}`;
    default:
      return '';
  }
}
