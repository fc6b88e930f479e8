/** A check: one row in the waterfall, its details on demand. */
import * as React from 'react';
import type { TimeRange } from '../view-model/attempt.ts';
import type { CheckView } from '../view-model/check.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { exactTime } from '../view-model/time.ts';
import { Bar } from './bar.tsx';
import { Icon, Status } from './icon.tsx';
import { JobLog, LogToggle } from './job-log.tsx';
import { LongText, Took } from './parts.tsx';

interface CheckRowProps {
  check: CheckView;
  range: TimeRange;
  place: StagePlace;
  now: number;
}

export function CheckRow({ check, range, place, now }: CheckRowProps): React.ReactElement {
  const bad = check.status.tone === 'failed' || check.status.tone === 'warning';
  const [chosen, setOpen] = React.useState<boolean | undefined>(undefined);
  const open = chosen ?? false;
  const running = check.status.tone === 'running' && check.startedAt !== undefined;
  const note = check.measured || (bad ? '' : check.message.split('\n')[0]) || '';
  return (
    <li className="sl-check">
      <div className="sl-row">
        <button
          type="button"
          className="sl-row-name sl-fold"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon name="chevron" className={`sl-chevron ${open ? 'sl-chevron-open' : ''}`} />
          <span className="sl-check-name">{check.name}</span>
          <span className="sl-kind">{check.kind}</span>
        </button>
        <span className="sl-row-state">
          <Status view={check.status} />
        </span>
        <span className="sl-row-took">
          <Took
            ms={check.took ?? (running && check.startedAt !== undefined ? now - check.startedAt : undefined)}
          />
        </span>
        {check.carried ? (
          <span className="sl-row-bar sl-row-carried">carried over</span>
        ) : (
          <Bar part={check} tone={check.status.tone} range={range} thin />
        )}
        {note === '' && check.workload === '' && check.notes.length === 0 ? null : (
          <span className="sl-row-note">
            {[check.workload, note, ...check.notes].filter(Boolean).join(' · ')}
          </span>
        )}
      </div>
      {bad && !open ? <LongText text={check.message} tone="sl-indent" /> : null}
      {open ? <CheckDetails check={check} place={place} /> : null}
    </li>
  );
}

function CheckDetails({ check, place }: { check: CheckView; place: StagePlace }): React.ReactElement {
  const [log, setLog] = React.useState(false);
  return (
    <div className="sl-details">
      <LongText text={check.message} />
      {check.objectives.length === 0 ? null : <Objectives objectives={check.objectives} />}
      {check.figures.length === 0 || check.objectives.length > 0 ? null : (
        <dl className="sl-figures">
          {check.figures.map((figure) => (
            <div key={figure.name}>
              <dt>{figure.label}</dt>
              <dd>{figure.value}</dd>
            </div>
          ))}
        </dl>
      )}
      <p className="sl-quiet">
        {check.startedAt === undefined ? 'Start unknown' : `Started ${exactTime(check.startedAt)}`}
        {check.finishedAt === undefined ? '' : `, finished ${exactTime(check.finishedAt)}`}
      </p>
      {check.job === '' ? null : <LogToggle open={log} what={check.name} set={setLog} />}
      {log ? <JobLog place={place} job={check.job} /> : null}
    </div>
  );
}

function Objectives({ objectives }: Pick<CheckView, 'objectives'>): React.ReactElement {
  return (
    <ul className="sl-objectives" aria-label="Objectives">
      {objectives.map((objective) => (
        <li key={objective.name}>
          <strong>{objective.name}</strong> {objective.status}
          {objective.value === '' ? '' : `: ${objective.value}`}
          <div className="sl-quiet">
            <code>{objective.query}</code> {objective.note}
          </div>
        </li>
      ))}
    </ul>
  );
}
