/** Panels about what was done to an application: the last operation, its conditions, its history. */
import * as React from 'react';
import { getJson, sendJson } from './api.ts';
import { DetailsBox, Note } from './details-box.tsx';
import { PhaseIcon } from './icons.tsx';
import { duration, Timestamp } from './time.tsx';
import type { ApplicationView, HistoryView, ResultView } from './types.ts';

export function OperationState({ application }: { application: ApplicationView }): React.ReactElement {
  const state = application.status.operationState;
  if (!state) return <Note>No operation has been done yet.</Note>;
  return (
    <>
      <DetailsBox
        rows={[
          ['Operation', 'Sync'],
          [
            'Phase',
            <>
              <PhaseIcon phase={state.phase} /> {state.phase}
            </>,
          ],
          ['Message', state.message],
          ['Started at', <Timestamp key="started" date={state.startedAt} />],
          ['Duration', duration(state.startedAt, state.finishedAt)],
          ['Finished at', <Timestamp key="finished" date={state.finishedAt} />],
          ['Revision', state.syncResult?.revision.slice(0, 7)],
          ['Retries', state.retryCount ?? 0],
        ]}
      />
      <h4>Result</h4>
      <table className="host-table">
        <thead>
          <tr>
            {['Kind', 'Namespace', 'Name', 'Status', 'Hook', 'Message'].map((title) => (
              <th key={title}>{title}</th>
            ))}
          </tr>
        </thead>
        <tbody>{(state.syncResult?.resources ?? []).map((result) => resultRow(result))}</tbody>
      </table>
    </>
  );
}

function resultRow(result: ResultView): React.ReactElement {
  const status = result.hookType ? result.hookPhase : result.status;
  return (
    <tr key={`${result.kind}/${result.namespace ?? ''}/${result.name}/${result.syncPhase ?? ''}`}>
      <td>{result.kind}</td>
      <td>{result.namespace}</td>
      <td>{result.name}</td>
      <td>{status}</td>
      <td>{result.hookType}</td>
      <td>{result.message}</td>
    </tr>
  );
}

export function Conditions({ application }: { application: ApplicationView }): React.ReactElement {
  return (
    <DetailsBox
      rows={(application.status.conditions ?? []).map(({ type, message, lastTransitionTime }) => [
        type,
        <>
          <div className="host-message">{message}</div>
          <Timestamp date={lastTransitionTime} />
        </>,
      ])}
    />
  );
}

export function History({ application }: { application: ApplicationView }): React.ReactElement {
  const [failure, setFailure] = React.useState('');
  const entries = [...(application.status.history ?? [])].reverse();
  if (entries.length === 0) return <Note>No application history</Note>;
  const rollback = (id: number): void => {
    const { name, namespace } = application.metadata;
    const body = { id, appNamespace: namespace, prune: false, dryRun: false };
    setFailure('');
    sendJson('POST', `api/v1/applications/${name}/rollback`, body).catch((error: unknown) =>
      setFailure(String(error)),
    );
  };
  return (
    <>
      {failure && <p role="alert">{failure}</p>}
      {entries.map((entry, index) => (
        <HistoryCard
          key={entry.id}
          application={application}
          entry={entry}
          onRollback={index > 0 ? rollback : undefined}
        />
      ))}
    </>
  );
}

interface HistoryCardProps {
  application: ApplicationView;
  entry: HistoryView;
  onRollback: ((id: number) => void) | undefined;
}

function HistoryCard({ application, entry, onRollback }: HistoryCardProps): React.ReactElement {
  const [commit, setCommit] = React.useState<{ author: string; message: string } | undefined>(undefined);
  const { name, namespace } = application.metadata;
  React.useEffect(() => {
    const path = `api/v1/applications/${name}/revisions/${entry.revision}/metadata?appNamespace=${namespace}`;
    // A commit that cannot be read leaves the card without author and message.
    getJson<{ author: string; message: string }>(path).then(setCommit, () => undefined);
  }, [name, namespace, entry.revision]);
  const who = entry.initiatedBy?.automated
    ? 'automated sync policy'
    : (entry.initiatedBy?.username ?? 'unknown');
  return (
    <div className="host-history">
      <div className="host-history__left">
        <div>
          Deployed at: <Timestamp date={entry.deployedAt} />
        </div>
        {entry.deployStartedAt && (
          <div>Time to deploy: {duration(entry.deployStartedAt, entry.deployedAt)}</div>
        )}
        <div>Initiated by: {who}</div>
      </div>
      <div className="host-history__right">
        <div>
          Revision: <code>{entry.revision.slice(0, 7)}</code> {commit?.author}
        </div>
        <div>{commit?.message.split('\n')[0]?.slice(0, 64)}</div>
        {onRollback && (
          <button
            type="button"
            className="argo-button argo-button--base-o"
            onClick={() => onRollback(entry.id)}
          >
            Rollback
          </button>
        )}
      </div>
    </div>
  );
}
