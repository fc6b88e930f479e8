/** What is shown where there is no ledger to show: each says what it means and what to do. */
import * as React from 'react';
import type { StageData } from '../data/use-stage.ts';
import type { LedgerState } from '../view-model/answers.ts';
import type { StageView } from '../view-model/stage.ts';
import { Empty } from './empty.tsx';
import { Age, Notice } from './parts.tsx';

/** For applications that Stageline does not deliver. */
export function NotAStage(): React.ReactElement {
  return (
    <Empty title="Not a stage of a pipeline">
      This application is not rendered by Stageline. To make it a stage, set its source’s plugin to{' '}
      <code>stageline</code> and name its path in the repository’s <code>stageline.yaml</code>.
    </Empty>
  );
}

/** For a stage whose ledger holds nothing yet. */
export function NoDeliveries({ view }: { view: StageView }): React.ReactElement {
  return view.runsNow.kind === 'deploying' ? (
    <Empty title="The first delivery has begun">
      Argo CD syncs the application now. Phases and checks appear as the hooks write them.
    </Empty>
  ) : (
    <Empty title="No deliveries yet">
      {view.stage} has not delivered anything. Sync the application, or push a commit to its path: the hooks
      then write what they check.
    </Empty>
  );
}

/** For a ledger that is there and cannot be shown. */
export function LedgerProblem({ ledger }: { ledger: LedgerState }): React.ReactElement | null {
  if (ledger.kind === 'newer') {
    return (
      <Notice tone="warning" title="The ledger is of a newer release">
        It has version {ledger.version}. Ask an Argo CD admin to update the Stageline extension, then reload
        the page.
      </Notice>
    );
  }
  if (ledger.kind === 'invalid') {
    return (
      <Notice tone="failed" title="The ledger cannot be read">
        Its ConfigMap is damaged: {ledger.reason}. The next delivery will say so too; delete the ConfigMap to
        begin a new one.
      </Notice>
    );
  }
  return null;
}

/** Grey rows in place of what is being read. */
export function Skeleton(): React.ReactElement {
  return (
    <div className="sl-skeleton" role="status">
      <span className="sl-hidden">Loading…</span>
      <div className="sl-skeleton-strip" />
      <div className="sl-skeleton-box" />
      <div className="sl-skeleton-box" />
    </div>
  );
}

/** A reading that failed: the last data stay, with their time, and a way to try again. */
export function ReadingProblem({ data, now }: { data: StageData; now: number }): React.ReactElement {
  const { problem, snapshot } = data;
  const denied = problem?.kind === 'denied';
  return (
    <Notice
      tone={denied ? 'warning' : 'failed'}
      title={denied ? 'This stage is not visible to you' : 'The ledger could not be read'}
      action={{ label: data.loading ? 'Trying…' : 'Try again', run: data.retry }}
    >
      {problem?.reason}
      {snapshot === undefined ? null : (
        <>
          {'. Shown below is what was read '}
          <Age at={snapshot.readAt} now={now} />.
        </>
      )}
    </Notice>
  );
}
