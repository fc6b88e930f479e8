/** CPU time of a page's main thread out of Chromium's own trace. */
import type { Browser, CDPSession } from 'playwright-core';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds. */
  ts: number;
  dur?: number;
  /** CPU time. */
  tdur?: number;
  args: { data?: { requestId?: string; url?: string } };
}

const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'blink.user_timing'];

export interface Recording {
  /** Ends the recording and gives what it says. */
  stop: () => Promise<Timeline>;
}

/** Begins to record. The protocol hands events over in parts. */
export async function record(browser: Browser): Promise<Recording> {
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value) if (isTraceEvent(event)) events.push(event);
  });
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: CATEGORIES },
  });
  return {
    stop: async () => {
      await ended(session);
      await session.detach();
      return new Timeline(events);
    },
  };
}

async function ended(session: CDPSession): Promise<void> {
  const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
  await session.send('Tracing.end');
  await complete;
}

function isTraceEvent(event: object): event is TraceEvent {
  return 'name' in event && 'ts' in event && 'ph' in event;
}

/** What a recording says of the thread that set the marks, which is the page's main thread. */
export class Timeline {
  readonly #events: TraceEvent[];

  constructor(events: TraceEvent[]) {
    this.#events = events;
  }

  /** Milliseconds of CPU time between two marks. */
  between(from: string, to: string): number {
    return this.#cpu(this.#mark(from).ts, this.#mark(to));
  }

  /** The same from the moment when the last answer to such a request was there. */
  sinceAnswer(url: RegExp, to: string): number {
    const ids = new Set(
      this.#events
        .filter(({ name, args }) => name === 'ResourceSendRequest' && url.test(args.data?.url ?? ''))
        .map(({ args }) => args.data?.requestId),
    );
    const ends = this.#events
      .filter(({ name, args }) => name === 'ResourceFinish' && ids.has(args.data?.requestId))
      .map(({ ts }) => ts);
    if (ends.length === 0) throw new Error(`the trace has no answer to ${url}`);
    return this.#cpu(Math.max(...ends), this.#mark(to));
  }

  #mark(name: string): TraceEvent {
    const mark = this.#events.find((event) => event.name === name && event.ph !== 'X');
    if (!mark) throw new Error(`the trace has no mark ${name}`);
    return mark;
  }

  #cpu(from: number, end: TraceEvent): number {
    return this.#events
      .filter(
        ({ name, ph, pid, tid }) => name === 'RunTask' && ph === 'X' && pid === end.pid && tid === end.tid,
      )
      .filter(({ ts, dur = 0 }) => ts + dur > from && ts < end.ts)
      .reduce((sum, { tdur = 0 }) => sum + tdur / 1000, 0);
  }
}
