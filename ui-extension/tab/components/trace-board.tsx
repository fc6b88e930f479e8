/** The spans of a trace: what to look for, the rows, and the span that is chosen. */
import * as React from 'react';
import { criticalPath, sectionsTime } from '../view-model/trace/critical-path.ts';
import type { SpanLink, Trace } from '../view-model/trace/span.ts';
import { matchesOf, rowsOf, searchTexts, spanTree, type SpanTree } from '../view-model/trace/tree.ts';
import { count } from '../view-model/text.ts';
import { spanTime } from '../view-model/time.ts';
import { Age } from './parts.tsx';
import { SpanDetails } from './span-details.tsx';
import { SpanList } from './span-list.tsx';

type Filter = 'all' | 'errors' | 'critical';

interface TraceBoardProps {
  trace: Trace;
  now: number;
  spanId: string;
  follow: (link: SpanLink) => void;
}

export function TraceBoard({ trace, now, spanId, follow }: TraceBoardProps): React.ReactElement {
  // What has ended does not change with the time.
  const clock = trace.spans.some(({ status }) => status === 'running') ? now : 0;
  const tree = React.useMemo(() => spanTree(trace.spans, clock), [trace.spans, clock]);
  const path = React.useMemo(() => criticalPath(tree), [tree]);
  const texts = React.useMemo(() => searchTexts(trace.spans), [trace.spans]);
  const [search, setSearch] = React.useState('');
  const [filter, setFilter] = React.useState<Filter>('all');
  const [errorsFirst, setErrorsFirst] = React.useState(true);
  const [folded, setFolded] = React.useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = React.useState(spanId);
  const wanted = React.useMemo(() => {
    if (search.trim() === '' && filter === 'all') return undefined;
    const found = matchesOf(texts, search);
    if (filter === 'all') return found;
    const kept = (at: number): boolean =>
      filter === 'errors' ? tree.spans[at]?.status === 'error' : sectionsTime(path.get(at)) > 0;
    return new Set([...found].filter(kept));
  }, [texts, search, filter, tree, path]);
  const rows = React.useMemo(
    () => rowsOf(tree, { folded, errorsFirst, wanted }),
    [tree, folded, errorsFirst, wanted],
  );
  const at = trace.spans.findIndex(({ id }) => id === chosen);
  const span = trace.spans[at];
  const fold = React.useCallback((id: string, close: boolean): void => {
    setFolded((old) => {
      const ids = new Set(old);
      if (close) ids.add(id);
      else ids.delete(id);
      return ids;
    });
  }, []);
  return (
    <div className="sl-box sl-trace-board">
      <TraceFacts trace={trace} tree={tree} now={now} />
      <div className="sl-trace-tools">
        <label className="sl-search">
          <span className="sl-hidden">Search spans by name, service, attribute or message</span>
          <input
            type="search"
            placeholder="Search spans"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <div className="sl-choices" role="group" aria-label="Which spans">
          <Choice label="All" on={filter === 'all'} choose={() => setFilter('all')} />
          <Choice
            label={`Errors (${tree.failed})`}
            on={filter === 'errors'}
            choose={() => setFilter('errors')}
          />
          <Choice label="Critical path" on={filter === 'critical'} choose={() => setFilter('critical')} />
        </div>
        {tree.failed > 0 ? (
          <Choice label="Errors first" on={errorsFirst} choose={() => setErrorsFirst(!errorsFirst)} />
        ) : null}
        <span className="sl-quiet" aria-live="polite">
          {wanted === undefined ? '' : `${wanted.size} of ${count(trace.spans.length, 'span')}`}
        </span>
      </div>
      <SpanList
        tree={tree}
        rows={rows}
        path={path}
        wanted={wanted}
        folded={folded}
        chosen={chosen}
        choose={setChosen}
        fold={fold}
      />
      <p className="sl-quiet sl-legend">
        <span className="sl-critical sl-legend-mark" aria-hidden="true" /> critical path: what the whole
        waited for
      </p>
      {span === undefined ? (
        <p className="sl-quiet">Choose a span to see its details.</p>
      ) : (
        <SpanDetails
          key={span.id}
          span={span}
          traceStart={tree.range.from}
          end={tree.ends[at] ?? span.startedAt}
          critical={sectionsTime(path.get(at))}
          follow={follow}
        />
      )}
    </div>
  );
}

/** What is one of several, or on or off. */
function Choice({
  label,
  on,
  choose,
}: {
  label: string;
  on: boolean;
  choose: () => void;
}): React.ReactElement {
  return (
    <button type="button" className="sl-attempt" aria-pressed={on} onClick={choose}>
      {label}
    </button>
  );
}

function TraceFacts({ trace, tree, now }: { trace: Trace; tree: SpanTree; now: number }): React.ReactElement {
  const { range, services, failed, orphans } = tree;
  return (
    <p className="sl-line sl-trace-facts">
      <span>
        started <Age at={range.from} now={now} />
      </span>
      <span title={`${(range.to - range.from) / 1000} seconds`}>{spanTime(range.to - range.from)}</span>
      <span>{count(trace.spans.length, 'span')}</span>
      <span>{failed === 0 ? 'no errors' : count(failed, 'error')}</span>
      <span title={services.join(', ')}>{count(services.length, 'service')}</span>
      {orphans === 0 ? null : <span>{orphans} without their parent</span>}
      {trace.finished ? null : <span>not finished</span>}
    </p>
  );
}
