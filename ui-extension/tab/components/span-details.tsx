/** Everything that is known of one span, and the way along its links. */
import * as React from 'react';
import { webLink } from '../view-model/links.ts';
import { status, type StatusView } from '../view-model/status.ts';
import { exactTime, spanTime } from '../view-model/time.ts';
import type { Pair, Span, SpanLink, SpanStatus } from '../view-model/trace/span.ts';
import { CopyButton } from './copy-button.tsx';
import { Status } from './icon.tsx';
import { ExternalLink, LongText } from './parts.tsx';

const STATUSES: Record<SpanStatus, StatusView> = {
  ok: status('success', 'Succeeded'),
  error: status('failed', 'Failed'),
  unset: status('unknown', 'No status', 'circle'),
  running: status('running', 'Running'),
};

interface SpanDetailsProps {
  span: Span;
  traceStart: number;
  end: number;
  /** Milliseconds on the critical path. */
  critical: number;
  follow: (link: SpanLink) => void;
}

export function SpanDetails(props: SpanDetailsProps): React.ReactElement {
  const { span, traceStart, end, critical, follow } = props;
  return (
    <section className="sl-span-details" aria-label={`Span ${span.name}`}>
      <div className="sl-line">
        <strong className="sl-break">{span.name}</strong>
        <Status view={STATUSES[span.status]} />
        <span className="sl-quiet">{[span.service, span.kind].filter(Boolean).join(', ')}</span>
      </div>
      <p className="sl-line sl-quiet">
        <span title={exactTime(span.startedAt)}>begins at {spanTime(span.startedAt - traceStart)}</span>
        <span>takes {spanTime(end - span.startedAt)}</span>
        {critical > 0 ? <span>{spanTime(critical)} of it on the critical path</span> : null}
        <span>
          span <span className="sl-mono">{span.id}</span> <CopyButton value={span.id} what="span id" />
        </span>
      </p>
      <LongText text={span.message} />
      {span.links.length === 0 ? null : (
        <>
          <h3>Links</h3>
          <ul>
            {span.links.map((link) => (
              <li key={`${link.traceId}/${link.spanId}`} className="sl-line">
                <button type="button" className="sl-text-button" onClick={() => follow(link)}>
                  Open the trace{link.stage === '' ? '' : ` of ${link.stage}`}
                </button>
                <span className="sl-mono" title={link.traceId}>
                  {link.traceId.slice(0, 8)}
                </span>
                <CopyButton value={link.traceId} what="id of the linked trace" />
              </li>
            ))}
          </ul>
        </>
      )}
      {span.attributes.length === 0 ? null : (
        <>
          <h3>Attributes</h3>
          <Pairs pairs={span.attributes} />
        </>
      )}
      {span.events.length === 0 ? null : (
        <>
          <h3>Events</h3>
          <ul>
            {span.events.map((event, index) => (
              <li key={index}>
                <span className="sl-quiet">{spanTime(event.at - traceStart)}</span>{' '}
                <span className="sl-break">{event.name}</span>
                <Pairs pairs={event.attributes} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Pairs({ pairs }: { pairs: Pair[] }): React.ReactElement | null {
  if (pairs.length === 0) return null;
  return (
    <dl className="sl-pairs">
      {pairs.map(({ key, value }) => {
        const link = webLink(value);
        return (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{link === undefined ? value : <ExternalLink href={link}>{value}</ExternalLink>}</dd>
          </div>
        );
      })}
    </dl>
  );
}
