/**
 * Delivers events to listeners after the change that caused them is complete, and one at a time: a listener that
 * changes the store again sees every listener get the first event before any gets the second.
 */
export interface EventQueue<Event> {
  /** Runs a change; its events go out when the outermost change ends. */
  transaction<Result>(change: () => Result): Result;
  /** `make` runs once for each listener, so none can change what another sees. */
  publish(make: () => Event): void;
  subscribe(listener: (event: Event) => void): () => void;
}

export function eventQueue<Event>(): EventQueue<Event> {
  const listeners = new Set<(event: Event) => void>();
  const pending: (() => Event)[] = [];
  let depth = 0;
  let draining = false;

  function drain(): void {
    if (draining) return;
    draining = true;
    for (let make = pending.shift(); make !== undefined; make = pending.shift()) {
      const present = [...listeners];
      for (const listener of present) deliver(listener, make());
    }
    draining = false;
  }

  return {
    transaction(change) {
      depth += 1;
      try {
        return change();
      } finally {
        depth -= 1;
        if (depth === 0) drain();
      }
    },
    publish(make) {
      pending.push(make);
    },
    subscribe(listener) {
      const own = (event: Event) => listener(event);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

/** A listener's error is its own: the writer must not fail for it, so it surfaces as an uncaught exception. */
function deliver<Event>(listener: (event: Event) => void, event: Event): void {
  try {
    listener(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
