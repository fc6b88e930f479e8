/** The list of applications with their sync and health status. */
import * as React from 'react';
import { Note } from './details-box.tsx';
import { HealthIcon, PhaseIcon, SyncIcon } from './icons.tsx';
import { useApplications } from './live-data.ts';
import { goTo, hrefOf } from './navigation.ts';
import { TopBar } from './top-bar.tsx';
import { Timestamp } from './time.tsx';
import type { ApplicationView } from './types.ts';

export function ApplicationsPage(): React.ReactElement {
  const loaded = useApplications();
  return (
    <div className="page">
      <TopBar crumbs={[{ title: 'Applications' }]} />
      <div className="page__content-wrapper argo-container">{content(loaded)}</div>
    </div>
  );
}

function content(loaded: ReturnType<typeof useApplications>): React.ReactElement {
  if (loaded.state === 'loading') return <Note>Loading...</Note>;
  if (loaded.state === 'failed')
    return <Note retry={loaded.retry}>Failed to load data: {loaded.reason}.</Note>;
  if (loaded.value.length === 0) return <Note>No applications available to you just yet</Note>;
  return (
    <div className="argo-table-list argo-table-list--clickable">
      {loaded.value.map((application) => (
        <ApplicationRow
          key={`${application.metadata.namespace}/${application.metadata.name}`}
          application={application}
        />
      ))}
    </div>
  );
}

function ApplicationRow({ application }: { application: ApplicationView }): React.ReactElement {
  const { metadata, spec, status } = application;
  const path = `/applications/${metadata.namespace}/${metadata.name}`;
  const open = (event: React.MouseEvent): void => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    goTo(path);
  };
  return (
    <a
      className={`argo-table-list__row host-app host-app--${status.health?.status ?? 'Unknown'}`}
      href={hrefOf(path)}
      onClick={open}
    >
      <span className="host-app__name">
        <strong>{metadata.name}</strong>
        <span className="host-quiet">{spec.project}</span>
      </span>
      <span className="host-app__source">
        <span>{spec.source?.repoURL}</span>
        <span className="host-quiet">
          {spec.source?.path} at {spec.source?.targetRevision ?? 'HEAD'}
        </span>
      </span>
      <span className="host-app__status">
        <span>
          <HealthIcon status={status.health?.status} /> {status.health?.status ?? 'Unknown'}
        </span>
        <span>
          <SyncIcon status={status.sync?.status} /> {status.sync?.status ?? 'Unknown'}
        </span>
      </span>
      <span className="host-app__operation host-quiet">
        {status.operationState && (
          <>
            <PhaseIcon phase={status.operationState.phase} />{' '}
            <Timestamp date={status.operationState.finishedAt ?? status.operationState.startedAt} />
          </>
        )}
      </span>
    </a>
  );
}
