/** The root of everything that is registered: our styles, our scope, our error boundary. */
import * as React from 'react';
import { ensureStyles } from '../styles/ensure-styles.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { Notice } from './parts.tsx';

/** Wraps a component for registration. What it gets is passed on. */
export function registered<Props extends object>(
  Component: React.ComponentType<Props>,
): React.ComponentType<Props> {
  return function StagelinePart(props: Props): React.ReactElement {
    React.useLayoutEffect(ensureStyles, []);
    return (
      <ErrorBoundary
        fallback={(reason, retry) => (
          <div className="stageline">
            <Notice
              tone="failed"
              title="Stageline could not draw this"
              action={{ label: 'Try again', run: retry }}
            >
              The rest of Argo CD is not touched by it. Reason: {reason.slice(0, 300)}
            </Notice>
          </div>
        )}
      >
        <Component {...props} />
      </ErrorBoundary>
    );
  };
}
