/** One pipeline of the page: its DORA figures, and its freight by stage. */
import * as React from 'react';
import { formatDuration } from '../../../core/duration.ts';
import { pageUrl } from '../data/api.ts';
import { DORA_DAYS, doraFigures } from '../view-model/dora.ts';
import type { Cell, PipelineView } from '../view-model/overview.ts';
import { Icon, Status } from './icon.tsx';
import { Age, Commit, Nothing } from './parts.tsx';

interface PipelineBoxProps {
  pipeline: PipelineView;
  now: number;
  hidden: boolean;
}

export const PipelineBox = React.memo(function PipelineBox(props: PipelineBoxProps): React.ReactElement {
  const { pipeline, now, hidden } = props;
  return (
    <section
      className={`sl-box ${hidden ? 'sl-away' : ''}`}
      aria-label={`Pipeline ${pipeline.pipeline}`}
      aria-hidden={hidden}
    >
      <PipelineBody pipeline={pipeline} now={now} />
    </section>
  );
});

/** Apart from its box, so that it is not drawn anew when a search hides it and shows it again. */
const PipelineBody = React.memo(function PipelineBody(
  props: Omit<PipelineBoxProps, 'hidden'>,
): React.ReactElement {
  const { pipeline, now } = props;
  return (
    <>
      <div className="sl-box-head">
        <h3 className="sl-pipeline-name">
          {pipeline.pipeline === '' ? 'Unknown pipeline' : pipeline.pipeline}
        </h3>
        {pipeline.last.length === 0 ? null : <Dora pipeline={pipeline} now={now} />}
      </div>
      <div className="sl-table-wrap">
        <table className="sl-table sl-matrix">
          <thead>
            <tr>
              <th scope="col">Freight</th>
              {pipeline.stages.map((stage) => (
                <th key={stage.path} scope="col">
                  <a className="sl-link" href={pageUrl(stage.path)}>
                    {stage.name}
                  </a>
                  <div className="sl-matrix-state" title={stage.problem}>
                    <Status view={stage.status} />
                  </div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {pipeline.lines.map((line) => (
              <tr key={line.freight}>
                <th scope="row">
                  <span className="sl-matrix-version">
                    {line.versions === '' ? line.freight : line.versions}
                  </span>{' '}
                  <Commit commit={line.commit} />
                  <div className="sl-quiet sl-matrix-subject">{line.commit.subject}</div>
                </th>
                {line.cells.map((cell, index) => (
                  <td key={pipeline.stages[index]?.path ?? index} data-label={pipeline.stages[index]?.name}>
                    <FreightCell cell={cell} now={now} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pipeline.lines.length === 0 ? <p className="sl-quiet">{emptyText(pipeline)}</p> : null}
    </>
  );
});

function emptyText(pipeline: PipelineView): string {
  return pipeline.stages.find((stage) => stage.problem !== '')?.problem ?? 'No deliveries yet.';
}

function FreightCell({ cell, now }: { cell: Cell | undefined; now: number }): React.ReactElement {
  if (cell === undefined) return <Nothing meaning="never here" />;
  return (
    <span className="sl-line">
      <Icon
        name={cell.status.icon}
        className={`sl-tone-${cell.status.tone} ${cell.status.icon === 'notch' ? 'sl-spin' : ''}`}
      />
      <span className={cell.onItsWay ? '' : 'sl-hidden'}>{cell.status.label}</span>
      {cell.runs ? <span className="sl-tag">runs</span> : null}
      {cell.at === undefined ? null : (
        <span className="sl-quiet">
          <Age at={cell.at} now={now} />
        </span>
      )}
    </span>
  );
}

/** Of the last stages: what reaches users. */
function Dora({ pipeline, now }: { pipeline: PipelineView; now: number }): React.ReactElement {
  const figures = React.useMemo(() => doraFigures(pipeline.last, now), [pipeline, now]);
  const duration = (ms: number | undefined): string => (ms === undefined ? '–' : formatDuration(ms));
  const shown: [string, string][] = [
    ['Deployments', String(figures.deployments)],
    ['Lead time', duration(figures.leadTime)],
    ['Failure rate', figures.failureRate === undefined ? '–' : `${Math.round(figures.failureRate * 100)}%`],
    ['Time to restore', duration(figures.restoreTime)],
  ];
  return (
    <dl className="sl-dora" title={`Last ${DORA_DAYS} days, in the last stages; times are medians`}>
      {shown.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
