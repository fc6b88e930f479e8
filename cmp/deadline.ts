/** The end of a render: by its own deadline, or by a signal. One AbortSignal stops every child. */
import { readFileSync } from 'node:fs';
import { StagelineError } from '../core/errors.ts';

export interface Deadline {
  signal: AbortSignal;
  /** Stops the clock and the listening, so that the process can end. */
  close(): void;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Starts the clock. `signal` aborts with `DEADLINE` or `TERMINATED`. */
export function startDeadline(ms: number): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(late(ms)), ms);
  const onSignal = (signal: NodeJS.Signals): void => controller.abort(terminated(signal));
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    close: () => {
      clearTimeout(timer);
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

/**
 * Whether this process leads its group, or generate.sh does. argocd-cmp-server starts plugins so, and kills the group
 * when the caller's deadline is over: children must then stay in it. At a terminal they get groups of their own.
 */
export function leadsItsGroup(): boolean {
  try {
    // Field 5 of /proc/self/stat, counted after the program's name, which may hold spaces.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
    return group === process.pid || group === Number(process.env['STAGELINE_GROUP']);
  } catch {
    // No /proc: not the sidecar's Linux.
    return false;
  }
}

function late(ms: number): StagelineError {
  return new StagelineError(`the render took longer than ${ms / 1000} s`, {
    code: 'DEADLINE',
    hint: 'See which part is slow with "stageline render"; STAGELINE_DEADLINE in the sidecar sets the limit',
    blame: 'system',
  });
}

function terminated(signal: string): StagelineError {
  return new StagelineError(`the render was stopped by ${signal}`, {
    code: 'TERMINATED',
    hint: 'Refresh the application',
    blame: 'system',
  });
}
