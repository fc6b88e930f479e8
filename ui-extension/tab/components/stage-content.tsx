/** A stage from top to bottom: strip, this delivery, phases, promotion, linked traces, history; or one trace of it. */
import * as React from 'react';
import { useChosen, useOpenTrace } from '../data/use-chosen.ts';
import { useInSight } from '../data/use-in-sight.ts';
import { useNow } from '../data/use-now.ts';
import { useOtherStages } from '../data/use-other-stages.ts';
import type { StageData, StageSnapshot } from '../data/use-stage.ts';
import { useTraceTemplate } from '../data/use-trace-template.ts';
import type { Ledger } from '../../../core/ledger/types.ts';
import type { HostApplication } from '../host.ts';
import { repositoryOf, type StagePlace } from '../view-model/locate.ts';
import { stageView, type StageView } from '../view-model/stage.ts';
import { cutStrip, stripStages } from '../view-model/strip.ts';
import type { TraceRef } from '../view-model/trace/owner.ts';
import { DeliveryCard, RunsNowNotice } from './delivery-card.tsx';
import { LedgerProblem, NoDeliveries, ReadingProblem } from './empty-states.tsx';
import { HistoryTable } from './history-table.tsx';
import { Notice } from './parts.tsx';
import { PipelineStrip } from './pipeline-strip.tsx';
import { Promotions } from './promotions.tsx';
import { TraceChain } from './trace-chain.tsx';
import { TraceView } from './trace-view.tsx';
import { Waterfall } from './waterfall.tsx';

interface StageContentProps {
  application: HostApplication;
  place: StagePlace;
  data: StageData;
  snapshot: StageSnapshot;
}

/** A trace on the way back, with the span that it was opened at. */
interface Visited {
  trace: TraceRef;
  spanId: string;
}

export function StageContent(props: StageContentProps): React.ReactElement {
  const { application, place, data, snapshot } = props;
  const [chosen, choose] = useChosen();
  const [trace, setTrace] = useOpenTrace();
  const [spanId, setSpanId] = React.useState('');
  const [visited, setVisited] = React.useState<Visited[]>([]);
  const [instances, setInstances] = React.useState<string[]>([]);
  const [strip, inSight] = useInSight<HTMLOListElement>();
  const opener = React.useRef<Element | null>(null);
  const ledger = snapshot.ledger.kind === 'ledger' ? snapshot.ledger.ledger : undefined;
  const template = useTraceTemplate(ledger === undefined ? undefined : place);
  const others = useOtherStages(instances, { controlPlane: place.controlPlaneNamespace, active: inSight });
  const view = React.useMemo(
    () =>
      stageView({
        application,
        place,
        ledger,
        unreadable: snapshot.ledger.kind === 'newer' || snapshot.ledger.kind === 'invalid',
        anchor: snapshot.anchor,
        chosen,
        traceUrlTemplate: template,
      }),
    [application, ledger, snapshot.anchor, chosen, place, template],
  );
  const [allStages, setAllStages] = React.useState(false);
  const showAll = React.useCallback(() => setAllStages(true), []);
  const cut = React.useMemo(
    () => cutStrip(stripStages(view.stripInput, others), allStages),
    [view, others, allStages],
  );
  const named = [...new Set(cut.shown.map(({ instance }) => instance).filter((name) => name !== ''))];
  // Stages that were read tell of further ones.
  React.useEffect(() => setInstances(named), [named.join('\n')]);
  const now = useNow(view.delivery?.status.tone === 'running');
  const open = React.useCallback(
    (wanted: TraceRef, at = ''): void => {
      if (trace === undefined) opener.current = document.activeElement;
      else setVisited([...visited, { trace, spanId }]);
      setSpanId(at);
      setTrace(wanted);
    },
    [trace, spanId, visited],
  );
  const back = (): void => {
    const last = visited.at(-1);
    setVisited(visited.slice(0, -1));
    setSpanId(last?.spanId ?? '');
    setTrace(last?.trace);
  };
  React.useEffect(() => {
    if (trace === undefined && opener.current instanceof HTMLElement) opener.current.focus();
  }, [trace === undefined]);
  return (
    <>
      {trace === undefined ? null : (
        <TraceView
          key={`${visited.length}/${trace.instance}/${trace.traceId}`}
          wanted={trace}
          own={{ place, ledger, repoURL: repositoryOf(application) }}
          others={others}
          template={template}
          spanId={spanId}
          open={open}
          back={back}
          backTo={
            visited.length === 0 ? 'the delivery' : `the trace of ${visited.at(-1)?.trace.stage || 'before'}`
          }
        />
      )}
      {/* Kept while a trace is shown: what was unfolded and scrolled is there again afterwards. */}
      <div hidden={trace !== undefined}>
        <h2 className="sl-title">{view.pipeline === '' ? view.stage : `${view.pipeline} / ${view.stage}`}</h2>
        {data.problem === undefined ? null : <ReadingProblem data={data} now={now} />}
        <LedgerProblem ledger={snapshot.ledger} />
        <PipelineStrip strip={cut} now={now} stripRef={strip} showAll={showAll} />
        <WaitingNotices view={view} choose={choose} />
        {view.delivery === undefined ? null : <RunsNowNotice view={view} now={now} />}
        {view.delivery === undefined ? (
          ledger === undefined && snapshot.ledger.kind !== 'missing' ? null : (
            <NoDeliveries view={view} />
          )
        ) : (
          ledger && <Delivery {...{ view, ledger, place, now, choose, open }} />
        )}
      </div>
    </>
  );
}

