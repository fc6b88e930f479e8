/** The white box with rows of labels and values that Argo CD shows nearly everything in. */
import * as React from 'react';

export type DetailsRow = [label: string, value: React.ReactNode];

export function DetailsBox({ rows }: { rows: DetailsRow[] }): React.ReactElement {
  return (
    <div className="white-box">
      <div className="white-box__details">
        {rows.map(([label, value]) => (
          <div key={label} className="row white-box__details-row">
            <div className="columns small-3">{label}</div>
            <div className="columns small-9">{value}</div>
          </div>
        ))}
      </div>
    </div>
  );
}

/** One sentence in place of content: loading, nothing there, or what went wrong. */
export function Note({
  children,
  retry,
}: {
  children: React.ReactNode;
  retry?: (() => void) | undefined;
}): React.ReactElement {
  return (
    <p className="host-note" role={retry ? 'alert' : 'status'}>
      {children}
      {retry && (
        <>
          {' '}
          Please{' '}
          <button type="button" className="host-link" onClick={retry}>
            try again
          </button>
          .
        </>
      )}
    </p>
  );
}
