/** The rows of a trace: a tree with one place in the tab order, worked with the arrow keys. */
import * as React from 'react';
import { useRowWindow } from '../data/use-row-window.ts';
import { ticksOf } from '../view-model/attempt.ts';
import { spanTime, tickText } from '../view-model/time.ts';
import type { Section } from '../view-model/trace/critical-path.ts';
import type { Row, SpanTree } from '../view-model/trace/tree.ts';
import { SpanRow } from './span-row.tsx';

const ROW = 28;
/** In two lines where there is little room. */
const NARROW_ROW = 46;
const NARROW = 560;

interface SpanListProps {
  tree: SpanTree;
  rows: Row[];
  path: Map<number, Section[]>;
  wanted: ReadonlySet<number> | undefined;
  folded: ReadonlySet<string>;
  chosen: string;
  choose: (id: string) => void;
  fold: (id: string, close: boolean) => void;
}

export function SpanList(props: SpanListProps): React.ReactElement {
  const { tree, rows, path, wanted, folded, chosen, choose, fold } = props;
  const [narrow, setNarrow] = React.useState(false);
  const height = narrow ? NARROW_ROW : ROW;
  const shown = useRowWindow(rows.length, height);
  const prefix = React.useRef(`sl-span-${Math.random().toString(36).slice(2)}`).current;
  React.useLayoutEffect(() => {
    if (shown.width > 0) setNarrow(shown.width < NARROW);
  }, [shown.width]);
  const idOf = (row: Row | undefined): string => (row && tree.spans[row.at]?.id) ?? '';
  const place = rows.findIndex((row) => idOf(row) === chosen);
  // What was chosen from outside, by a link, is brought into sight once.
  React.useEffect(() => {
    if (place > 0) shown.show(place);
  }, [narrow]);
  const go = (row: number): void => {
    const next = Math.min(Math.max(0, row), rows.length - 1);
    choose(idOf(rows[next]));
    shown.show(next);
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const key = KEYS[event.key];
    if (key === undefined || rows.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const page = Math.max(1, Math.floor((shown.ref.current?.clientHeight ?? 0) / height) - 1);
    if (key === 'first') go(0);
    else if (key === 'last') go(rows.length - 1);
    else if (typeof key === 'number') go(place + key);
    else if (key === 'page-up' || key === 'page-down') go(place + (key === 'page-up' ? -page : page));
    else sideways(key === 'open');
  };
  /** Right opens a span, or goes to its first child; left closes it, or goes to its parent. */
  const sideways = (open: boolean): void => {
    const at = rows[place]?.at;
    if (at === undefined) return go(0);
    const id = idOf(rows[place]);
    const foldable = wanted === undefined && (tree.children[at]?.length ?? 0) > 0;
    if (open && folded.has(id)) return fold(id, false);
    if (open) return foldable ? go(place + 1) : undefined;
    if (foldable && !folded.has(id)) return fold(id, true);
    const parent = rows.findIndex((row) => row.at === tree.parent[at]);
    if (parent >= 0) go(parent);
  };
  const inSight = place >= shown.from && place < shown.to;
  return (
    <div className={narrow ? 'sl-spans-narrow' : ''}>
      <SpanAxis tree={tree} width={shown.width} />
      <div
        ref={shown.ref}
        className="sl-spans"
        role="tree"
        aria-label="Spans"
        tabIndex={0}
        aria-activedescendant={inSight ? `${prefix}-${place}` : undefined}
        onScroll={shown.onScroll}
        onKeyDown={onKeyDown}
      >
        {rows.length === 0 ? <p className="sl-quiet">No span is like that.</p> : null}
        <div role="presentation" className="sl-spans-all" style={{ height: rows.length * height }}>
          {rows.slice(shown.from, shown.to).map((row, index) => (
            <SpanRow
              key={idOf(row)}
              id={`${prefix}-${shown.from + index}`}
              tree={tree}
              row={row}
              top={(shown.from + index) * height}
              sections={path.get(row.at)}
              chosen={shown.from + index === place}
              faded={wanted !== undefined && !wanted.has(row.at)}
              folded={wanted === undefined && folded.has(idOf(row))}
              choose={choose}
              fold={fold}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

const KEYS: Record<
  string,
  number | 'first' | 'last' | 'page-up' | 'page-down' | 'open' | 'close' | undefined
> = {
  ArrowDown: 1,
  ArrowUp: -1,
  Home: 'first',
  End: 'last',
  PageUp: 'page-up',
  PageDown: 'page-down',
  ArrowRight: 'open',
  ArrowLeft: 'close',
};

/** As wide as the rows, which a scroll bar may make narrower; 0 is not known yet. */
function SpanAxis({ tree, width }: { tree: SpanTree; width: number }): React.ReactElement {
  const { range } = tree;
  return (
    <div className="sl-span-row sl-span-axis" aria-hidden="true" style={width === 0 ? undefined : { width }}>
      <span>Span</span>
      <span className="sl-span-took">Took</span>
      <span className="sl-span-bar">
        {ticksOf(range).map((tick) => (
          <span key={tick.at} className="sl-tick" style={{ left: `${tick.left}%` }}>
            {tick.at === 0 ? '0' : tick.at < 1000 ? spanTime(tick.at) : tickText(tick.at)}
          </span>
        ))}
      </span>
    </div>
  );
}
