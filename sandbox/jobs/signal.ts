/** Something that may happen and that loops wait for. */
export interface Signal {
  /** Whether it has happened at least once. */
  readonly fired: boolean;
  fire(): void;
  /** Resolves at the next time; at once for a `once` signal that has fired. */
  next(): Promise<void>;
  /** Waits until it happens, at most so many milliseconds. */
  within(ms: number): Promise<void>;
}

/** `once`: stays fired. `each`: every `fire` wakes those who wait at that moment. */
export function createSignal(mode: 'once' | 'each'): Signal {
  let waiters = new Set<() => void>();
  let fired = false;

  function next(): Promise<void> {
    if (fired && mode === 'once') return Promise.resolve();
    return new Promise((resolve) => waiters.add(resolve));
  }

  return {
    get fired() {
      return fired;
    },
    fire() {
      fired = true;
      const woken = waiters;
      waiters = new Set();
      for (const wake of woken) wake();
    },
    next,
    within(ms) {
      if (fired && mode === 'once') return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          waiters.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        waiters.add(wake);
      });
    },
  };
}
