/** The frame of every page: theme, notice, sidebar. */
import * as React from 'react';
import type { SystemPage } from './extensions-api.ts';
import { ExtensionIcon } from './icons.tsx';
import { goTo, hrefOf, usePlace } from './navigation.ts';
import { usePreferences, useTheme } from './preferences.ts';

interface LayoutProps {
  pages: SystemPage[];
  children: React.ReactNode;
}

export function Layout({ pages, children }: LayoutProps): React.ReactElement {
  const [preferences, change] = usePreferences();
  const theme = useTheme(preferences.theme);
  const collapsed = preferences.hideSidebar;
  return (
    <div className={`theme-${theme}`}>
      <div className={`cd-layout${collapsed ? ' cd-layout--collapsed' : ''}`}>
        <p className="host-notice">
          Stand-in for Argo CD’s UI: part of Stageline’s sandbox, not Argo CD. Nothing here is a real cluster.
        </p>
        <nav className="sidebar" aria-label="Main">
          <div className="sidebar__title">{collapsed ? 'S' : 'Sandbox'}</div>
          <SidebarLink title="Applications" path="/applications" icon="fa-layer-group" />
          {pages.map((page) => (
            <SidebarLink key={page.path} title={page.title} path={page.path} icon={page.icon} />
          ))}
          <div className="sidebar__end">
            <button type="button" onClick={() => change({ theme: theme === 'dark' ? 'light' : 'dark' })}>
              {collapsed ? 'Theme' : `${theme === 'dark' ? 'Light' : 'Dark'} theme`}
            </button>
            <button type="button" onClick={() => change({ hideSidebar: !collapsed })}>
              {collapsed ? 'More' : 'Narrow sidebar'}
            </button>
          </div>
        </nav>
        <main className="cd-layout__content">{children}</main>
      </div>
    </div>
  );
}

function SidebarLink({
  title,
  path,
  icon,
}: {
  title: string;
  path: string;
  icon: string;
}): React.ReactElement {
  const active = usePlace().path.startsWith(path);
  return (
    <a
      className={`sidebar__link${active ? ' active' : ''}`}
      href={hrefOf(path)}
      aria-current={active ? 'page' : undefined}
      onClick={(event) => {
        event.preventDefault();
        goTo(path);
      }}
    >
      <ExtensionIcon name={icon} /> <span>{title}</span>
    </a>
  );
}
