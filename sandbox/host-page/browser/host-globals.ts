/** What the two globals bundles put on `window`, for the page's own code and for extensions. */
import type * as ReactModule from 'react';
import type * as ReactDomModule from 'react-dom';
import type { moment } from './moment.ts';

export interface HostReactDom {
  createPortal: typeof ReactDomModule.createPortal;
}

declare global {
  interface Window {
    React: typeof ReactModule;
    /** React 16 whole; React 19 without `render` and `createRoot`, as Argo CD gives it. */
    ReactDOM: HostReactDom;
    Moment: typeof moment;
    ReactJSXRuntime?: unknown;
    /** Draws the page itself; not part of what Argo CD gives to extensions. */
    standInRender: (element: ReactModule.ReactElement, container: Element) => void;
  }
}

/** Puts the globals that every version has on `window`. */
export function provide(globals: Pick<Window, 'React' | 'ReactDOM' | 'Moment' | 'standInRender'>): void {
  Object.assign(window, globals);
}
