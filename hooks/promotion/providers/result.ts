/** Making and combining tagged results. */
import type { StagelineError } from '../../../core/errors.ts';
import type { Result } from './types.ts';

export type Refusal = Exclude<Result<never>, { status: 'success' }>;

export function success<T>(value: T): Result<T> {
  return { status: 'success', value };
}

export function failure(error: StagelineError): Refusal {
  return { status: 'failure', error };
}

/** The same result with another value. */
export function mapResult<T, U>(result: Result<T>, change: (value: T) => U): Result<U> {
  return result.status === 'success' ? success(change(result.value)) : result;
}
