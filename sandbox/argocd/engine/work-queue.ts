/**
 * One worker a key: work that arrives while it is busy or about to start is merged and done next. Timers
 * bring work back later. `idle` resolves when nothing is queued, running or about to start.
 */

export interface WorkQueue<Work> {
  add(key: string, work: Work): void;
  /** Adds the work after a time; a later call for the same key and name replaces the earlier one. */
  addLater(key: string, name: string, delayed: { work: Work; delayMs: number }): void;
  idle(): Promise<void>;
  close(): Promise<void>;
}

export function createWorkQueue<Work>(options: {
  merge: (first: Work, second: Work) => Work;
  process: (key: string, work: Work) => Promise<void>;
  onError: (key: string, error: unknown) => void;
  /** Time to gather changes that come together. */
  debounceMs: number;
}): WorkQueue<Work> {
  const queued = new Map<string, Work>();
  const starting = new Map<string, NodeJS.Timeout>();
  const running = new Map<string, Promise<void>>();
  const later = new Map<string, NodeJS.Timeout>();
  let waiters: (() => void)[] = [];
  let closed = false;

  function add(key: string, work: Work): void {
    if (closed) return;
    const before = queued.get(key);
    queued.set(key, before === undefined ? work : options.merge(before, work));
    if (running.has(key) || starting.has(key)) return;
    starting.set(
      key,
      setTimeout(() => start(key), options.debounceMs),
    );
  }

  function start(key: string): void {
    starting.delete(key);
    // The worker counts as running before its first line: what it changes must not start a second one.
    running.set(
      key,
      Promise.resolve().then(() => drain(key)),
    );
  }

  async function drain(key: string): Promise<void> {
    for (let work = take(key); work !== undefined; work = take(key)) {
      try {
        await options.process(key, work);
      } catch (error) {
        options.onError(key, error);
      }
      // Changes that this work made arrive before the next look.
      await new Promise((resolve) => setTimeout(resolve, options.debounceMs));
    }
    running.delete(key);
    settle();
  }

  function take(key: string): Work | undefined {
    const work = closed ? undefined : queued.get(key);
    queued.delete(key);
    return work;
  }

  function isIdle(): boolean {
    return queued.size === 0 && starting.size === 0 && running.size === 0;
  }

  function settle(): void {
    if (!isIdle()) return;
    const resolved = waiters;
    waiters = [];
    for (const resolve of resolved) resolve();
  }

  return {
    add,
    addLater(key, name, { work, delayMs }) {
      if (closed) return;
      const id = `${key} ${name}`;
      clearTimeout(later.get(id));
      const timer = setTimeout(() => {
        later.delete(id);
        add(key, work);
      }, delayMs);
      later.set(id, timer);
    },
    idle: () => (isIdle() ? Promise.resolve() : new Promise<void>((resolve) => waiters.push(resolve))),
    async close() {
      closed = true;
      for (const timer of [...starting.values(), ...later.values()]) clearTimeout(timer);
      starting.clear();
      later.clear();
      queued.clear();
      await Promise.all(running.values());
      settle();
    },
  };
}
