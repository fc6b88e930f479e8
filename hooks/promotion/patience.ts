/** Waiting for a Git host that is down for a minute. */
import { StagelineError } from '../../core/errors.ts';
import { retrying } from '../../runtime/kube/retry.ts';
import type { PromotionTools } from './order.ts';

const PATIENCE = { tries: 12, firstMs: 500, maxMs: 15_000, deadlineMs: 100_000 };

/** Calls again, with growing and jittered waits, while the error is `GIT_UNREACHABLE`. */
export function patiently<T>(tools: PromotionTools, work: () => Promise<T>): Promise<T> {
  return retrying(work, {
    policy: PATIENCE,
    sleep: tools.sleep,
    random: tools.random,
    signal: tools.signal,
    retryAfter: (error) =>
      error instanceof StagelineError && error.code === 'GIT_UNREACHABLE' ? 0 : undefined,
  });
}
