/** The log of a Job, asked of Argo CD when the user wants it: the ledger holds no logs. */
import * as React from 'react';
import { readJobLog, type LogAnswer } from '../data/job-log.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { CopyButton } from './copy-button.tsx';
import { Notice } from './parts.tsx';

interface JobLogProps {
  place: StagePlace;
  job: string;
  /** Whose log it is, for those who listen. */
  what: string;
}

export function JobLog({ place, job, what }: JobLogProps): React.ReactElement {
  const [open, setOpen] = React.useState(false);
  const [asked, setAsked] = React.useState(0);
  const [answer, setAnswer] = React.useState<LogAnswer | undefined>(undefined);
  React.useEffect(() => {
    if (!open) return undefined;
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
  }, [open, asked, job, place.application, place.appNamespace]);
  return (
    <div className="sl-log">
      <button type="button" className="sl-text-button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Hide the log' : 'Show the log'}
        <span className="sl-hidden"> of {what}</span>
      </button>
      {open ? (
        <>
          <button type="button" className="sl-text-button" onClick={() => setAsked(asked + 1)}>
            Read it again
          </button>
          <span className="sl-quiet sl-break">
            Job {job} <CopyButton value={job} what="Job name" />
          </span>
          <LogText answer={answer} />
        </>
      ) : null}
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
