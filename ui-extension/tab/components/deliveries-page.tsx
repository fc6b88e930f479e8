/** The page "Deliveries" in the sidebar: every pipeline that the user may see, and which freight is where. */
import * as React from 'react';
import { useApplications } from '../data/applications.ts';
import { useInSight } from '../data/use-in-sight.ts';
import { useNow } from '../data/use-now.ts';
import { pipelineViews, type PipelineView } from '../view-model/overview.ts';
import { count } from '../view-model/text.ts';
import { Skeleton } from './empty-states.tsx';
import { Empty } from './empty.tsx';
import { Notice } from './parts.tsx';
import { PipelineBox } from './pipeline-box.tsx';

/** Pipelines that are drawn at first; more on demand. */
const PIPELINES_SHOWN = 20;
/** Stages that are read at first, and with each step towards the end of the page. */
const STAGES_READ = 60;

export function DeliveriesPage(): React.ReactElement {
  const [search, setSearch] = React.useState('');
  const [wanted, setWanted] = React.useState(STAGES_READ);
  const [end, endInSight] = useInSight<HTMLDivElement>();
  // Whoever searches means all.
  const data = useApplications(search.trim() === '' ? wanted : Number.MAX_SAFE_INTEGER);
  const { readings, pending, left, problem, retry } = data;
  const [limit, setLimit] = React.useState(PIPELINES_SHOWN);
  const [ownTitle, setOwnTitle] = React.useState(true);
  const listed = pending !== undefined;
  const page = React.useRef<HTMLDivElement>(null);
  React.useLayoutEffect(() => fillWindow(page.current), []);
  // The host's bars may be drawn after us.
  React.useEffect(() => {
    setOwnTitle(!hostDrawsTitle());
    fillWindow(page.current);
  }, [listed]);
  const drawn = React.useRef(new Set<string>());
  const now = useNow(false);
  const before = React.useRef<PipelineView[]>([]);
  const pipelines = React.useMemo(() => pipelineViews(readings, before.current), [readings]);
  before.current = pipelines;
  const readMore = (): void => setWanted(wanted + STAGES_READ);
  React.useEffect(() => {
    if (endInSight && pending === 0 && left > 0) readMore();
  }, [endInSight, pending, left]);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = pipelines.filter((pipeline) => words.every((word) => pipeline.words.includes(word)));
  return (
    <div className="stageline stageline-page" ref={page} tabIndex={0} role="region" aria-label="Deliveries">
      <div className="sl-page-head">
        <h2 className={ownTitle ? 'sl-title' : 'sl-hidden'}>Deliveries</h2>
        <label className="sl-search">
          <span className="sl-hidden">Search pipelines, versions, commits and authors</span>
          <input
            type="search"
            placeholder="Search"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <span className="sl-quiet" aria-live="polite">
          {pending === undefined || pending === 0 ? '' : `reading ${pending} more`}
        </span>
      </div>
      {problem === '' ? null : (
        <Notice
          tone="failed"
          title="The applications could not be read"
          action={{ label: 'Try again', run: retry }}
        >
          {problem}
        </Notice>
      )}
      {pending === undefined && problem === '' ? <Skeleton /> : null}
      {pending === 0 && problem === '' && pipelines.length === 0 ? (
        <Empty title="No pipelines">
          None of the applications that you may see is rendered by Stageline. Name the plugin{' '}
          <code>stageline</code> in an application’s source to make it a stage.
        </Empty>
      ) : null}
      {pipelines.length > 0 && found.length === 0 ? (
        <p className="sl-quiet">Nothing matches “{search}”.</p>
      ) : null}
      {pipelines.map((pipeline) => {
        const place = found.indexOf(pipeline);
        const shown = place >= 0 && place < limit;
        if (shown) drawn.current.add(pipeline.pipeline);
        // Those that a search leaves out stay drawn, unseen: to draw them anew takes longer than a key press may.
        return drawn.current.has(pipeline.pipeline) ? (
          <PipelineBox key={pipeline.pipeline} pipeline={pipeline} now={now} hidden={!shown} />
        ) : null;
      })}
      <div ref={end} />
      {left > 0 ? (
        <p className="sl-line sl-quiet">
          {count(left, 'more application')} to read.
          <button type="button" className="sl-text-button" onClick={readMore}>
            Read more
          </button>
        </p>
      ) : null}
      {found.length > limit ? (
        <button type="button" className="sl-button" onClick={() => setLimit(limit + PIPELINES_SHOWN)}>
          Show more ({found.length - limit})
        </button>
      ) : null}
    </div>
  );
}

/** Some versions of Argo CD draw the page's title themselves. */
function hostDrawsTitle(): boolean {
  return document.querySelector('.page__top-bar .top-bar__title') !== null;
}

/** The host gives a system page no scroller and, by version, another space above: the page fills what is left. */
function fillWindow(element: HTMLDivElement | null): void {
  if (element === null) return;
  element.style.height = `calc(100vh - ${Math.max(0, Math.round(element.getBoundingClientRect().top))}px)`;
}
