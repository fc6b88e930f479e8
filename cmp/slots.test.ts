import { describe, expect, it } from 'vitest';
import { defaultSlots, withLock } from './slots.ts';

const MIB = 1024 * 1024;

describe('the bound of renders at once', () => {
  it.each([
    [64, 1],
    [512, 2],
    [1024, 5],
    [1024 * 1024, 16],
  ])('has room for what fits into %i MiB', (mib, slots) => {
    expect(defaultSlots(mib * MIB)).toBe(slots);
  });
});

describe('a lock', () => {
  it('lets one at a time work', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((done) => setImmediate(done));
      inside -= 1;
    };
    const signal = new AbortController().signal;
    await Promise.all(Array.from({ length: 5 }, () => withLock('test', signal, work)));
    expect(most).toBe(1);
  });

  it('is freed when the work fails', async () => {
    const signal = AbortSignal.timeout(30_000);
    await expect(withLock('failing', signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(withLock('failing', signal, () => Promise.resolve('yes'))).resolves.toBe('yes');
  });
});
