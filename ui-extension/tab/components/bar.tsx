/** A bar of the waterfall. The row's text says the same, so it is hidden from those who listen. */
import * as React from 'react';
import { barOf, type TimeRange } from '../view-model/attempt.ts';
import type { Tone } from '../view-model/status.ts';

interface BarProps {
  part: { startedAt: number | undefined; finishedAt: number | undefined };
  tone: Tone;
  range: TimeRange;
  /** Hatched: nothing of ours works in that time. */
  waiting?: boolean;
  thin?: boolean;
}

export function Bar({ part, tone, range, waiting = false, thin = false }: BarProps): React.ReactElement {
  const bar = barOf(part, range);
  return (
    <span className="sl-row-bar" aria-hidden="true">
      {bar === undefined ? null : (
        <span
          className={`sl-bar sl-fill-${tone} ${waiting ? 'sl-bar-waiting' : ''} ${thin ? 'sl-bar-thin' : ''}`}
          style={{ left: `min(${bar.left}%, calc(100% - 2px))`, width: `${bar.width}%` }}
        />
      )}
    </span>
  );
}
