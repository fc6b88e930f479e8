/** A phase of an attempt: its own row, and the rows of its checks below it. */
import * as React from 'react';
import type { PhaseView, TimeRange } from '../view-model/attempt.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { Bar } from './bar.tsx';
import { CheckRow } from './check-row.tsx';
import { Icon, Status } from './icon.tsx';
import { JobLog, LogToggle } from './job-log.tsx';
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
  const [log, setLog] = React.useState(false);
  const open = chosen ?? !(passed && phase.checks.length > CHECKS_SHOWN);
  const running = phase.status.tone === 'running' && phase.startedAt !== undefined;
  // What failed says so in its own row.
  const message = phase.checks.some((check) => check.status.tone === 'failed') ? '' : phase.message;
  return (
    <li className="sl-phase">
      <div className="sl-row">
        <PhaseName phase={phase} open={open} setOpen={setOpen} />
        <span className="sl-row-state">
          <Status view={phase.status} />
        </span>
        <span className="sl-row-took">
          <Took
            ms={phase.took ?? (running && phase.startedAt !== undefined ? now - phase.startedAt : undefined)}
          />
        </span>
        <Bar part={phase} tone={phase.status.tone} range={range} waiting={phase.name === 'deployment'} />
        {phase.summary === '' && phase.job === '' ? null : (
          <span className="sl-row-note">
            {phase.summary}
            {phase.job === '' ? null : <LogToggle open={log} what={`${phase.label} hook`} set={setLog} />}
          </span>
        )}
      </div>
      <LongText text={message} tone="sl-indent" />
      {log ? (
        <div className="sl-indent">
          <JobLog place={place} job={phase.job} />
        </div>
      ) : null}
      {open && phase.checks.length > 0 ? (
        <ul className="sl-rows">
          {phase.checks.map((check) => (
            <CheckRow key={check.name} check={check} range={range} place={place} now={now} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

interface PhaseNameProps {
  phase: PhaseView;
  open: boolean;
  setOpen: (open: boolean) => void;
}

/** A button where there are checks to fold. */
function PhaseName({ phase, open, setOpen }: PhaseNameProps): React.ReactElement {
  const foldable = phase.checks.length > 0;
  const name = (
    <>
      <Icon
        name="chevron"
        className={`sl-chevron ${open ? 'sl-chevron-open' : ''} ${foldable ? '' : 'sl-invisible'}`}
      />
      <span className="sl-phase-name">{phase.label}</span>
    </>
  );
  return foldable ? (
    <button type="button" className="sl-row-name sl-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
      {name}
    </button>
  ) : (
    <span className="sl-row-name sl-fold">{name}</span>
  );
}
