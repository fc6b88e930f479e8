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

export type Decision = 'approve' | 'reject';

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

const CALLS = { approve, reject };

/** Asks Argo CD which actions there are; that a right is missing shows only when it refuses. */
export function useDecision(place: StagePlace, pending: PendingView, now: number): DecisionState {
  const { job } = pending;
  const [tries, setTries] = React.useState(0);
  const [listing, setListing] = React.useState<ActionListing | string | undefined>(undefined);
  const [denied, setDenied] = React.useState<Record<Decision, string>>({ approve: '', reject: '' });
  const [made, setMade] = React.useState<DecisionState['made']>(undefined);
  const [problem, setProblem] = React.useState('');
  React.useEffect(() => {
    const abort = new AbortController();
    setListing(undefined);
    listActions(place, job, abort.signal).then(
      (answer) => {
        if (!abort.signal.aborted) setListing(answer.kind === 'listing' ? answer.listing : answer.reason);
      },
      () => {
        if (!abort.signal.aborted) setListing('Argo CD’s answer could not be read');
      },
    );
    return () => abort.abort();
    // A new `place` with the same names is the same Job.
  }, [job, place.application, place.appNamespace, place.namespace, tries]);
  const decide = (decision: Decision): void => {
    setMade({ decision, state: 'asking' });
    setProblem('');
    const settle = (answer: DecisionAnswer): void => {
      setMade(answer.kind === 'done' ? { decision, state: 'done' } : undefined);
      if (answer.kind === 'denied') setDenied((old) => ({ ...old, [decision]: answer.reason }));
      if (answer.kind !== 'done') setProblem(answer.reason);
    };
    // Not ended when the panel closes: whoever decided has decided.
    CALLS[decision](place, job, new AbortController().signal).then(settle, () =>
      settle({ kind: 'failed', reason: 'Argo CD’s answer could not be read' }),
    );
  };
  const unknown =
    typeof listing === 'string' ? `It could not be asked what you may do: ${listing}` : 'One moment…';
  const obstacles =
    typeof listing === 'object'
      ? {
          approve: denied.approve || approvalObstacle(pending, listing, now),
          reject: denied.reject || rejectionObstacle(pending, listing),
        }
      : { approve: unknown, reject: unknown };
  const retry = React.useCallback(() => setTries((count) => count + 1), []);
  return { obstacles, made, problem, decide, retry };
}
