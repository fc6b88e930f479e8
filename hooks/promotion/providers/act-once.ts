/** Making an act exactly once at a host that may answer late, twice, or not at all. */
import { success } from './result.ts';
import type { ProviderOptions, Result } from './types.ts';

export interface OnceOptions extends Pick<ProviderOptions, 'now' | 'sleep' | 'signal'> {
  /** Milliseconds from now; no try begins later. */
  deadlineMs: number;
}

/**
 * Looks for the act's outcome, acts if there is none, and after every doubtful answer waits and looks again. At the
 * deadline the last result is the answer.
 */
export async function actOnce<T>(
  find: () => Promise<Result<T | undefined>>,
  act: () => Promise<Result<T>>,
  options: OnceOptions,
): Promise<Result<T>> {
  const end = options.now() + options.deadlineMs;
  for (;;) {
    const found = await find();
    if (found.status === 'success' && found.value !== undefined) return success(found.value);
    const result = found.status === 'success' ? await act() : found;
    if (result.status !== 'retryable' || options.now() + result.retryAfterMs > end) return result;
    await options.sleep(result.retryAfterMs, options.signal);
  }
}
