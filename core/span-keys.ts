/** Keys of a delivery's spans; with the trace id they give the span ids (core/trace-context.ts, spanIdOf). */
import type { PhaseName } from './plan.ts';

interface RunRef {
  operation: string;
  run: number;
}

export const spanKey = {
  delivery: (): string => 'delivery',
  attempt: (attempt: RunRef): string => `attempt/${attempt.operation}/${attempt.run}`,
  phase: (attempt: RunRef, phase: PhaseName): string =>
    `attempt/${attempt.operation}/${attempt.run}/${phase}`,
  check: (attempt: RunRef, phase: PhaseName, check: string): string =>
    `attempt/${attempt.operation}/${attempt.run}/${phase}/${check}`,
  /** One a target, whatever the attempt: a promotion happens once, unless it is made again by hand. */
  promotion: (target: string, again?: number): string =>
    again === undefined ? `promotion/${target}` : `promotion/${target}/${again}`,
  /** What the Job of a pending promotion did when it was let go. */
  resumption: (target: string, again?: number): string => `${spanKey.promotion(target, again)}/resumed`,
  rollback: (): string => 'rollback',
};
