/** The row of status blocks above an application's tree; extensions add theirs at its end. */
import * as React from 'react';
import type { StatusItem } from './extensions-api.ts';
import { HealthIcon, PhaseIcon, SyncIcon } from './icons.tsx';
import { changeQuery } from './navigation.ts';
import { Timestamp } from './time.tsx';
import type { ApplicationView } from './types.ts';

interface StatusPanelProps {
  application: ApplicationView;
  items: StatusItem[];
}

export function StatusPanel({ application, items }: StatusPanelProps): React.ReactElement {
  const { status, spec } = application;
  const operation = status.operationState;
  const revision = status.sync?.revision?.slice(0, 7);
  const automated = spec.syncPolicy?.automated;
  return (
    <div className="application-status-panel row">
      <Block label="App health">
        <HealthIcon status={status.health?.status} /> {status.health?.status ?? 'Unknown'}
      </Block>
      <Block
        label="Sync status"
        details={
          automated && automated.enabled !== false ? 'Auto sync is enabled.' : 'Auto sync is not enabled.'
        }
      >
        <SyncIcon status={status.sync?.status} /> {status.sync?.status ?? 'Unknown'}
        {revision && <span className="host-revision"> to {revision}</span>}
      </Block>
      {operation && (
        <Block
          label="Last sync"
          state={operation.phase}
          details={<Timestamp date={operation.finishedAt ?? operation.startedAt} />}
        >
          <button type="button" className="host-link" onClick={() => changeQuery({ operation: 'true' })}>
            <PhaseIcon phase={operation.phase} /> {operation.phase}
          </button>
        </Block>
      )}
      {(status.conditions?.length ?? 0) > 0 && (
        <Block label="App conditions" state="Failed">
          <button type="button" className="host-link" onClick={() => changeQuery({ conditions: 'true' })}>
            {status.conditions?.length} {status.conditions?.length === 1 ? 'Condition' : 'Conditions'}
          </button>
        </Block>
      )}
      {items.map((item) => (
        <item.component
          key={item.id}
          application={application}
          openFlyout={() => changeQuery({ extension: item.id })}
        />
      ))}
    </div>
  );
}

interface BlockProps {
  label: string;
  children: React.ReactNode;
  details?: React.ReactNode;
  state?: string;
}

function Block({ label, children, details, state = '' }: BlockProps): React.ReactElement {
  return (
    <div className="application-status-panel__item">
      <div className="host-block-label">{label}</div>
      <div className={`application-status-panel__item-value application-status-panel__item-value--${state}`}>
        {children}
      </div>
      {details && <div className="application-status-panel__item-name">{details}</div>}
    </div>
  );
}
