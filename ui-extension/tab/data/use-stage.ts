/** A stage's anchor and ledger, read again whenever Argo CD's own live update says that they changed. */
import * as React from 'react';
import { anchorState, ledgerState, type LedgerState } from '../view-model/answers.ts';
import type { Anchor } from '../view-model/anchor.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { readConfigMap } from './config-map.ts';

export interface StageSnapshot {
  ledger: LedgerState;
  anchor: Anchor | undefined;
  /** When it was read, in milliseconds since the epoch. */
  readAt: number;
}

export interface StageData {
  /** The last that could be read; undefined before the first. */
  snapshot: StageSnapshot | undefined;
  /** Why the newest reading failed; undefined if it did not. */
  problem: { kind: 'denied' | 'failed'; reason: string } | undefined;
  loading: boolean;
  retry: () => void;
}

/** What was read last, by stage: a tab that is opened again shows it at once. */
const lastRead = new Map<string, StageSnapshot>();
const STAGES_KEPT = 50;

/** `place` undefined reads nothing. */
export function useStage(place: StagePlace | undefined): StageData {
  const key = place === undefined ? '' : `${place.appNamespace}/${place.application}/${place.namespace}`;
  const [tries, setTries] = React.useState(0);
  const [state, setState] = React.useState<{ key: string } & Omit<StageData, 'retry'>>(() => initial(key));
  React.useEffect(() => {
    if (place === undefined) return undefined;
    const abort = new AbortController();
    setState((old) => ({ ...(old.key === key ? old : initial(key)), loading: true }));
    readStage(place, abort.signal).then(
      (reading) => {
        if (abort.signal.aborted) return;
        setState((old) => ({ key, loading: false, ...settled(key, old.snapshot, reading) }));
      },
      (cause: unknown) => {
        if (abort.signal.aborted) return;
        const reason = cause instanceof Error ? cause.message : 'the answer could not be read';
        setState((old) => ({ ...old, loading: false, problem: { kind: 'failed', reason } }));
      },
    );
    return () => abort.abort();
    // The revision stands for the anchor's and the ledger's content: `place` itself is new on each render.
  }, [key, place?.revision, place?.ledger, tries]);
  const retry = React.useCallback(() => setTries((count) => count + 1), []);
  // The state of another application, until the effect has begun to read this one.
  const shown = state.key === key ? state : initial(key);
  return { snapshot: shown.snapshot, problem: shown.problem, loading: shown.loading, retry };
}

function initial(key: string): { key: string } & Omit<StageData, 'retry'> {
  return { key, snapshot: lastRead.get(key), problem: undefined, loading: true };
}

type Reading = { kind: 'read'; snapshot: StageSnapshot } | { kind: 'denied' | 'failed'; reason: string };

/** Reads both ConfigMaps. Rejects only when `signal` aborts. */
export async function readStage(place: StagePlace, signal: AbortSignal): Promise<Reading> {
  const [ledger, anchor] = await Promise.all([
    readConfigMap(place, place.ledger, signal),
    readConfigMap(place, place.anchor, signal),
  ]);
  if (ledger.kind === 'denied' || ledger.kind === 'failed')
    return { kind: ledger.kind, reason: ledger.reason };
  if (anchor.kind === 'denied' || anchor.kind === 'failed')
    return { kind: anchor.kind, reason: anchor.reason };
  return {
    kind: 'read',
    snapshot: { ledger: ledgerState(ledger), anchor: anchorState(anchor), readAt: Date.now() },
  };
}

function settled(
  key: string,
  before: StageSnapshot | undefined,
  reading: Reading,
): Pick<StageData, 'snapshot' | 'problem'> {
  if (reading.kind !== 'read')
    return { snapshot: before, problem: { kind: reading.kind, reason: reading.reason } };
  if (lastRead.size >= STAGES_KEPT) lastRead.clear();
  lastRead.set(key, reading.snapshot);
  return { snapshot: reading.snapshot, problem: undefined };
}
