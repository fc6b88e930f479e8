/** The waits that Kubernetes has fixed values for; tests and impatient callers can shorten them. */
export interface Timings {
  /** Before a Job's second Pod; doubles with each failure. */
  jobBackoffMs: number;
  maxJobBackoffMs: number;
  /** Before a container's second restart (the first is at once); doubles with each. */
  crashBackoffMs: number;
  maxCrashBackoffMs: number;
  /** What processes get between SIGTERM and SIGKILL when the stand-in itself ends. */
  closeGraceMs: number;
}

/** Kubernetes' own values, and a second at the end. */
export const kubernetesTimings: Timings = {
  jobBackoffMs: 10_000,
  maxJobBackoffMs: 600_000,
  crashBackoffMs: 10_000,
  maxCrashBackoffMs: 300_000,
  closeGraceMs: 1000,
};

/** The wait after the `count`th failure in a row, counted from 1. */
export function backoff(count: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.max(0, count - 1));
}

/** Seconds precision, as Kubernetes writes times. */
export function timestamp(at: Date): string {
  return at.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
