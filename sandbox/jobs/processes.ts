/**
 * Local processes in groups of their own. A group is ended by its id, never by a name; whatever is still running when
 * this process exits is killed then, as the last resort.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';

export interface StartOptions {
  argv: readonly string[];
  env: Record<string, string>;
  cwd: string;
  onOutput: (chunk: Buffer, stream: 'stdout' | 'stderr') => void;
}

/** How a process ended. `signal` is the number of the signal that ended it, 0 for none. */
export type Exit =
  | { kind: 'exited'; exitCode: number; signal: number }
  | { kind: 'not-started'; message: string };

export interface RunningProcess {
  pid: number | undefined;
  exited: Promise<Exit>;
  /** SIGTERM to the process itself, as a container's first process gets it. */
  terminate(): void;
  /** SIGKILL to the whole group. */
  kill(): void;
}

/** How long the output of an ended process may take to arrive. */
const drainMs = 1000;

const running = new Set<number>();

let lastResort = false;

/** Starts a process. When it ends, the rest of its group is killed, as a container ends with its first process. */
export function startProcess(options: StartOptions): RunningProcess {
  killAllAtExit();
  const [file = '', ...args] = options.argv;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  child.stdout.on('data', (chunk: Buffer) => options.onOutput(chunk, 'stdout'));
  child.stderr.on('data', (chunk: Buffer) => options.onOutput(chunk, 'stderr'));
  return {
    pid,
    exited: exitOf(child, options.argv),
    terminate: () => pid !== undefined && running.has(pid) && child.kill('SIGTERM'),
    kill: () => pid !== undefined && running.has(pid) && signalGroup(pid, 'SIGKILL'),
  };
}

function killAllAtExit(): void {
  if (lastResort) return;
  lastResort = true;
  process.on('exit', () => {
    for (const pid of running) signalGroup(pid, 'SIGKILL');
  });
}

function exitOf(child: ChildProcess, argv: readonly string[]): Promise<Exit> {
  let drain: NodeJS.Timeout | undefined;
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not-started', message: `${argv[0]}: ${error.message}` }));
    child.once('exit', () => {
      const { pid } = child;
      // Children that it left behind hold the output open; they go as a container's other processes go.
      if (pid !== undefined) signalGroup(pid, 'SIGKILL');
      // One that left the group cannot be found; its output is no longer listened to.
      drain = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, drainMs);
    });
    child.once('close', (code, signal) => {
      clearTimeout(drain);
      if (child.pid === undefined) return;
      running.delete(child.pid);
      const number = signal === null ? 0 : signalNumber(signal);
      resolve({ kind: 'exited', exitCode: code ?? 128 + number, signal: number });
    });
  });
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM');
}

function signalNumber(signal: NodeJS.Signals): number {
  return constants.signals[signal];
}
