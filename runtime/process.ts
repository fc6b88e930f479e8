/** Running programs: bounded in time, killed with their whole group, output in memory or in a file. */
import { spawn } from 'node:child_process';
import { StagelineError } from '../core/errors.ts';

export interface RunOptions {
  cwd?: string;
  /** The whole environment of the child; nothing is inherited. */
  env: NodeJS.ProcessEnv;
  input?: string | Buffer;
  timeoutMs?: number;
  signal?: AbortSignal;
  /**
   * Own process group, killed as a whole; default true. False keeps the child in the caller's group, for callers whose
   * group is killed by others: then only the child itself is killed here.
   */
  detached?: boolean;
  /** File descriptor that takes stdout in place of memory. */
  stdoutFd?: number;
  /** Longest stdout and stderr kept, each; more stdout is an error. Default 256 MiB. */
  maxBytes?: number;
}

export interface RunResult {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
  timedOut: boolean;
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const MAX_STDERR_BYTES = 64 * 1024;
const KILL_GRACE_MS = 2000;

/**
 * Runs a program in its own process group and waits for its end. Its exit code is the caller's business;
 * errors are only `PROGRAM_MISSING`, `OUTPUT_TOO_LARGE` and what `signal` aborts with.
 */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      detached: options.detached ?? true,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', options.stdoutFd ?? 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let outBytes = 0;
    let errBytes = 0;
    let failure: unknown;
    let timedOut = false;
    let killTimer: NodeJS.Timeout | undefined;
    const kill = (signal: NodeJS.Signals): void => {
      if (options.detached ?? true) killGroup(child.pid, signal);
      else child.kill(signal);
    };
    let exited = false;
    let stopped = false;
    // What the child left behind may hold its pipes open for as long as it likes.
    const letGo = (): void => {
      if (!exited || !stopped) return;
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const stop = (): void => {
      stopped = true;
      letGo();
      kill('SIGTERM');
      killTimer ??= setTimeout(() => kill('SIGKILL'), KILL_GRACE_MS);
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            stop();
          }, options.timeoutMs);
    const onAbort = (): void => {
      failure ??= options.signal?.reason;
      stop();
    };
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      outBytes += chunk.length;
      if (outBytes > (options.maxBytes ?? DEFAULT_MAX_BYTES)) {
        failure ??= tooLarge(program, options.maxBytes ?? DEFAULT_MAX_BYTES);
        stop();
      } else out.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (errBytes < MAX_STDERR_BYTES) err.push(chunk);
      errBytes += chunk.length;
    });
    // A child that ends without reading its input breaks the pipe; its exit code tells the story.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      options.signal?.removeEventListener('abort', onAbort);
      finish();
    };
    child.on('error', (cause) => settle(() => reject(missing(program, cause))));
    child.on('exit', () => {
      exited = true;
      letGo();
    });
    child.on('close', (exitCode, signal) =>
      settle(() => {
        if (failure !== undefined) reject(failure);
        else
          resolve({
            exitCode,
            signal,
            stdout: Buffer.concat(out),
            stderr: Buffer.concat(err).toString('utf8'),
            timedOut,
          });
      }),
    );
  });
}

/** Sends a signal to a process group that may be gone already. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function missing(program: string, cause: Error): StagelineError {
  return new StagelineError(`cannot start ${program}: ${cause.message}`, {
    code: 'PROGRAM_MISSING',
    hint: `Install ${program} or put it on PATH`,
    blame: 'setup',
    cause,
  });
}

/** The error of a program that prints too much. */
export function tooLarge(program: string, limit: number): StagelineError {
  return new StagelineError(`${program} printed more than ${Math.round(limit / 1024 / 1024)} MiB`, {
    code: 'OUTPUT_TOO_LARGE',
    hint: 'Split the application into smaller ones',
  });
}
