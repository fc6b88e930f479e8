/** A span as a row: name, service and time as text, and its bar, with the critical path drawn over it. */
import * as React from 'react';
import { barOf } from '../view-model/attempt.ts';
import type { Tone } from '../view-model/status.ts';
import { spanTime } from '../view-model/time.ts';
import type { Section } from '../view-model/trace/critical-path.ts';
import type { SpanStatus } from '../view-model/trace/span.ts';
import type { Row, SpanTree } from '../view-model/trace/tree.ts';
import { Icon } from './icon.tsx';

/** Deeper ones are not indented further: their names would have no room. */
const DEPTH_SHOWN = 12;
const INDENT = 12;

export const SPAN_TONES: Record<SpanStatus, Tone> = {
  ok: 'success',
  error: 'failed',
  unset: 'unknown',
  running: 'running',
};

interface SpanRowProps {
  id: string;
  tree: SpanTree;
  row: Row;
  top: number;
  sections: Section[] | undefined;
  chosen: boolean;
  /** It only holds what was searched for. */
  faded: boolean;
  folded: boolean;
  choose: (id: string) => void;
  fold: (id: string, close: boolean) => void;
}

export const SpanRow = React.memo(function SpanRow(props: SpanRowProps): React.ReactElement | null {
  const { tree, row, sections, chosen, faded, folded } = props;
  const span = tree.spans[row.at];
  if (span === undefined) return null;
  const depth = tree.depth[row.at] ?? 0;
  const tone = SPAN_TONES[span.status];
  const foldable = (tree.children[row.at]?.length ?? 0) > 0;
  const end = tree.ends[row.at] ?? span.startedAt;
  const critical = (sections?.length ?? 0) > 0;
  return (
    <div
      id={props.id}
      role="treeitem"
      aria-level={depth + 1}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={chosen}
      aria-expanded={foldable ? !folded : undefined}
      className={`sl-span-row ${chosen ? 'sl-span-chosen' : ''} ${faded ? 'sl-span-faded' : ''}`}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={() => props.choose(span.id)}
    >
      <span className="sl-span-name" style={{ paddingLeft: Math.min(depth, DEPTH_SHOWN) * INDENT }}>
        <span
          className={`sl-span-fold ${foldable ? '' : 'sl-invisible'}`}
          onClick={(event) => {
            if (!foldable) return;
            event.stopPropagation();
            props.fold(span.id, !folded);
          }}
        >
          <Icon name="chevron" className={`sl-chevron ${folded ? '' : 'sl-chevron-open'}`} />
        </span>
        {span.status === 'error' ? <Icon name="cross" className="sl-tone-failed" /> : null}
        {span.status === 'running' ? <Icon name="notch" className="sl-tone-running sl-spin" /> : null}
        {folded && tree.broken[row.at] && span.status !== 'error' ? (
          <Icon name="alert" className="sl-tone-failed" />
        ) : null}
        <span className="sl-span-label" title={span.name}>
          {span.name}
        </span>
        {tree.services.length > 1 ? <span className="sl-kind">{span.service}</span> : null}
        <span className="sl-hidden">{saidOf(span.status, critical)}</span>
      </span>
      <span className="sl-span-took">{spanTime(end - span.startedAt)}</span>
      <span className="sl-span-bar" aria-hidden="true">
        <SpanPart className={`sl-bar sl-fill-${tone}`} from={span.startedAt} to={end} tree={tree} />
        {sections?.map((section) => (
          <SpanPart
            key={section.from}
            className="sl-critical"
            from={section.from}
            to={section.to}
            tree={tree}
          />
        ))}
      </span>
    </div>
  );
});

function saidOf(status: SpanStatus, critical: boolean): string {
  const words = { ok: '', error: ', failed', unset: '', running: ', running' }[status];
  return `${words}${critical ? ', on the critical path' : ''}, took`;
}

interface SpanPartProps {
  className: string;
  from: number;
  to: number;
  tree: SpanTree;
}

function SpanPart({ className, from, to, tree }: SpanPartProps): React.ReactElement | null {
  const bar = barOf({ startedAt: from, finishedAt: to }, tree.range);
  if (bar === undefined) return null;
  return (
    <span
      className={className}
      style={{ left: `min(${bar.left}%, calc(100% - 2px))`, width: `${bar.width}%` }}
    />
  );
}
