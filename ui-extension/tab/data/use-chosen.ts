/** The delivery that the user opened, kept in the page's address so that it can be passed on. */
import * as React from 'react';

const PARAMETER = 'stageline-delivery';

/** Id of the chosen delivery and how to choose another; undefined is the newest. */
export function useChosen(): [string | undefined, (id: string | undefined) => void] {
  const [chosen, setChosen] = React.useState(readParameter);
  const choose = React.useCallback((id: string | undefined) => {
    setChosen(id);
    writeParameter(id);
  }, []);
  return [chosen, choose];
}

function readParameter(): string | undefined {
  return new URLSearchParams(window.location.search).get(PARAMETER) ?? undefined;
}

function writeParameter(id: string | undefined): void {
  const url = new URL(window.location.href);
  if (id === undefined) url.searchParams.delete(PARAMETER);
  else url.searchParams.set(PARAMETER, id);
  // Replaced, not pushed: the host's router owns the history, and its state object must stay.
  window.history.replaceState(window.history.state, '', url.href);
}
