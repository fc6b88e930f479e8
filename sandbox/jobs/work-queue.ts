/**
 * Runs a reconcile function for keys that changed: each key at most once at a time and never inside the change that
 * caused it. A failure is reported and the key tried again a second later.
 */
const retryMs = 1000;

export interface WorkQueue {
  add(key: string): void;
  addAfter(key: string, ms: number): void;
  close(): void;
}

export function createWorkQueue(
  reconcile: (key: string) => void,
  onError: (error: unknown) => void,
): WorkQueue {
  const waiting = new Set<string>();
  const timers = new Map<string, NodeJS.Timeout>();
  let scheduled: NodeJS.Immediate | undefined;
  let closed = false;

  function run(): void {
    scheduled = undefined;
    const keys = [...waiting];
    waiting.clear();
    for (const key of keys) {
      if (closed) return;
      try {
        reconcile(key);
      } catch (error) {
        onError(error);
        addAfter(key, retryMs);
      }
    }
  }

  function add(key: string): void {
    if (closed) return;
    waiting.add(key);
    scheduled ??= setImmediate(run);
  }

  function addAfter(key: string, ms: number): void {
    if (closed) return;
    clearTimeout(timers.get(key));
    const timer = setTimeout(
      () => {
        timers.delete(key);
        add(key);
      },
      Math.min(Math.max(0, ms), 2 ** 31 - 1),
    );
    timers.set(key, timer);
  }

  return {
    add,
    addAfter,
    close() {
      closed = true;
      clearImmediate(scheduled);
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
