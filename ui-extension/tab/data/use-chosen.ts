/** What the user opened, kept in the page's address so that it can be passed on. */
import * as React from 'react';
import { TRACE_ID } from '../view-model/trace/span.ts';
import type { TraceRef } from '../view-model/trace/owner.ts';

const DELIVERY = 'stageline-delivery';
const TRACE = 'stageline-trace';
/** Instance name of the application that the trace is of, where it is not the page's own. */
const TRACE_OF = 'stageline-trace-of';

/** Id of the chosen delivery and how to choose another; undefined is the newest. */
export function useChosen(): [string | undefined, (id: string | undefined) => void] {
  const [chosen, setChosen] = React.useState(() => readParameter(DELIVERY));
  const choose = React.useCallback((id: string | undefined) => {
    setChosen(id);
    writeParameters({ [DELIVERY]: id });
  }, []);
  return [chosen, choose];
}

/** The trace that is open and how to open another; undefined is none. */
export function useOpenTrace(): [TraceRef | undefined, (trace: TraceRef | undefined) => void] {
  const [trace, setTrace] = React.useState(readTrace);
  const open = React.useCallback((wanted: TraceRef | undefined) => {
    setTrace(wanted);
    writeParameters({ [TRACE]: wanted?.traceId, [TRACE_OF]: wanted?.instance || undefined });
  }, []);
  return [trace, open];
}

function readTrace(): TraceRef | undefined {
  const traceId = readParameter(TRACE) ?? '';
  if (!TRACE_ID.test(traceId)) return undefined;
  return { traceId, instance: readParameter(TRACE_OF) ?? '', stage: '' };
}

function readParameter(name: string): string | undefined {
  return new URLSearchParams(window.location.search).get(name) ?? undefined;
}

function writeParameters(values: Record<string, string | undefined>): void {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  // Replaced, not pushed: the host's router owns the history, and its state object must stay.
  window.history.replaceState(window.history.state, '', url.href);
}
