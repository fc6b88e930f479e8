import { describe, expect, it } from 'vitest';
import { createGate } from './gate.ts';

function task() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { run: () => promise, finish: resolve, fail: reject };
}

describe('the gate', () => {
  it('runs so many at once, lets so many wait, and turns the rest away', async () => {
    const gate = createGate({ running: 1, waiting: 1 });
    const [first, second] = [task(), task()];
    const one = gate.run(first.run);
    const two = gate.run(second.run);
    await expect(gate.run(task().run)).rejects.toMatchObject({ code: 'BUSY' });
    first.finish('first');
    second.finish('second');
    expect(await Promise.all([one, two])).toEqual(['first', 'second']);
  });

  it('gives the place of a task that failed to the next one', async () => {
    const gate = createGate({ running: 1, waiting: 1 });
    const [first, second] = [task(), task()];
    const one = gate.run(first.run);
    const two = gate.run(second.run);
    first.fail(new Error('broken'));
    second.finish('second');
    await expect(one).rejects.toThrow('broken');
    expect(await two).toBe('second');
    expect(await gate.run(async () => 'third')).toBe('third');
  });
});
