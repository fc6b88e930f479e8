/** A stage from top to bottom: strip, this delivery, phases, promotion, linked traces, history. */
import * as React from 'react';
import { useChosen } from '../data/use-chosen.ts';
import { useNow } from '../data/use-now.ts';
import { useStage, type StageData, type StageSnapshot } from '../data/use-stage.ts';
import type { HostApplication, HostTree } from '../host.ts';
import { locateStage, type StagePlace } from '../view-model/locate.ts';
import { stageView, type StageView } from '../view-model/stage.ts';
import { DeliveryCard, RunsNowNotice } from './delivery-card.tsx';
import { LedgerProblem, NoDeliveries, NotAStage, Skeleton } from './empty-states.tsx';
import { HistoryTable } from './history-table.tsx';
import { Age, Notice } from './parts.tsx';
import { PipelineStrip } from './pipeline-strip.tsx';
import { Promotions } from './promotions.tsx';
import { TraceChain } from './trace-chain.tsx';
import { Waterfall } from './waterfall.tsx';

interface StagePanelProps {
  application: HostApplication | undefined;
  tree: HostTree | undefined;
}

export function StagePanel({ application, tree }: StagePanelProps): React.ReactElement {
  const place = locateStage(application, tree);
  const data = useStage(place);
  if (application === undefined || place === undefined) return <NotAStage />;
  const { snapshot, problem } = data;
  if (snapshot === undefined) return problem === undefined ? <Skeleton /> : <Problem data={data} now={0} />;
  if (snapshot.ledger.kind === 'missing' && snapshot.anchor === undefined && !place.hasAnchor)
    return <NotAStage />;
  return <StageContent application={application} place={place} data={data} snapshot={snapshot} />;
}

interface StageContentProps {
  application: HostApplication;
  place: StagePlace;
  data: StageData;
  snapshot: StageSnapshot;
}

function StageContent({ application, place, data, snapshot }: StageContentProps): React.ReactElement {
  const [chosen, choose] = useChosen();
  const top = React.useRef<HTMLDivElement>(null);
  const ledger = snapshot.ledger.kind === 'ledger' ? snapshot.ledger.ledger : undefined;
  const view = React.useMemo(
    () =>
      stageView({
        application,
        place,
        ledger,
        unreadable: snapshot.ledger.kind === 'newer' || snapshot.ledger.kind === 'invalid',
        anchor: snapshot.anchor,
        chosen,
        traceUrlTemplate: window.STAGELINE_VARS?.traceUrlTemplate,
      }),
    [application, ledger, snapshot.anchor, chosen, place.revision],
  );
  const { delivery } = view;
  const now = useNow(delivery?.status.tone === 'running');
  const show = (id: string | undefined): void => {
    choose(id);
    top.current?.focus();
  };
  return (
    <>
      <h2 className="sl-title">{view.pipeline === '' ? view.stage : `${view.pipeline} / ${view.stage}`}</h2>
      {data.problem === undefined ? null : <Problem data={data} now={now} />}
      <LedgerProblem ledger={snapshot.ledger} />
      <PipelineStrip stages={view.strip} now={now} />
      {delivery === undefined ? null : <RunsNowNotice view={view} now={now} />}
      {delivery === undefined ? (
        ledger === undefined && snapshot.ledger.kind !== 'missing' ? null : (
          <NoDeliveries view={view} />
        )
      ) : (
        <>
          <div ref={top} tabIndex={-1}>
            <DeliveryCard
              delivery={delivery}
              title={titleOf(view)}
              now={now}
              showNewest={view.older ? () => show(undefined) : undefined}
            />
          </div>
          <Waterfall
            key={delivery.id}
            attempts={delivery.attempts}
            verdict={delivery.message}
            place={place}
            now={now}
          />
          <div className="sl-columns">
            <Promotions promotions={delivery.promotions} deliveryTone={delivery.status.tone} now={now} />
            {view.chain === undefined ? null : <TraceChain chain={view.chain} now={now} />}
          </div>
          <HistoryTable rows={view.history} shown={delivery.id} now={now} choose={show} />
        </>
      )}
    </>
  );
}

/** What runs now may be another version than the newest delivery's. */
function titleOf(view: StageView): string {
  if (view.older) return 'Earlier delivery';
  return view.runsNow.kind === 'not-checked' ? 'Newest delivery' : 'This delivery';
}

/** A reading that failed: the last data stay, with their time, and a way to try again. */
function Problem({ data, now }: { data: StageData; now: number }): React.ReactElement {
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
