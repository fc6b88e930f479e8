/** The versions that this delivery brought, and those before them. */
import * as React from 'react';
import type { FreightRow } from '../view-model/freight.ts';

const ROWS_FIRST = 8;

export function FreightTable({ rows }: { rows: FreightRow[] }): React.ReactElement | null {
  const [all, setAll] = React.useState(false);
  if (rows.length === 0) return null;
  const shown = all ? rows : rows.slice(0, ROWS_FIRST);
  return (
    <div className="sl-table-wrap">
      <table className="sl-table">
        <thead>
          <tr>
            <th scope="col">Freight</th>
            <th scope="col">Version</th>
            <th scope="col">Before</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.key}>
              <td title={row.file}>{row.what}</td>
              <td>
                <span className="sl-mono">{row.version}</span>
                {row.changed ? <span className="sl-tag">changed</span> : null}
              </td>
              <td className="sl-mono">{row.before === '' ? '–' : row.before}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_FIRST ? (
        <button type="button" className="sl-text-button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${rows.length}`}
        </button>
      ) : null}
    </div>
  );
}
