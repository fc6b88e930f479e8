/** This delivery: the verdict first, then what was delivered, by whom, and how long it took. */
import * as React from 'react';
import type { DeliveryView } from '../view-model/delivery.ts';
import type { StagePlace } from '../view-model/locate.ts';
import { NOT_CHECKED_TEXT } from '../view-model/runs-now.ts';
import { DEPLOYING } from '../view-model/status.ts';
import type { StageView } from '../view-model/stage.ts';
import { CopyButton } from './copy-button.tsx';
import { DecisionBar } from './decision-bar.tsx';
import { FreightTable } from './freight-table.tsx';
import { Icon } from './icon.tsx';
import { Age, Commit, LongText, Notice, Took } from './parts.tsx';

interface DeliveryCardProps {
  delivery: DeliveryView;
  title: string;
  now: number;
  /** Given where an older delivery than the newest is shown. */
  showNewest: (() => void) | undefined;
  place: StagePlace;
  openTrace: () => void;
}

export function DeliveryCard(props: DeliveryCardProps): React.ReactElement {
  const { delivery, title, now, showNewest, place } = props;
  const { status, commit } = delivery;
  const running = status.tone === 'running';
  return (
    <section className={`sl-box sl-edge-${status.tone}`} aria-label={title}>
      <div className="sl-box-head">
        <h3>{title}</h3>
        {showNewest ? (
          <button type="button" className="sl-button" onClick={showNewest}>
            Show the newest
          </button>
        ) : null}
      </div>
      <div className="sl-verdict">
        <Icon name={status.icon} className={`sl-tone-${status.tone} ${running ? 'sl-spin' : ''}`} />
        <span className="sl-verdict-word">{status.label}</span>
        <span className="sl-verdict-time">
          {running ? 'for ' : 'took '}
          <Took
            ms={
              delivery.took ??
              (running && delivery.openedAt !== undefined ? now - delivery.openedAt : undefined)
            }
          />
        </span>
      </div>
      <LongText text={delivery.message} />
      {delivery.promotions.map((promotion) =>
        promotion.pending === undefined ? null : (
          <DecisionBar
            key={promotion.pending.job}
            promotion={promotion}
            pending={promotion.pending}
            versions={promotion.isRollback ? '' : delivery.versions}
            place={place}
            now={now}
          />
        ),
      )}
      <dl className="sl-facts">
        <Fact label="Commit">
          <Commit commit={commit} /> <CopyButton value={commit.id} what="commit id" />
          {commit.subject === '' ? null : <span className="sl-subject"> {commit.subject}</span>}
          {commit.caveat === '' ? null : <div className="sl-quiet">{commit.caveat}</div>}
        </Fact>
        {commit.author === '' ? null : (
          <Fact label="Author">
            {commit.author}
            {commit.committedAt === undefined ? null : (
              <span className="sl-quiet">
                {', committed '}
                <Age at={commit.committedAt} now={now} />
              </span>
            )}
          </Fact>
        )}
        <Fact label="Started">
          <Age at={delivery.openedAt} now={now} />
        </Fact>
        <Fact label="Trace">
          <span className="sl-mono" title={delivery.traceId}>
            {delivery.traceId.slice(0, 16)}…
          </span>{' '}
          <CopyButton value={delivery.traceId} what="trace id" />{' '}
          <button type="button" className="sl-text-button" onClick={props.openTrace}>
            Show trace
          </button>
        </Fact>
        {delivery.metadata.map(({ key, value }) => (
          <Fact key={key} label={key}>
            {value}
          </Fact>
        ))}
      </dl>
      <FreightTable rows={delivery.freight} />
    </section>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }): React.ReactElement {
  return (
    <div className="sl-fact">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function onItsWay({ status }: DeliveryView): string {
  if (status.label === DEPLOYING.label) return 'Argo CD is deploying the newer one.';
  if (status.tone === 'running') return 'The newer one is being checked before it is deployed.';
  return 'The newer one was stopped before it was deployed.';
}

/** A notice where what runs is not what was checked, or not what the newest delivery brought. */
export function RunsNowNotice({ view, now }: { view: StageView; now: number }): React.ReactElement | null {
  const { runsNow, running, delivery } = view;
  const what =
    running === undefined ? null : (
      <>
        Runs now: <Commit commit={running} /> {running.subject}.{' '}
      </>
    );
  if (runsNow.kind === 'not-checked') {
    return (
      <Notice tone="warning" title="Not checked">
        {what}
        {NOT_CHECKED_TEXT[runsNow.reason]}
      </Notice>
    );
  }
  if (runsNow.kind === 'verified-earlier') {
    return (
      <Notice tone="info" title="Verified earlier">
        {what}
        Argo CD went back to a version that had passed the same checks
        {runsNow.checkedAt === undefined ? null : (
          <>
            {' '}
            <Age at={runsNow.checkedAt} now={now} />
          </>
        )}
        . They did not run again.
      </Notice>
    );
  }
  if (view.older || running === undefined || delivery === undefined || running.id === delivery.commit.id)
    return null;
  if (runsNow.kind === 'unknown' || runsNow.kind === 'deploying') return null;
  return (
    <Notice tone="info" title="Still running the version before">
      Runs now: <Commit commit={running} /> {running.subject}. {onItsWay(delivery)}
    </Notice>
  );
}
