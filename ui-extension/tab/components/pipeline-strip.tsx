/** The pipeline strip: one card a stage, in the order in which the version goes through them. */
import * as React from 'react';
import { pageUrl } from '../data/api.ts';
import type { StripCut, StripStage } from '../view-model/strip.ts';
import { Icon, Status } from './icon.tsx';
import { Age, Commit, Until } from './parts.tsx';

interface PipelineStripProps {
  strip: StripCut;
  now: number;
  /** To tell whether it is in sight. */
  stripRef: React.RefObject<HTMLOListElement | null>;
  showAll: () => void;
}

export const PipelineStrip = React.memo(function PipelineStrip(
  props: PipelineStripProps,
): React.ReactElement {
  const { strip, now, stripRef, showAll } = props;
  return (
    <ol className="sl-strip" aria-label="Stages of the pipeline" ref={stripRef}>
      <More count={strip.before} what="before" showAll={showAll} />
      {strip.shown.map((stage, index) => (
        <li key={stage.key} className="sl-strip-item">
          {comesAfter(strip, index) ? <Icon name="arrow" className="sl-strip-arrow" /> : null}
          <StageCard stage={stage} now={now} />
        </li>
      ))}
      <More count={strip.after} what="after" showAll={showAll} />
    </ol>
  );
});

/** Stages that come next to each other stand beside each other, without an arrow between them. */
function comesAfter({ shown, before }: StripCut, index: number): boolean {
  const [place, last] = [shown[index]?.place, shown[index - 1]?.place];
  if (last === undefined) return before > 0;
  return place !== last || place === 'before';
}

interface MoreProps {
  count: number;
  what: 'before' | 'after';
  showAll: () => void;
}

function More({ count, what, showAll }: MoreProps): React.ReactElement | null {
  if (count === 0) return null;
  return (
    <li className="sl-strip-item">
      <button type="button" className="sl-button" onClick={showAll}>
        {count} more<span className="sl-hidden"> stages {what} these</span>
      </button>
    </li>
  );
}

function StageCard({ stage, now }: { stage: StripStage; now: number }): React.ReactElement {
  const here = stage.place === 'this';
  return (
    <div
      className={`sl-stage sl-edge-${stage.status.tone} ${here ? 'sl-stage-this' : ''}`}
      aria-current={here ? 'step' : undefined}
    >
      <div className="sl-stage-head">
        {stage.path === undefined ? (
          <strong className="sl-stage-name">{stage.stage}</strong>
        ) : (
          <a className="sl-link sl-stage-name" href={pageUrl(stage.path)} title="Open its application">
            {stage.stage}
          </a>
        )}
        {here ? <span className="sl-tag">this stage</span> : null}
        {stage.place === 'next' || stage.place === 'later' ? (
          <span className="sl-quiet">{stage.place}</span>
        ) : null}
      </div>
      <Status view={stage.status} />
      <div className="sl-stage-state">
        <span className="sl-stage-version" title={stage.versions}>
          {stage.versions === '' ? 'no version yet' : stage.versions}
        </span>
        {stage.commit === undefined ? null : <Commit commit={stage.commit} />}
      </div>
      <div className="sl-quiet">
        {stage.at === undefined ? null : (
          <>
            {stage.promotedAt ? 'promoted ' : ''}
            <Age at={stage.at} now={now} />
          </>
        )}
        {stage.dueAt === undefined || stage.dueAt <= now ? null : (
          <div>
            goes on <Until at={stage.dueAt} now={now} />
          </div>
        )}
        {stage.hidden ? <div>not visible to you</div> : null}
        {stage.note === '' ? null : <div className="sl-stage-note">{stage.note}</div>}
      </div>
    </div>
  );
}
