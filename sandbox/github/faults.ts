/** Faults that a test makes the stand-in Git host show. */

export interface FaultPlace {
  method?: string;
  /** The request's path without its query. */
  path?: RegExp;
  /** How many requests it meets; default 1. */
  times?: number;
}

export type Fault = FaultPlace &
  (
    | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
    /** The connection breaks before or after the host has acted. */
    | { kind: 'drop'; when: 'before' | 'after' }
    /** The host acts, and its answer never comes. */
    | { kind: 'silence' }
  );

/** Takes the first fault that fits a request, and one off its times. */
export function takeFault(faults: Fault[], request: { method: string; path: string }): Fault | undefined {
  const index = faults.findIndex(
    (fault) =>
      (fault.method === undefined || fault.method === request.method) &&
      (fault.path === undefined || fault.path.test(request.path)),
  );
  const fault = faults[index];
  if (!fault) return undefined;
  const times = (fault.times ?? 1) - 1;
  if (times > 0) faults[index] = { ...fault, times };
  else faults.splice(index, 1);
  return fault;
}
