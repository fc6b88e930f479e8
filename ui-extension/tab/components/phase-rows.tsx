/** A phase of an attempt: its own row, and the rows of its checks below it. */
import * as React from 'react';
import type { PhaseView, TimeRange } from '../view-model/attempt.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { Bar } from './bar.tsx';
import { CheckRow } from './check-row.tsx';
import { Icon, Status } from './icon.tsx';
import { JobLog } from './job-log.tsx';
import { LongText, Took } from './parts.tsx';

/** A passed phase with more checks than this is folded. */
const CHECKS_SHOWN = 8;

interface PhaseRowsProps {
  phase: PhaseView;
  range: TimeRange;
  place: StagePlace;
  now: number;
}

export function PhaseRows({ phase, range, place, now }: PhaseRowsProps): React.ReactElement {
  const passed = phase.status.tone === 'success';
  const [chosen, setOpen] = React.useState<boolean | undefined>(undefined);
  const open = chosen ?? !(passed && phase.checks.length > CHECKS_SHOWN);
  const foldable = phase.checks.length > 0 || phase.job !== '' || phase.message !== '';
  const running = phase.status.tone === 'running' && phase.startedAt !== undefined;
  const name = (
    <>
      <Icon
        name="chevron"
        className={`sl-chevron ${open ? 'sl-chevron-open' : ''} ${foldable ? '' : 'sl-invisible'}`}
      />
      <span className="sl-phase-name">{phase.label}</span>
    </>
  );
  return (
    <li className="sl-phase">
      <div className="sl-row sl-row-phase">
        {foldable ? (
          <button
            type="button"
            className="sl-row-name sl-fold"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            {name}
          </button>
        ) : (
          <span className="sl-row-name sl-fold">{name}</span>
        )}
        <span className="sl-row-state">
          <Status view={phase.status} />
        </span>
        <span className="sl-row-took">
          <Took
            ms={phase.took ?? (running && phase.startedAt !== undefined ? now - phase.startedAt : undefined)}
          />
        </span>
        <Bar part={phase} tone={phase.status.tone} range={range} waiting={phase.name === 'deployment'} />
        {phase.summary === '' ? null : <span className="sl-row-note">{phase.summary}</span>}
      </div>
      {open && foldable ? (
        <>
          {phase.message === '' || phase.checks.some((check) => check.message === phase.message) ? null : (
            <LongText text={phase.message} tone="sl-indent" />
          )}
          {phase.checks.length === 0 ? null : (
            <ul className="sl-rows">
              {phase.checks.map((check) => (
                <CheckRow key={check.name} check={check} range={range} place={place} now={now} />
              ))}
            </ul>
          )}
          {phase.job === '' ? null : (
            <div className="sl-indent">
              <JobLog place={place} job={phase.job} what={`${phase.label} hook`} />
            </div>
          )}
        </>
      ) : null}
    </li>
  );
}
