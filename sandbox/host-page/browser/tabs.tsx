/** Tabs of a panel. Like Argo CD's they are links that the keyboard does not reach; only the active one is mounted. */
import * as React from 'react';
import { ExtensionIcon } from './icons.tsx';

export interface TabView {
  key: string;
  title: string;
  icon?: string | undefined;
  content: () => React.ReactNode;
}

interface TabsProps {
  tabs: TabView[];
  selected: string;
  onSelect: (key: string) => void;
}

export function Tabs({ tabs, selected, onSelect }: TabsProps): React.ReactElement {
  const active = tabs.find((tab) => tab.key === selected) ?? tabs[0];
  return (
    <div className="tabs tabs--transparent">
      <div className="tabs__nav" role="tablist">
        {tabs.map((tab) => (
          <a
            key={tab.key}
            role="tab"
            aria-selected={tab === active}
            className={tab === active ? 'active' : ''}
            onClick={() => onSelect(tab.key)}
          >
            {tab.icon && <ExtensionIcon name={tab.icon} />} {tab.title}
          </a>
        ))}
      </div>
      <div className="tabs__content" key={active?.key}>
        {active?.content()}
      </div>
    </div>
  );
}
