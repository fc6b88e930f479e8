/**
 * A program that generate.sh started before this process was up, on the guess that this render will start what the
 * application's last one did. Its output counts only if the guess was right: then it is the same program with the
 * same arguments, variables and folder, and only earlier.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { tooLarge, type RunResult } from '../runtime/process.ts';

/** A program as it would be started now. */
export interface Command {
  program: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}

interface Bounds {
  signal: AbortSignal;
  /** Longest output. */
  maxBytes: number;
}

export interface HeadStart {
  /**
   * What the running program prints, if it is this very command; undefined if there is none, or it is another, which
   * is ended then. An exit code other than 0 says nothing of why: its stderr is not kept.
   */
  take(command: Command, bounds: Bounds): Promise<RunResult> | undefined;
  /** Ends the running program unless it was taken, and waits for its end. */
  drop(): Promise<void>;
  /** Says what to start next time; only for a command without secrets, since it is kept in a file. */
  wish(command: Command): void;
  /** What to write for the next time, or undefined if there is nothing new. */
  note(): { file: string; text: string } | undefined;
}

/** Between the words of a command in the variable: no shell and no path has it. */
const SEPARATOR = '\u001f';
/** A variable of the environment has at most 128 KiB. */
const MAX_NOTE_BYTES = 100_000;
/** The number of the process, the exit code and what stands between. */
const MAX_EXTRA_BYTES = 32;
/** What the program left behind may hold the pipe open for as long as it likes. */
const LET_GO_MS = 500;

/** Takes over what generate.sh left in the environment and on stdin. `folder` is where it finds notes and turns. */
export function takeHeadStart(folder: string, env: NodeJS.ProcessEnv): HeadStart {
  const started = env['STAGELINE_HEAD_START'];
  delete env['STAGELINE_HEAD_START'];
  const path = env['ARGOCD_APP_SOURCE_PATH']?.replaceAll('/', '+');
  const file = join(folder, `${env['ARGOCD_APP_NAME']}@${path}`);
  let running =
    started === undefined ? undefined : readStdin(() => rmSync(join(folder, 'turn'), { force: true }));
  let ending: Promise<void> | undefined;
  let wished: string | undefined;
  const drop = async (): Promise<void> => {
    ending ??= running?.end();
    running = undefined;
    await ending;
  };
  return {
    drop,
    take: (command, bounds) => {
      if (running === undefined || wordsOf(command) !== started) {
        void drop();
        return undefined;
      }
      const taken = running;
      running = undefined;
      return taken.result(bounds);
    },
    wish: (command) => {
      wished = wordsOf(command);
    },
    note: () => {
      if (wished === started) return undefined;
      if (wished !== undefined) return { file, text: `${wished.replaceAll(SEPARATOR, '\0')}\0` };
      // It was started in vain, and would be again.
      rmSync(file, { force: true });
      return undefined;
    },
  };
}

/** A command as `env -i` takes it. Undefined if it cannot be handed over: another folder, odd characters, its length. */
function wordsOf({ program, args, cwd, env }: Command): string | undefined {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const words = [...variables, program, ...args];
  const isOdd =
    words.some((word) => word.includes('\0') || word.includes(SEPARATOR)) || program.includes('=');
  const text = words.join(SEPARATOR);
  return isOdd || Buffer.byteLength(text) > MAX_NOTE_BYTES || cwd !== process.cwd() ? undefined : text;
}

interface Running {
  result(bounds: Bounds): Promise<RunResult>;
  /** Kills it and waits for its end. */
  end(): Promise<void>;
}

/** What stands behind stdin: the number of a process, a newline, the program's output, a zero byte, its exit code. */
function readStdin(onEnd: () => void): Running {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let pid: number | undefined;
  let letGo: NodeJS.Timeout | undefined;
  const stop = (): void => {
    letGo ??= setTimeout(() => process.stdin.destroy(), LET_GO_MS);
    chunks.length = 0;
    if (pid) killQuietly(pid);
  };
  const read = (onBytes: (count: number) => void): Promise<void> =>
    new Promise((resolve) => {
      process.stdin.on('data', (chunk: Buffer) => {
        // The number was written at once, and so it is read at once.
        pid ??= Number(/^\d+/.exec(chunk.toString('latin1', 0, 16))?.[0]);
        if (letGo) return stop();
        chunks.push(chunk);
        bytes += chunk.length;
        onBytes(bytes);
      });
      process.stdin.on('error', stop);
      process.stdin.on('close', () => {
        clearTimeout(letGo);
        onEnd();
        resolve();
      });
    });
  return {
    end: () => {
      stop();
      return read(() => undefined);
    },
    result: async ({ signal, maxBytes }) => {
      let failure: unknown;
      const onAbort = (): void => {
        failure ??= signal.reason;
        stop();
      };
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      await read((count) => {
        if (count <= maxBytes + MAX_EXTRA_BYTES) return;
        failure ??= tooLarge('helm', maxBytes);
        stop();
      });
      signal.removeEventListener('abort', onAbort);
      if (failure !== undefined) throw failure;
      const result = resultIn(Buffer.concat(chunks));
      if (result.stdout.length > maxBytes) throw tooLarge('helm', maxBytes);
      return result;
    },
  };
}

function resultIn(all: Buffer): RunResult {
  const from = all.indexOf('\n') + 1;
  const to = Math.max(from, all.lastIndexOf(0));
  const code = all.toString('latin1', to + 1);
  return {
    exitCode: /^\d+$/.test(code) ? Number(code) : null,
    signal: null,
    stdout: all.subarray(from, to),
    stderr: '',
    timedOut: false,
  };
}

/** The process may be gone already. */
function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
