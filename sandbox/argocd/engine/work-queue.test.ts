/** The queue that keeps one worker an application. */
import { describe, expect, it } from 'vitest';
import { createWorkQueue } from './work-queue.ts';

describe('the work queue', () => {
  it('never works twice on one key at a time, even if the work asks for more of itself at once', async () => {
    let active = 0;
    let most = 0;
    const seen: number[] = [];
    const queue = createWorkQueue<number>({
      merge: (first, second) => first + second,
      async process(key, work) {
        active += 1;
        most = Math.max(most, active);
        seen.push(work);
        if (work === 1) {
          queue.add(key, 10);
          queue.add(key, 20);
        }
        await new Promise((resolve) => setImmediate(resolve));
        active -= 1;
      },
      onError: (_key, error) => {
        throw error;
      },
      debounceMs: 0,
    });
    queue.add('a', 1);
    await queue.idle();
    expect(most).toBe(1);
    expect(seen).toEqual([1, 30]);
    await queue.close();
  });

  it('goes on after an error and tells of it', async () => {
    const errors: unknown[] = [];
    const done: number[] = [];
    const queue = createWorkQueue<number>({
      merge: (_first, second) => second,
      process: async (_key, work) => {
        if (work === 1) throw new Error('no');
        done.push(work);
      },
      onError: (_key, error) => void errors.push(error),
      debounceMs: 0,
    });
    queue.add('a', 1);
    await queue.idle();
    queue.add('a', 2);
    await queue.idle();
    expect(errors).toHaveLength(1);
    expect(done).toEqual([2]);
    await queue.close();
  });
});
