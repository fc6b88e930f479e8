/** The bar on top of every page: where one is, and what one can do there. */
import * as React from 'react';
import { goTo, hrefOf } from './navigation.ts';

export interface Crumb {
  title: string;
  path?: string;
}

export function TopBar({
  crumbs,
  children,
}: {
  crumbs: Crumb[];
  children?: React.ReactNode;
}): React.ReactElement {
  return (
    <header className="page__top-bar">
      <nav className="top-bar" aria-label="Breadcrumbs">
        {crumbs.map((crumb, index) => (
          <span key={crumb.title} className="host-crumb">
            {index > 0 && <span aria-hidden="true"> / </span>}
            {crumb.path === undefined ? crumb.title : <CrumbLink title={crumb.title} path={crumb.path} />}
          </span>
        ))}
      </nav>
      <div className="host-actions">{children}</div>
    </header>
  );
}

function CrumbLink({ title, path }: { title: string; path: string }): React.ReactElement {
  return (
    <a
      href={hrefOf(path)}
      onClick={(event) => {
        event.preventDefault();
        goTo(path);
      }}
    >
      {title}
    </a>
  );
}
