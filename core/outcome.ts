/** What becomes of a check. */
import type { StagelineError } from './errors.ts';

/** Figures of a load test, in base units: seconds, ratios, requests a second, counts. */
export type Figures = Record<string, number>;

/**
 * `errored` is ours to fix (network, setup) and is tried again; `failed` is the version's fault and final
 * for the attempt. `value` is in the base unit of its target.
 */
export type CheckOutcome =
  | { status: 'passed'; message: string; value?: number; target?: string; figures?: Figures }
  | { status: 'warning' | 'failed'; message: string; value?: number; target?: string; figures?: Figures }
  | { status: 'errored'; error: StagelineError; value?: number; target?: string };
