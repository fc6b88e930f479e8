/** Tells of transitions beside the work: sending never delays it, and what cannot be sent is said once. */
import type { Transition } from '../../core/ledger/transitions.ts';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../runtime/log.ts';

export interface EventSink {
  /** For messages: `CloudEvents sink`, `Kubernetes Events`. */
  name: string;
  /** Whether it wants to be told. */
  wants: (transition: Transition) => boolean;
  send: (transition: Transition, signal: AbortSignal) => Promise<void>;
}

export interface EventPublisher {
  publish(transitions: readonly Transition[]): void;
  /** Waits for what is under way, at most so long; the rest is dropped and counted. */
  flush(budgetMs: number): Promise<void>;
}

const SEND_TIMEOUT_MS = 2000;
/** A sink that fails so often in a row is left alone for the rest of the hook. */
const MAX_FAILURES = 3;

interface Lane {
  sink: EventSink;
  turn: Promise<void>;
  failures: number;
  lost: number;
}

/** Each sink gets its events in order, one at a time; receivers tell repeats by the event's id. A killed hook tells no more. */
export function createPublisher(sinks: readonly EventSink[], log: Logger): EventPublisher {
  const lanes: Lane[] = sinks.map((sink) => ({ sink, turn: Promise.resolve(), failures: 0, lost: 0 }));
  const stop = new AbortController();
  return {
    publish(transitions) {
      for (const lane of lanes) {
        for (const transition of transitions.filter(lane.sink.wants)) {
          lane.turn = lane.turn.then(() => sendOne(lane, transition, { log, signal: stop.signal }));
        }
      }
    },
    async flush(budgetMs) {
      const timer = setTimeout(() => stop.abort(new Error('the hook ended')), budgetMs);
      await Promise.all(lanes.map((lane) => lane.turn));
      clearTimeout(timer);
      for (const lane of lanes.filter(({ lost }) => lost > 0)) {
        log.warn(`${lane.lost} events did not reach the ${lane.sink.name}`);
      }
    },
  };
}

async function sendOne(
  lane: Lane,
  transition: Transition,
  options: { log: Logger; signal: AbortSignal },
): Promise<void> {
  if (lane.failures >= MAX_FAILURES || options.signal.aborted) {
    lane.lost += 1;
    return;
  }
  try {
    await lane.sink.send(transition, AbortSignal.any([options.signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]));
    lane.failures = 0;
  } catch (error) {
    lane.failures += 1;
    lane.lost += 1;
    if (lane.lost === 1)
      options.log.warn(`an event did not reach the ${lane.sink.name}`, { reason: messageOf(error) });
  }
}
