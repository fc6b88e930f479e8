/** Trying again, within bounds: exponential backoff with jitter, or what the server asked for. */

export interface RetryPolicy {
  /** Tries in all. */
  tries: number;
  /** Wait before the second try; doubled each time. */
  firstMs: number;
  maxMs: number;
  /** No try begins later than this after the first. */
  deadlineMs: number;
}

export interface RetryOptions {
  policy: RetryPolicy;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to 1. */
  random: () => number;
  signal?: AbortSignal;
  /** Milliseconds to wait at least before the next try, or undefined if the error is final. */
  retryAfter: (error: unknown) => number | undefined;
}

/** Calls until it succeeds, the error is final, or the policy's bounds are reached; then the last error is thrown. */
export async function retrying<T>(call: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { policy } = options;
  let waited = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const asked = options.retryAfter(error);
      if (asked === undefined || attempt >= policy.tries) throw error;
      const wait = Math.max(asked, backoffMs(policy, attempt, options.random));
      if (waited + wait > policy.deadlineMs) throw error;
      await options.sleep(wait, options.signal);
      waited += wait;
    }
  }
}

/** Full jitter over the upper half: between 50 and 100 % of the doubled wait. `attempt` counts from 1. */
export function backoffMs(
  policy: Pick<RetryPolicy, 'firstMs' | 'maxMs'>,
  attempt: number,
  random: () => number,
): number {
  const full = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(full * (0.5 + random() / 2));
}

/** Resolves after `ms`; rejects with the signal's reason when it is aborted. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
