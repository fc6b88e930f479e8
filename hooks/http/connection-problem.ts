/** Why a connection failed, in words. */
import { messageOf } from '../../core/errors.ts';

/** An AggregateError of several addresses says nothing by itself. */
export function connectionProblem(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return messageOf(error) || 'the connection failed';
}
