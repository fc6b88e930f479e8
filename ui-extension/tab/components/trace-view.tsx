/** One trace, in place of the delivery: where it was read from, its spans, and the traces it is linked with. */
import * as React from 'react';
import { useNow } from '../data/use-now.ts';
import { useTrace, type TraceData, type TraceSource } from '../data/use-trace.ts';
import { traceLink } from '../view-model/links.ts';
import { ledTo, type OtherStages } from '../view-model/other-stages.ts';
import { text } from '../view-model/text.ts';
import { traceOwner, type TraceRef } from '../view-model/trace/owner.ts';
import type { SpanLink } from '../view-model/trace/span.ts';
import { CopyButton } from './copy-button.tsx';
import { Skeleton } from './empty-states.tsx';
import { ExternalLink, Notice } from './parts.tsx';
import { TraceBoard } from './trace-board.tsx';
import { TraceSourceNotice } from './trace-source.tsx';

interface TraceViewProps {
  wanted: TraceRef;
  own: TraceSource;
  others: OtherStages;
  /** Template for addresses of traces in a trace UI, if there is one. */
  template: unknown;
  /** Id of the span to begin with. */
  spanId: string;
  open: (trace: TraceRef, spanId: string) => void;
  back: () => void;
  /** Where `back` leads to. */
  backTo: string;
}

export function TraceView(props: TraceViewProps): React.ReactElement {
  const { wanted, own, others, template } = props;
  const data = useTrace(wanted, own);
  const now = useNow(data.trace?.spans.some(({ status }) => status === 'running') ?? false);
  const heading = React.useRef<HTMLHeadingElement>(null);
  React.useEffect(() => heading.current?.focus(), []);
  const owner = data.owner?.kind === 'visible' ? data.owner.source : undefined;
  const stage = text(owner?.ledger?.stage) || wanted.stage || wanted.instance;
  const page = traceLink(template, wanted.traceId);
  const follow = (link: SpanLink): void => {
    const known = { ledger: own.ledger, others };
    const theirs = { ledger: owner?.ledger, others: new Map() };
    const found = traceOwner(link, known) ??
      // Of a trace of another stage, its own ledger knows where it came from.
      traceOwner(link, theirs) ?? { traceId: link.traceId, instance: wanted.instance, stage: link.stage };
    props.open(found, link.spanId);
  };
  return (
    <section aria-label={`Trace of ${stage}`}>
      <div className="sl-trace-head">
        <button type="button" className="sl-button" onClick={props.back}>
          Back to {props.backTo}
        </button>
        {page === undefined ? null : <ExternalLink href={page}>Open in the trace UI</ExternalLink>}
      </div>
      <h2 className="sl-title" ref={heading} tabIndex={-1}>
        Trace of {stage}
      </h2>
      <p className="sl-trace-id">
        <span className="sl-mono sl-break">{wanted.traceId}</span>{' '}
        <CopyButton value={wanted.traceId} what="trace id" />
        <LedTo traceId={wanted.traceId} others={others} open={props.open} />
      </p>
      <TraceBody data={data} now={now} spanId={props.spanId} stage={stage} follow={follow} />
    </section>
  );
}

interface TraceBodyProps {
  data: TraceData;
  now: number;
  spanId: string;
  stage: string;
  follow: (link: SpanLink) => void;
}

function TraceBody({ data, now, spanId, stage, follow }: TraceBodyProps): React.ReactElement {
  const { owner, backend, trace } = data;
  if (owner?.kind === 'not-visible') {
    return (
      <Notice tone="warning" title={`Stage ${stage} is not visible to you`}>
        Its trace is shown to those who may see its application in Argo CD, or the application is gone.
      </Notice>
    );
  }
  if (owner?.kind === 'failed') {
    return (
      <Notice
        tone="failed"
        title={`Stage ${stage} could not be read`}
        action={{ label: data.loading ? 'Trying…' : 'Try again', run: data.reload }}
      >
        {owner.reason}
      </Notice>
    );
  }
  // Not the ledger's first and the backend's a moment later: rows would jump.
  if (owner === undefined || backend === undefined) return <Skeleton />;
  return (
    <>
      <TraceSourceNotice data={data} />
      {trace === undefined ? null : <TraceBoard trace={trace} now={now} spanId={spanId} follow={follow} />}
    </>
  );
}

interface LedToProps {
  traceId: string;
  others: OtherStages;
  open: (trace: TraceRef, spanId: string) => void;
}

/** The way forward: links of traces lead back only. */
function LedTo({ traceId, others, open }: LedToProps): React.ReactElement | null {
  const next = ledTo(traceId, others);
  if (next.length === 0) return null;
  return (
    <span className="sl-led-to">
      led to{' '}
      {next.map((trace) => (
        <button key={trace.traceId} type="button" className="sl-text-button" onClick={() => open(trace, '')}>
          trace of {trace.stage}
        </button>
      ))}
    </span>
  );
}
