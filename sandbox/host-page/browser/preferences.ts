/** What Argo CD's page keeps in the browser: one key, `view_preferences`, of version 5. */
import * as React from 'react';

export type ThemeChoice = 'auto' | 'light' | 'dark';
export interface Preferences {
  version: number;
  theme: ThemeChoice;
  appDetails: { view: string; resourceFilter: string[]; hideManagedFields: boolean; zoom: number };
  hideSidebar: boolean;
}

const KEY = 'view_preferences';
const VERSION = 5;
const DEFAULTS: Preferences = {
  version: VERSION,
  theme: 'auto',
  appDetails: { view: 'tree', resourceFilter: [], hideManagedFields: true, zoom: 1 },
  hideSidebar: false,
};

/** Stored preferences over the defaults; those of an older version are discarded. */
export function loadPreferences(): Preferences {
  try {
    const stored: Partial<Preferences> = JSON.parse(window.localStorage.getItem(KEY) ?? '{}');
    if ((stored.version ?? 0) < VERSION) return DEFAULTS;
    return { ...DEFAULTS, ...stored, appDetails: { ...DEFAULTS.appDetails, ...stored.appDetails } };
  } catch {
    // Storage can be blocked or hold another program's text: the defaults are as good.
    return DEFAULTS;
  }
}

function save(preferences: Preferences): void {
  try {
    window.localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Without storage the choice lasts until the page is left.
  }
}

export function usePreferences(): [Preferences, (change: Partial<Preferences>) => void] {
  const [preferences, setPreferences] = React.useState(loadPreferences);
  const change = React.useCallback((changes: Partial<Preferences>) => {
    setPreferences((before) => {
      const after = { ...before, ...changes };
      save(after);
      return after;
    });
  }, []);
  return [preferences, change];
}

/** The theme that a choice means now; `auto` follows the system. */
export function useTheme(choice: ThemeChoice): 'light' | 'dark' {
  const [system, setSystem] = React.useState(systemTheme);
  React.useEffect(() => {
    const media = window.matchMedia('(prefers-color-scheme: dark)');
    const listener = (): void => setSystem(systemTheme());
    media.addEventListener('change', listener);
    return () => media.removeEventListener('change', listener);
  }, []);
  return choice === 'auto' ? system : choice;
}

function systemTheme(): 'light' | 'dark' {
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
