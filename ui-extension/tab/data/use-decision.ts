/** Whether the user may decide on a pending promotion, and the decision itself. */
import * as React from 'react';
import type { StagePlace } from '../view-model/locate.ts';
import {
  approvalObstacle,
  rejectionObstacle,
  type ActionListing,
  type PendingView,
} from '../view-model/pending.ts';
import { approve, listActions, reject, type DecisionAnswer } from './decisions.ts';
import { forgetRight, missingRight, type Decision } from './rights.ts';

export interface DecisionState {
  /** Why each cannot be made; empty if it can, as far as is known. */
  obstacles: Record<Decision, string>;
  /** Under way, or made a moment ago: the ledger will say more. */
  made: { decision: Decision; state: 'asking' | 'done' } | undefined;
  /** Why the last one failed; empty if it did not. */
  problem: string;
  decide: (decision: Decision) => void;
  retry: () => void;
}

/** What was found out before the decision: the actions that there are, and the rights that are missing. */
interface Found {
  listing: ActionListing;
  denied: Record<Decision, string>;
}

const CALLS = { approve, reject };

/** Asks Argo CD which actions there are, and whether the user may take them. */
export function useDecision(place: StagePlace, pending: PendingView, now: number): DecisionState {
  const { job } = pending;
  const [tries, setTries] = React.useState(0);
  const [found, setFound] = React.useState<Found | string | undefined>(undefined);
  const [made, setMade] = React.useState<DecisionState['made']>(undefined);
  const [problem, setProblem] = React.useState('');
  const open = pending.resumedAt === undefined;
  React.useEffect(() => {
    if (!open) return undefined;
    const abort = new AbortController();
    setFound(undefined);
    setProblem('');
    lookUp(place, job, abort.signal).then(
      (answer) => {
        if (!abort.signal.aborted) setFound(answer);
      },
      () => {
        if (!abort.signal.aborted) setFound('Argo CD’s answer could not be read');
      },
    );
    return () => abort.abort();
    // A new `place` with the same names is the same Job.
  }, [job, open, place.application, place.appNamespace, place.namespace, tries]);
  const decide = (decision: Decision): void => {
    setMade({ decision, state: 'asking' });
    setProblem('');
    const settle = (answer: DecisionAnswer): void => {
      setMade(answer.kind === 'done' ? { decision, state: 'done' } : undefined);
      if (answer.kind === 'done') return;
      setProblem(answer.reason);
      if (answer.kind === 'failed') return;
      forgetRight(decision, place);
      setFound((old) =>
        typeof old === 'object' ? { ...old, denied: { ...old.denied, [decision]: answer.reason } } : old,
      );
    };
    // Not ended when the panel closes: whoever decided has decided.
    CALLS[decision](place, job, new AbortController().signal).then(settle, () =>
      settle({ kind: 'failed', reason: 'Argo CD’s answer could not be read' }),
    );
  };
  const retry = React.useCallback(() => setTries((count) => count + 1), []);
  return { obstacles: obstaclesOf(found, pending, now), made, problem, decide, retry };
}

async function lookUp(place: StagePlace, job: string, signal: AbortSignal): Promise<Found | string> {
  const answer = await listActions(place, job, signal);
  if (answer.kind === 'failed') return answer.reason;
  const { listing } = answer;
  // What cannot be done at all needs no right.
  if (listing.gone) return { listing, denied: { approve: '', reject: '' } };
  const [approval, rejection] = await Promise.all([
    missingRight('approve', place, { job, signal }),
    missingRight('reject', place, { job, signal }),
  ]);
  return { listing, denied: { approve: approval, reject: rejection } };
}

function obstaclesOf(
  found: Found | string | undefined,
  pending: PendingView,
  now: number,
): DecisionState['obstacles'] {
  if (typeof found !== 'object') {
    const unknown = found === undefined ? 'One moment…' : `It could not be asked what you may do: ${found}`;
    return { approve: unknown, reject: unknown };
  }
  return {
    approve: found.denied.approve || approvalObstacle(pending, found.listing, now),
    reject: found.denied.reject || rejectionObstacle(pending, found.listing),
  };
}
