/** A promotion that waits: what for, until when, and the user's say in it. */
import * as React from 'react';
import type { Decision } from '../data/rights.ts';
import { useDecision } from '../data/use-decision.ts';
import type { PromotionView } from '../view-model/delivery.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { approveLabel, questionOf, type PendingView } from '../view-model/pending.ts';
import { inText } from '../view-model/time.ts';
import { Dialog } from './dialog.tsx';
import { Status } from './icon.tsx';
import { Age, Until } from './parts.tsx';

interface DecisionBarProps {
  promotion: PromotionView;
  pending: PendingView;
  /** What would be promoted. */
  versions: string;
  place: StagePlace;
  now: number;
}

export function DecisionBar(props: DecisionBarProps): React.ReactElement {
  const { promotion, pending, place, now } = props;
  const { obstacles, made, problem, decide, retry } = useDecision(place, pending, now);
  const [asked, setAsked] = React.useState<Decision | undefined>(undefined);
  const bar = React.useRef<HTMLDivElement>(null);
  const what = promotion.isRollback
    ? `Rollback of ${promotion.target}${promotion.restores && ` to ${promotion.restores}`}`
    : `Promotion to ${promotion.target}`;
  const isOpen = pending.resumedAt === undefined;
  const labels = { approve: approveLabel(pending), reject: 'Reject' };
  const busy = made !== undefined;
  const button = (decision: Decision, className: string): React.ReactElement => (
    <button
      type="button"
      className={`sl-button ${className}`}
      // Not `disabled`: the reason has to be reachable with the keyboard.
      aria-disabled={busy || obstacles[decision] !== ''}
      title={obstacles[decision] || undefined}
      onClick={() => {
        if (!busy && obstacles[decision] === '') setAsked(decision);
      }}
    >
      {labels[decision]}
      <span className="sl-hidden"> the {what.charAt(0).toLowerCase() + what.slice(1)}</span>
    </button>
  );
  const reasons = [...new Set([obstacles.approve, obstacles.reject].filter((reason) => reason !== ''))];
  return (
    <div className="sl-decision" ref={bar} role="group" aria-label={what}>
      <div className="sl-decision-text">
        <div className="sl-line">
          <strong>{what}</strong>
          <Status view={pending.status} />
          <span className="sl-quiet">
            since <Age at={pending.resumedAt ?? promotion.startedAt} now={now} />
          </span>
          {promotion.decision === '' ? null : <span>{promotion.decision}</span>}
        </div>
        {isOpen ? <Terms promotion={promotion} pending={pending} now={now} /> : null}
        <div aria-live="polite">
          {made === undefined ? null : <p>{madeText(made)}</p>}
          {problem === '' ? null : <p className="sl-problem">{problem}</p>}
          {busy || !isOpen
            ? null
            : reasons
                .filter((reason) => reason !== problem)
                .map((reason) => (
                  <p key={reason} className="sl-quiet">
                    {reason}
                  </p>
                ))}
        </div>
      </div>
      {isOpen ? (
        <div className="sl-decision-buttons">
          {button('approve', 'sl-button-primary')}
          {button('reject', '')}
          {reasons.length > 0 && !busy ? (
            <button type="button" className="sl-text-button" onClick={retry}>
              Check again
            </button>
          ) : null}
        </div>
      ) : null}
      {asked === undefined ? null : (
        <Dialog
          title={questionOf(asked, pending, promotion)}
          confirm={labels[asked]}
          near={bar.current}
          onCancel={() => setAsked(undefined)}
          onConfirm={() => {
            setAsked(undefined);
            decide(asked);
          }}
        >
          <Question decision={asked} {...props} />
        </Dialog>
      )}
    </div>
  );
}

function madeText({ decision, state }: { decision: Decision; state: 'asking' | 'done' }): string {
  if (state === 'asking') return decision === 'approve' ? 'Approving…' : 'Rejecting…';
  return decision === 'approve'
    ? 'Approved: Argo CD resumed its Job. What it does appears here as soon as the Job has written it down.'
    : 'Rejected: Argo CD deleted its Job.';
}

function Terms(props: Pick<DecisionBarProps, 'promotion' | 'pending' | 'now'>): React.ReactElement | null {
  const { promotion, pending, now } = props;
  const { notBefore, expiresAt, isRollback } = pending;
  // The status says the rest.
  const reason = pending.waitsFor === 'hold' ? promotion.message : promotion.reason;
  if (notBefore === undefined && expiresAt === undefined && reason === '') return null;
  return (
    <p className="sl-line sl-quiet">
      {reason === '' ? null : <span className="sl-break">{reason.slice(0, 300)}</span>}
      {notBefore === undefined ? null : notBefore > now ? (
        <span>
          {isRollback ? 'taken back' : 'goes on by itself'} <Until at={notBefore} now={now} />
          {isRollback ? ', unless a later attempt succeeds' : ''}
        </span>
      ) : (
        <span>
          due since <Age at={notBefore} now={now} />
        </span>
      )}
      {expiresAt === undefined ? null : (
        <span>
          {expiresAt > now ? 'expires ' : 'expired '}
          <Until at={expiresAt} now={now} />
        </span>
      )}
    </p>
  );
}

function Question({
  decision,
  promotion,
  pending,
  versions,
  now,
}: DecisionBarProps & { decision: Decision }): React.ReactElement {
  const what = versions || 'This version';
  const { isRollback, target, restores } = promotion;
  if (decision === 'reject') {
    return (
      <p>
        {isRollback ? `${target} stays as it is` : `${what} does not go to ${target}`}: Argo CD deletes the
        suspended Job <code>{pending.job}</code>. It is not asked again for this delivery.
      </p>
    );
  }
  const early = pending.notBefore !== undefined && pending.notBefore > now;
  return (
    <>
      <p>
        {isRollback
          ? `${target} goes back to ${restores || 'the version before'}`
          : `${what} goes to ${target}`}
        : Argo CD resumes the Job <code>{pending.job}</code>, which carries it out.
      </p>
      {early ? (
        <p>It would go on by itself {inText(pending.notBefore ?? now, now)}: this does not wait for that.</p>
      ) : null}
      {pending.waitsFor === 'hold' ? <p>Somebody put it on hold: this passes over the hold.</p> : null}
    </>
  );
}
