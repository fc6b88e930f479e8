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
  /** One a target, whatever the attempt: a promotion happens once. */
  promotion: (target: string): string => `promotion/${target}`,
};
