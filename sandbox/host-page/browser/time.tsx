/** Dates as Argo CD's page writes them. */
import * as React from 'react';
import { ago, longDate } from './moment.ts';

const TICK_MS = 10_000;

export function Timestamp({ date }: { date: string | undefined }): React.ReactElement | null {
  const [, redraw] = React.useState(0);
  React.useEffect(() => {
    const timer = setInterval(() => redraw((count) => count + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  if (!date) return null;
  const at = new Date(date);
  return (
    <time dateTime={date} title={longDate(at)}>
      {ago(at)} <span className="show-for-large">({longDate(at)})</span>
    </time>
  );
}

/** `1m5s` between two times; two figures at most. */
export function duration(from: string, to: string | undefined): string {
  const seconds = Math.max(
    0,
    Math.round((Date.parse(to ?? new Date().toISOString()) - Date.parse(from)) / 1000),
  );
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m${seconds % 60}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}
