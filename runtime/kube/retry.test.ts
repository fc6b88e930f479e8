import { describe, expect, it } from 'vitest';
import { backoffMs, delay, retrying, type RetryPolicy } from './retry.ts';

const policy: RetryPolicy = { tries: 4, firstMs: 100, maxMs: 300, deadlineMs: 10_000 };

async function attempt(errors: number, more: { retryAfter?: number; policy?: Partial<RetryPolicy> } = {}) {
  const waits: number[] = [];
  let calls = 0;
  const result = retrying(
    () => {
      calls += 1;
      return calls <= errors ? Promise.reject(new Error(`${calls}`)) : Promise.resolve(calls);
    },
    {
      policy: { ...policy, ...more.policy },
      random: () => 1,
      retryAfter: () => more.retryAfter ?? 0,
      sleep: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    },
  );
  return { result: await result.catch((error: Error) => `error ${error.message}`), waits };
}

describe('retrying', () => {
  it('waits twice as long each time, up to its most', async () => {
    expect(await attempt(3)).toEqual({ result: 4, waits: [100, 200, 300] });
  });

  it('gives the last error after so many tries', async () => {
    expect(await attempt(9)).toEqual({ result: 'error 4', waits: [100, 200, 300] });
  });

  it('waits as long as it is asked to, but not past its deadline', async () => {
    expect((await attempt(1, { retryAfter: 5000 })).waits).toEqual([5000]);
    expect(await attempt(1, { retryAfter: 50_000 })).toEqual({ result: 'error 1', waits: [] });
  });

  it('spreads waits over the upper half', () => {
    expect([0, 0.5, 1].map((random) => backoffMs(policy, 2, () => random))).toEqual([100, 150, 200]);
  });
});

describe('delay', () => {
  it('ends with the reason of its signal', async () => {
    const reason = new Error('stop');
    await expect(delay(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = delay(60_000, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
