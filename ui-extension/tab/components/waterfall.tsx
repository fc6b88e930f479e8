/** The attempts of a delivery, and the one that is shown as a waterfall of phases and checks. */
import * as React from 'react';
import { rangeOf, ticksOf, type AttemptView } from '../view-model/attempt.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { tickText } from '../view-model/time.ts';
import { Status } from './icon.tsx';
import { Age, LongText, Section } from './parts.tsx';
import { PhaseRows } from './phase-rows.tsx';

interface WaterfallProps {
  attempts: AttemptView[];
  /** Message of the delivery, which is not repeated. */
  verdict: string;
  place: StagePlace;
  now: number;
}

export function Waterfall({ attempts, verdict, place, now }: WaterfallProps): React.ReactElement {
  const [chosen, setChosen] = React.useState<string | undefined>(undefined);
  const attempt = attempts.find((candidate) => candidate.key === chosen) ?? attempts.at(-1);
  if (attempt === undefined) {
    return (
      <Section title="Phases and checks">
        <p className="sl-quiet">The ledger holds no attempt of this delivery.</p>
      </Section>
    );
  }
  return (
    <Section title="Phases and checks">
      {attempts.length > 1 ? <Attempts attempts={attempts} shown={attempt} choose={setChosen} /> : null}
      {attempts.length > 1 ? (
        <p className="sl-attempt-line">
          <Status view={attempt.status} />
          <span className="sl-quiet">
            started <Age at={attempt.startedAt} now={now} />
          </span>
        </p>
      ) : null}
      <LongText text={attempt.message === verdict ? '' : attempt.message} />
      <Timeline key={attempt.key} attempt={attempt} place={place} now={now} />
    </Section>
  );
}

interface AttemptsProps {
  attempts: AttemptView[];
  shown: AttemptView;
  choose: (key: string) => void;
}

function Attempts({ attempts, shown, choose }: AttemptsProps): React.ReactElement {
  return (
    <div className="sl-attempts" role="group" aria-label="Attempts">
      {attempts.map((attempt) => (
        <button
          key={attempt.key}
          type="button"
          className="sl-attempt"
          aria-pressed={attempt === shown}
          onClick={() => choose(attempt.key)}
        >
          <Status view={attempt.status} labelled={false} /> Attempt {attempt.number}
          {attempt.retry === '' ? null : <span className="sl-quiet"> ({attempt.retry})</span>}
        </button>
      ))}
    </div>
  );
}

function Timeline({
  attempt,
  place,
  now,
}: {
  attempt: AttemptView;
  place: StagePlace;
  now: number;
}): React.ReactElement {
  const range = rangeOf(attempt, now);
  return (
    <div className="sl-timeline">
      <div className="sl-row sl-axis" aria-hidden="true">
        <span className="sl-row-name">Phase</span>
        <span className="sl-row-state">Status</span>
        <span className="sl-row-took">Took</span>
        <span className="sl-row-bar">
          {ticksOf(range).map((tick) => (
            <span key={tick.at} className="sl-tick" style={{ left: `${tick.left}%` }}>
              {tick.at === 0 ? '0s' : tickText(tick.at)}
            </span>
          ))}
        </span>
      </div>
      <ul className="sl-rows">
        {attempt.phases.map((phase) => (
          <PhaseRows key={phase.name} phase={phase} range={range} place={place} now={now} />
        ))}
      </ul>
      {attempt.phases.length === 0 ? <p className="sl-quiet">No phase has begun.</p> : null}
    </div>
  );
}
