/** A trace as far as the backend has it and the ledger of its stage knows it. */
import * as React from 'react';
import type { Ledger } from '../../../core/ledger/types.ts';
import { applicationOf } from '../view-model/links.ts';
import type { StagePlace } from '../view-model/locate.ts';
import type { BackendAnswer } from '../view-model/trace/answer.ts';
import { ledgerTrace } from '../view-model/trace/from-ledger.ts';
import type { TraceRef } from '../view-model/trace/owner.ts';
import { mergedTrace, type Trace } from '../view-model/trace/span.ts';
import { readTrace } from './backend.ts';
import { findStage, readStageObjects } from './stages.ts';

/** Whose trace it is, and what may be read of it. */
export interface TraceSource {
  place: StagePlace;
  ledger: Ledger | undefined;
  repoURL: string;
}

export interface TraceData {
  /** Undefined until it is known. */
  owner:
    | { kind: 'visible'; source: TraceSource }
    | { kind: 'not-visible' | 'failed'; reason: string }
    | undefined;
  /** What the backend answered; undefined until it did. */
  backend: BackendAnswer | undefined;
  trace: Trace | undefined;
  loading: boolean;
  /** Asks again, also where no backend was. */
  reload: () => void;
}

/** A trace that is not finished is asked for again after this. */
const AGAIN_MS = 15_000;

/** `own`: the page's own stage, whose ledger is live already. For another trace it needs to be drawn anew. */
export function useTrace(wanted: TraceRef, own: TraceSource): TraceData {
  const [owner, setOwner] = React.useState<TraceData['owner']>(undefined);
  const [backend, setBackend] = React.useState<BackendAnswer | undefined>(undefined);
  const [loading, setLoading] = React.useState(true);
  const [tries, setTries] = React.useState(0);
  const [round, setRound] = React.useState(0);
  const isOwn = wanted.instance === '';
  React.useEffect(() => {
    const abort = new AbortController();
    setLoading(true);
    readAll(wanted, own, { fresh: tries > 0, signal: abort.signal }, (found) => {
      if (!isOwn && !abort.signal.aborted) setOwner(found);
    }).then(
      (answer) => {
        if (abort.signal.aborted) return;
        setLoading(false);
        if (answer !== undefined) setBackend(answer);
      },
      () => {
        if (abort.signal.aborted) return;
        setLoading(false);
        setBackend({ kind: 'failed', reason: 'its answer could not be read' });
      },
    );
    return () => abort.abort();
    // The place is new on each render, with the same names.
  }, [tries, round]);
  const unfinished = backend?.kind === 'trace' && !backend.trace.finished;
  React.useEffect(() => {
    if (!unfinished) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setRound((count) => count + 1);
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [unfinished]);
  const shownOwner: TraceData['owner'] = isOwn ? { kind: 'visible', source: own } : owner;
  const ledger = shownOwner?.kind === 'visible' ? shownOwner.source.ledger : undefined;
  const trace = React.useMemo(() => {
    const delivery = ledger?.deliveries.find(({ traceId }) => traceId === wanted.traceId);
    const stored = backend?.kind === 'trace' ? backend.trace : undefined;
    return mergedTrace(stored, ledger && delivery && ledgerTrace(ledger, delivery));
  }, [ledger, backend, wanted.traceId]);
  const reload = React.useCallback(() => setTries((count) => count + 1), []);
  return { owner: shownOwner, backend, trace, loading, reload };
}

/** Finds the stage where it is another one, reads its ledger, and asks the backend. */
async function readAll(
  wanted: TraceRef,
  own: TraceSource,
  options: { fresh: boolean; signal: AbortSignal },
  found: (owner: NonNullable<TraceData['owner']>) => void,
): Promise<BackendAnswer | undefined> {
  if (wanted.instance === '') return readTrace(own.place, wanted.traceId, options);
  const { controlPlaneNamespace } = own.place;
  const application = applicationOf(wanted.instance, controlPlaneNamespace);
  const stage = application && (await findStage(application, controlPlaneNamespace, options.signal));
  if (stage === undefined || stage.kind === 'not-visible') {
    found({ kind: 'not-visible', reason: '' });
    return undefined;
  }
  if (stage.kind === 'failed') {
    found(stage);
    return undefined;
  }
  const [answer] = await Promise.all([
    readTrace(stage.stage.place, wanted.traceId, options),
    readStageObjects(stage.stage, options.signal).then((reading) =>
      found(
        reading.denied
          ? { kind: 'not-visible', reason: reading.problem }
          : { kind: 'visible', source: { ...stage.stage, ledger: reading.ledger } },
      ),
    ),
  ]);
  return answer;
}
