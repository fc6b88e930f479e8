/** An empty state, as the host draws its own: a disc with an icon, a line, and what to do. */
import * as React from 'react';
import { Icon } from './icon.tsx';

interface EmptyProps {
  title: string;
  children: React.ReactNode;
}

export function Empty({ title, children }: EmptyProps): React.ReactElement {
  return (
    <div className="sl-empty">
      <span className="sl-empty-disc">
        <Icon name="commit" />
      </span>
      <h3>{title}</h3>
      <p>{children}</p>
    </div>
  );
}
