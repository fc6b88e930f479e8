/** The item in an application's status panel: where its delivery stands, and the way to the details. */
import * as React from 'react';
import { useNow } from '../data/use-now.ts';
import { useStage } from '../data/use-stage.ts';
import type { StatusPanelProps } from '../host.ts';
import { locateStage } from '../view-model/locate.ts';
import { stageView, type StageView } from '../view-model/stage.ts';
import { status } from '../view-model/status.ts';
import { Icon } from './icon.tsx';
import { Age } from './parts.tsx';

/** Shows nothing, and asks for nothing, where the application is no stage. */
export function StatusItem({ application, openFlyout }: StatusPanelProps): React.ReactElement | null {
  const found = locateStage(application);
  const place = found?.hasAnchor === true ? found : undefined;
  const { snapshot, problem } = useStage(place);
  const ledger = snapshot?.ledger.kind === 'ledger' ? snapshot.ledger.ledger : undefined;
  const view = React.useMemo(
    () =>
      application &&
      place &&
      stageView({
        application,
        place,
        ledger,
        unreadable: snapshot?.ledger.kind === 'newer' || snapshot?.ledger.kind === 'invalid',
        anchor: snapshot?.anchor,
        chosen: undefined,
        traceUrlTemplate: undefined,
      }),
    [application, ledger, snapshot?.anchor],
  );
  const now = useNow(false);
  if (place === undefined || !view) return null;
  const { here } = view;
  const pending = view.delivery?.promotions.find((promotion) => promotion.pending)?.pending;
  const unread = snapshot === undefined;
  const shown = unread
    ? problem
      ? status('warning', 'Unavailable')
      : status('running', 'Loading')
    : here.status.tone === 'success' && pending !== undefined
      ? { ...pending.status, brief: 'Waiting' }
      : here.status;
  return (
    <div className="application-status-panel__item stageline stageline-item" title={problem?.reason}>
      <div className="sl-item-label">
        <span>DELIVERY</span>
        {openFlyout === undefined ? null : (
          <button type="button" className="sl-more" title="Delivery details" onClick={openFlyout}>
            <span aria-hidden="true">…</span>
            <span className="sl-hidden">Delivery details</span>
          </button>
        )}
      </div>
      <div className="application-status-panel__item-value sl-item-value">
        <Icon
          name={shown.icon}
          className={`sl-tone-${shown.tone} ${shown.icon === 'notch' ? 'sl-spin' : ''}`}
        />{' '}
        {shown.brief}
      </div>
      {unread ? null : (
        <div className="application-status-panel__item-name sl-item-name">
          {[shown.brief === shown.label ? '' : shown.label, view.stage, here.versions, progressOf(view)]
            .filter(Boolean)
            .join(' · ')}
          {here.at === undefined ? null : (
            <>
              {' · '}
              <Age at={here.at} now={now} />
            </>
          )}
        </div>
      )}
    </div>
  );
}

/** `1 of 3 checks done` while a phase runs. */
function progressOf({ delivery }: StageView): string {
  const phases = delivery?.status.tone === 'running' ? (delivery.attempts.at(-1)?.phases ?? []) : [];
  const phase = phases.find(({ status: { tone }, checks }) => tone === 'running' && checks.length > 0);
  return phase?.summary ?? '';
}
