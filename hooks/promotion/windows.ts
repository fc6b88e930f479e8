/** When promotion windows are open. Daylight saving is reckoned in each window's own time zone. */
import { Cron } from 'croner';
import type { PlannedWindow } from '../../core/plan.ts';

const HORIZON_MS = 400 * 24 * 3600 * 1000;
const MAX_STEPS = 5000;

interface Known {
  kind: PlannedWindow['kind'];
  /** The begin of the window that is open at a time, if one is. */
  openSince: (at: number) => number | undefined;
  next: (after: number) => number | undefined;
  durationMs: number;
}

/**
 * The first moment from `from` on at which some window allows (or there is none that allows) and none denies, in
 * milliseconds; undefined if there is none within 400 days.
 */
export function opensAt(windows: readonly PlannedWindow[], from: number): number | undefined {
  const known = windows.map(knownWindow);
  let at = from;
  for (let step = 0; step < MAX_STEPS && at <= from + HORIZON_MS; step += 1) {
    if (isOpen(known, at)) return at;
    const changes = known.flatMap((window) => nextChange(window, at));
    if (changes.length === 0) return undefined;
    at = Math.min(...changes);
  }
  return undefined;
}

function isOpen(windows: readonly Known[], at: number): boolean {
  const open = (kind: Known['kind']): boolean =>
    windows.some((window) => window.kind === kind && window.openSince(at) !== undefined);
  const asks = windows.some(({ kind }) => kind === 'allow');
  return (!asks || open('allow')) && !open('deny');
}

/** What changes next for a window: it opens, or it shuts. */
function nextChange(window: Known, at: number): number[] {
  const since = window.openSince(at);
  const next = window.next(at);
  return [...(since === undefined ? [] : [since + window.durationMs]), ...(next === undefined ? [] : [next])];
}

function knownWindow({ kind, schedule, durationMs, timeZone }: PlannedWindow): Known {
  const cron = new Cron(schedule, { timezone: timeZone, paused: true });
  return {
    kind,
    durationMs,
    openSince(at) {
      // The reference itself does not count.
      const begun = cron.previousRuns(1, new Date(at + 1))[0]?.getTime();
      return begun !== undefined && at < begun + durationMs ? begun : undefined;
    },
    next: (after) => cron.nextRun(new Date(after))?.getTime(),
  };
}
