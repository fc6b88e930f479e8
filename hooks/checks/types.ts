/** What a kind of check gets and gives. */
import type { CheckOutcome } from '../../core/outcome.ts';
import type { AttemptRecord, DeliveryRecord, Ledger } from '../../core/ledger/types.ts';
import type { CheckPhase, CheckSpec, PlannedCheck } from '../../core/plan.ts';
import type { OwnerReference } from '../../runtime/kube/types.ts';
import type { HookContext } from '../context.ts';

export interface CheckContext {
  hook: HookContext;
  check: PlannedCheck;
  phase: CheckPhase;
  /** As they are when the try begins. */
  ledger: Ledger;
  delivery: DeliveryRecord;
  attempt: AttemptRecord;
  /** Context of the check's span. */
  traceparent: string;
  /** 1 for the first try. */
  tryNumber: number;
  /** Aborted with `CheckTimeout` when the try's time is over, or with the hook's own reason. */
  signal: AbortSignal;
  /** The hook Job, as owner of what the check makes; undefined if it cannot be found. */
  owner: () => Promise<OwnerReference | undefined>;
}

export type SpecOf<K extends CheckSpec['kind']> = Extract<CheckSpec, { kind: K }>;

/** Runs one try. What it throws makes the check `errored`. */
export type CheckRunner<K extends CheckSpec['kind']> = (
  spec: SpecOf<K>,
  context: CheckContext,
) => Promise<CheckOutcome>;

/** The reason of a signal whose check has used up its time. */
export class CheckTimeout extends Error {
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`it took longer than ${timeoutMs} ms`);
    this.name = 'CheckTimeout';
    this.timeoutMs = timeoutMs;
  }
}

/** Whether the try has used up its time. */
export function isTimedOut(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof CheckTimeout;
}
