/**
 * `window.extensionsAPI` with Argo CD's semantics: most registrations are kept and re-read when a page mounts
 * and whenever one is added; a system-level one is an event only, lost when nobody listens yet.
 */
import type { ComponentType } from 'react';
import type { ApplicationView, NodeView, TreeView } from './types.ts';

export interface ResourceTabProps {
  resource: unknown;
  tree: TreeView;
  application: ApplicationView;
}
export interface AppViewProps {
  application: ApplicationView;
  tree: TreeView;
}
export interface StatusItemProps {
  application: ApplicationView;
  openFlyout: () => void;
}
export interface TopBarProps extends AppViewProps {
  openFlyout: () => void;
}

export interface ResourceTab {
  component: ComponentType<ResourceTabProps>;
  group: string;
  kind: string;
  title: string;
  icon?: string;
}
export interface AppView {
  component: ComponentType<AppViewProps>;
  title: string;
  icon: string;
  shouldDisplay: (application: ApplicationView) => boolean;
}
export interface StatusItem {
  component: ComponentType<StatusItemProps>;
  title: string;
  id: string;
  flyout?: ComponentType<AppViewProps>;
}
export interface TopBarItem {
  component: ComponentType<TopBarProps>;
  title: string;
  id: string;
  flyout: ComponentType<AppViewProps>;
  shouldDisplay: (application?: ApplicationView) => boolean;
  iconClassName?: string;
  isMiddle: boolean;
}
export interface SystemPage {
  component: ComponentType;
  title: string;
  path: string;
  icon: string;
}

export interface Registry {
  resourceTabs: ResourceTab[];
  appViews: AppView[];
  statusItems: StatusItem[];
  topBarItems: TopBarItem[];
}

type Listener = () => void;
const registry: Registry = { resourceTabs: [], appViews: [], statusItems: [], topBarItems: [] };
const listeners = new Set<Listener>();
const systemListeners = new Set<(page: SystemPage) => void>();

/** Calls back after every registration that is kept; returns the function that stops it. */
export function onRegistration(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Hears of system-level pages from now on; earlier ones are lost, as in Argo CD. */
export function onSystemPage(listener: (page: SystemPage) => void): () => void {
  systemListeners.add(listener);
  return () => systemListeners.delete(listener);
}

export function registered(): Registry {
  return { ...registry };
}

/** The tabs for a kind, sorted by title: their index is what `tab=extension-<i>` means. */
export function resourceTabsFor(tabs: ResourceTab[], node: Pick<NodeView, 'group' | 'kind'>): ResourceTab[] {
  return tabs
    .filter((tab) => globMatches(tab.group, node.group ?? '') && globMatches(tab.kind, node.kind))
    .sort((a, b) => a.title.localeCompare(b.title));
}

function globMatches(glob: string, value: string): boolean {
  if (glob === '' || glob === '**') return glob === '**' || value === '';
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`).test(value);
}

function announce(): void {
  for (const listener of listeners) listener();
}

const extensionsAPI = {
  registerResourceExtension(
    ...[component, group, kind, title, options]: [
      ResourceTab['component'],
      string,
      string,
      string,
      { icon?: string }?,
    ]
  ): void {
    registry.resourceTabs = [
      ...registry.resourceTabs,
      { component, group, kind, title, ...(options?.icon && { icon: options.icon }) },
    ];
    announce();
  },
  registerSystemLevelExtension(component: ComponentType, title: string, path: string, icon: string): void {
    for (const listener of systemListeners) listener({ component, title, path, icon });
  },
  registerAppViewExtension(
    component: AppView['component'],
    title: string,
    icon: string,
    shouldDisplay: AppView['shouldDisplay'] = () => true,
  ): void {
    const others = registry.appViews.filter((view) => view.title !== title);
    registry.appViews = [...others, { component, title, icon, shouldDisplay }];
    announce();
  },
  registerStatusPanelExtension(
    component: StatusItem['component'],
    title: string,
    id: string,
    flyout?: StatusItem['flyout'],
  ): void {
    registry.statusItems = [...registry.statusItems, { component, title, id, ...(flyout && { flyout }) }];
    announce();
  },
  registerTopBarActionMenuExt(
    ...[component, title, id, flyout, shouldDisplay, iconClassName, isMiddle]: [
      TopBarItem['component'],
      string,
      string,
      TopBarItem['flyout'],
      TopBarItem['shouldDisplay']?,
      string?,
      boolean?,
    ]
  ): void {
    const item: TopBarItem = {
      component,
      title,
      id,
      flyout,
      shouldDisplay: shouldDisplay ?? (() => true),
      isMiddle: isMiddle ?? false,
    };
    registry.topBarItems = [...registry.topBarItems, iconClassName ? { ...item, iconClassName } : item];
    announce();
  },
};

/** Puts the API on `window`, before any extension runs. */
export function provideExtensionsApi(): void {
  Object.assign(window, { extensionsAPI, extensions: { resources: {} } });
}
