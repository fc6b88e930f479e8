/** The log of a Job, asked of Argo CD when the user wants it: the ledger holds no logs. */
import * as React from 'react';
import { readJobLog, type LogAnswer } from '../data/job-log.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { CopyButton } from './copy-button.tsx';
import { Notice } from './parts.tsx';

interface LogToggleProps {
  open: boolean;
  /** Whose log it is, for those who listen. */
  what: string;
  set: (open: boolean) => void;
}

export function LogToggle({ open, what, set }: LogToggleProps): React.ReactElement {
  return (
    <button type="button" className="sl-text-button" aria-expanded={open} onClick={() => set(!open)}>
      {open ? 'Hide log' : 'Show log'}
      <span className="sl-hidden"> of {what}</span>
    </button>
  );
}

interface JobLogProps {
  place: StagePlace;
  job: string;
}

/** Reads the log when it is first drawn, and again on demand. */
export function JobLog({ place, job }: JobLogProps): React.ReactElement {
  const [asked, setAsked] = React.useState(0);
  const [answer, setAnswer] = React.useState<LogAnswer | undefined>(undefined);
  React.useEffect(() => {
    const abort = new AbortController();
    readJobLog(place, job, abort.signal).then(
      (read) => {
        if (!abort.signal.aborted) setAnswer(read);
      },
      () => {
        if (!abort.signal.aborted) setAnswer({ kind: 'failed', reason: 'The log could not be read' });
      },
    );
    return () => abort.abort();
    // A new `place` with the same names is the same log.
  }, [asked, job, place.application, place.appNamespace]);
  return (
    <div className="sl-log">
      <div className="sl-line sl-quiet">
        <span className="sl-break">
          Job {job} <CopyButton value={job} what="Job name" />
        </span>
        <button type="button" className="sl-text-button" onClick={() => setAsked(asked + 1)}>
          Read again
        </button>
      </div>
      <LogText answer={answer} />
    </div>
  );
}

function LogText({ answer }: { answer: LogAnswer | undefined }): React.ReactElement {
  if (answer === undefined) return <p className="sl-quiet">Reading the log…</p>;
  if (answer.kind === 'failed') {
    return (
      <Notice tone="warning" title="No log">
        {answer.reason}
      </Notice>
    );
  }
  if (answer.lines.length === 0) {
    return (
      <p className="sl-quiet">
        Argo CD has no pod of this Job any more: a later sync or its time to live removed it. Your log store
        may have it.
      </p>
    );
  }
  return (
    <pre className="sl-log-text" tabIndex={0} aria-label="Log">
      {answer.lines.join('\n')}
    </pre>
  );
}
