/** The stage's deliveries, newest first, a page at a time. */
import * as React from 'react';
import type { Ledger } from '../../../core/ledger/types.ts';
import { historyLength, historyPage, type HistoryRow } from '../view-model/history.ts';
import { Status } from './icon.tsx';
import { Age, ExternalLink, Section, Took } from './parts.tsx';

interface HistoryTableProps {
  ledger: Ledger;
  repoURL: string;
  /** Id of the delivery that is shown above. */
  shown: string | undefined;
  now: number;
  choose: (id: string) => void;
  openTrace: (traceId: string) => void;
}

export function HistoryTable(props: HistoryTableProps): React.ReactElement {
  const { ledger, repoURL, shown, now, choose, openTrace } = props;
  const [wanted, setWanted] = React.useState(0);
  const page = React.useMemo(() => historyPage(ledger, repoURL, wanted), [ledger, repoURL, wanted]);
  return (
    <Section title={`History (${historyLength(ledger)})`}>
      <div className="sl-table-wrap">
        <table className="sl-table sl-history">
          <thead>
            <tr>
              <th scope="col">Result</th>
              <th scope="col">Started</th>
              <th scope="col">Commit</th>
              <th scope="col">Versions</th>
              <th scope="col">Took</th>
              <th scope="col">
                <span className="sl-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {page.rows.map((row) => (
              <Row
                key={row.id}
                row={row}
                isShown={row.id === shown}
                now={now}
                choose={choose}
                openTrace={openTrace}
              />
            ))}
          </tbody>
        </table>
      </div>
      {page.pages > 1 ? (
        <nav className="sl-pages" aria-label="Pages of the history">
          <button
            type="button"
            className="sl-button"
            disabled={page.page === 0}
            onClick={() => setWanted(page.page - 1)}
          >
            Newer
          </button>
          <span aria-live="polite">
            {page.page + 1} of {page.pages}
          </span>
          <button
            type="button"
            className="sl-button"
            disabled={page.page === page.pages - 1}
            onClick={() => setWanted(page.page + 1)}
          >
            Older
          </button>
        </nav>
      ) : null}
    </Section>
  );
}

interface RowProps {
  row: HistoryRow;
  isShown: boolean;
  now: number;
  choose: (id: string) => void;
  openTrace: (traceId: string) => void;
}

function Row({ row, isShown, now, choose, openTrace }: RowProps): React.ReactElement {
  const commit = <span className="sl-mono">{row.commit}</span>;
  return (
    <tr className={isShown ? 'sl-row-shown' : ''}>
      <td data-label="Result">
        <Status view={row.status} />
        {row.attempts > 1 ? <div className="sl-quiet">{row.attempts} attempts</div> : null}
      </td>
      <td data-label="Started">
        <Age at={row.openedAt} now={now} />
      </td>
      <td data-label="Commit">
        {row.commitLink === undefined ? commit : <ExternalLink href={row.commitLink}>{commit}</ExternalLink>}{' '}
        <span className="sl-subject">{row.subject}</span>
        {row.author === '' ? null : <div className="sl-quiet">{row.author}</div>}
      </td>
      <td data-label="Versions">{row.versions}</td>
      <td data-label="Took">
        <Took ms={row.took} />
      </td>
      <td>
        {!row.whole ? (
          <button
            type="button"
            className="sl-text-button"
            title="Of older deliveries the ledger keeps only this line; a backend may have the trace"
            onClick={() => openTrace(row.traceId)}
          >
            Trace<span className="sl-hidden"> of the delivery of {row.commit}</span>
          </button>
        ) : isShown ? (
          <span className="sl-tag">shown</span>
        ) : (
          <button type="button" className="sl-text-button" onClick={() => choose(row.id)}>
            Show<span className="sl-hidden"> delivery of {row.commit}</span>
          </button>
        )}
      </td>
    </tr>
  );
}
