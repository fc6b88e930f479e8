/** Where the page is: a path below the base address, and query parameters that any link may change alone. */
import * as React from 'react';

export interface Place {
  /** Path below the base address, with its leading slash. */
  path: string;
  query: URLSearchParams;
}

const listeners = new Set<() => void>();
window.addEventListener('popstate', announce);

export function currentPlace(): Place {
  const base = new URL(document.baseURI).pathname.replace(/\/$/, '');
  const { pathname, search } = window.location;
  const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname;
  return { path: path === '' ? '/' : path, query: new URLSearchParams(search) };
}

/** The address of a path; the choice of React stays with the visitor. */
export function hrefOf(path: string, query: Record<string, string> = {}): string {
  const url = new URL(path.replace(/^\//, ''), document.baseURI);
  const react = currentPlace().query.get('react');
  if (react) url.searchParams.set('react', react);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.pathname + url.search;
}

export function goTo(path: string, query: Record<string, string> = {}): void {
  window.history.pushState(null, '', hrefOf(path, query));
  announce();
}

/** Changes query parameters of the present page; null removes one. */
export function changeQuery(changes: Record<string, string | null>): void {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  window.history.pushState(null, '', url.pathname + url.search);
  announce();
}

/** The present place; redraws when it changes. */
export function usePlace(): Place {
  const [place, setPlace] = React.useState(currentPlace);
  React.useEffect(() => {
    const listener = (): void => setPlace(currentPlace());
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return place;
}

function announce(): void {
  for (const listener of listeners) listener();
}
