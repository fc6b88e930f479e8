/** Bounds how many tasks run at once and how many may wait for a place. */
import { problem } from './problems.ts';

export interface Gate {
  /** Runs the task when there is room; @throws StagelineError BUSY when the queue is full too. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function createGate(limits: { running: number; waiting: number }): Gate {
  const queue: (() => void)[] = [];
  let running = 0;

  async function enter(): Promise<void> {
    if (running < limits.running) {
      running += 1;
      return;
    }
    if (queue.length >= limits.waiting) {
      throw problem('BUSY', 'too many traces are being fetched at once', 'Try again in a moment');
    }
    // The place is handed over by `leave`, so `running` stays as it is.
    await new Promise<void>((resolve) => queue.push(resolve));
  }

  function leave(): void {
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  }

  async function run<T>(task: () => Promise<T>): Promise<T> {
    await enter();
    try {
      return await task();
    } finally {
      leave();
    }
  }

  return { run };
}
