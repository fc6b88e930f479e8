/** What becomes of a check. */
import type { StagelineError } from './errors.ts';

/** What became of one objective of an analysis. */
export interface ObjectiveOutcome {
  name: string;
  status: 'pass' | 'warning' | 'fail' | 'info';
  /** Missing where there was no value. */
  value?: number;
  /** What it was held against, as the pipeline file writes it: `<=+10% or <0.6`. */
  target?: string;
  /** The query, or the figure and load test that it is of. */
  query: string;
  /** RFC 3339; missing where it is not known. */
  sampledAt?: string;
  /** Why it did not pass. */
  reason?: string;
}

/** Figures of a load test, in base units: seconds, ratios, requests a second, counts. */
export type Figures = Record<string, number>;

/**
 * `errored` is ours to fix (network, setup) and is tried again; `failed` is the version's fault and final
 * for the attempt. `value` is in the base unit of its target.
 */
export type CheckOutcome =
  | ({ status: 'passed' | 'warning' | 'failed'; message: string } & Measured)
  | { status: 'errored'; error: StagelineError; value?: number; target?: string };

interface Measured {
  value?: number;
  target?: string;
  figures?: Figures;
  objectives?: ObjectiveOutcome[];
}
