/** A clock for ages and running bars. It stands still while the page is hidden. */
import * as React from 'react';

const SLOW_MS = 30_000;
const FAST_MS = 1000;

/** Milliseconds since the epoch, renewed every second while something runs, else every half minute. */
export function useNow(running: boolean): number {
  const [now, setNow] = React.useState(() => Date.now());
  React.useEffect(() => {
    const tick = (): void => {
      if (!document.hidden) setNow(Date.now());
    };
    tick();
    const timer = setInterval(tick, running ? FAST_MS : SLOW_MS);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [running]);
  return now;
}