interface DeliveryProps {
  view: StageView;
  ledger: Ledger;
  place: StagePlace;
  now: number;
  choose: (id: string | undefined) => void;
  open: (trace: TraceRef) => void;
}

/** Not drawn anew when only another stage was read. */
const Delivery = React.memo(function Delivery(props: DeliveryProps): React.ReactElement | null {
  const { view, ledger, place, now, choose, open } = props;
  const top = React.useRef<HTMLDivElement>(null);
  const { delivery, stage } = view;
  if (delivery === undefined) return null;
  const show = (id: string | undefined): void => {
    choose(id);
    top.current?.focus();
  };
  const openOwn = (traceId: string): void => open({ traceId, instance: '', stage });
  return (
    <>
      <div ref={top} tabIndex={-1}>
        <DeliveryCard
          delivery={delivery}
          title={titleOf(view)}
          now={now}
          showNewest={view.older ? () => show(undefined) : undefined}
          place={place}
          openTrace={() => openOwn(delivery.traceId)}
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
        <Promotions
          promotions={delivery.promotions}
          controlPlaneNamespace={place.controlPlaneNamespace}
          deliveryTone={delivery.status.tone}
          now={now}
        />
        {view.chain === undefined ? null : <TraceChain chain={view.chain} now={now} open={open} />}
      </div>
      <HistoryTable
        ledger={ledger}
        repoURL={view.repoURL}
        shown={delivery.id}
        now={now}
        choose={show}
        openTrace={openOwn}
      />
    </>
  );
});

/** What runs now may be another version than the newest delivery's. */
function titleOf(view: StageView): string {
  if (view.older) return 'Earlier delivery';
  const { kind } = view.runsNow;
  return kind === 'not-checked' || kind === 'verified-earlier' ? 'Newest delivery' : 'This delivery';
}

interface WaitingNoticesProps {
  view: StageView;
  choose: (id: string) => void;
}

/** Promotions of deliveries that are not shown, which wait all the same. */
function WaitingNotices({ view, choose }: WaitingNoticesProps): React.ReactElement {
  return (
    <>
      {view.waiting.map(({ id, title, label }) => (
        <Notice
          key={`${id}/${title}`}
          tone="info"
          title={`${title}: ${label.toLowerCase()}`}
          action={{ label: 'Show it', run: () => choose(id) }}
        >
          It is of another delivery than the one below.
        </Notice>
      ))}
    </>
  );
}
