/** Reads objects of a repository by one long-lived `git cat-file --batch`. */
import { spawn } from 'node:child_process';
import { StagelineError } from '../core/errors.ts';
import { gitArguments, gitEnvironment, type GitOptions } from './git.ts';

export interface GitObject {
  type: string;
  bytes: Buffer;
}

export interface ObjectReader {
  /** Undefined if it is not here. Objects that come later are found. Errors: `GIT_FAILED`. */
  read(id: string): Promise<GitObject | undefined>;
  close(): Promise<void>;
}

export interface TreeEntry {
  mode: string;
  type: 'blob' | 'tree' | 'commit';
  id: string;
}

interface Asked {
  resolve: (object: GitObject | undefined) => void;
  reject: (error: unknown) => void;
}

/** Git starts with the first read. */
export function openObjectReader(
  options: GitOptions & { gitDir: string; signal: AbortSignal },
): ObjectReader {
  let batch: ObjectReader | undefined;
  return {
    read: async (id) => (batch ??= startBatch(options)).read(id),
    close: async () => batch?.close(),
  };
}

function startBatch(options: GitOptions & { gitDir: string; signal: AbortSignal }): ObjectReader {
  const { signal, gitDir } = options;
  const child = spawn('git', gitArguments(['cat-file', '--batch'], options), {
    cwd: gitDir,
    env: gitEnvironment(options),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const asked: Asked[] = [];
  let taken: Buffer = Buffer.alloc(0);
  let ended: unknown;
  const stop = (): void => void child.kill();
  const end = (problem: string): void => {
    signal.removeEventListener('abort', stop);
    ended ??= signal.aborted ? signal.reason : readerEnded(problem);
    for (const one of asked.splice(0)) one.reject(ended);
  };
  const closed = new Promise<void>((resolve) => {
    child.on('close', (code, by) => resolve(end(by ?? `exit code ${code}`)));
    child.on('error', (error) => resolve(end(error.message)));
  });
  signal.addEventListener('abort', stop, { once: true });
  // Its end is told by `close`.
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => {
    taken = Buffer.concat([taken, chunk]);
    for (let answer = takeAnswer(taken); answer; answer = takeAnswer(taken)) {
      taken = taken.subarray(answer.length);
      asked.shift()?.resolve(answer.object);
    }
  });
  return {
    read: (id) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended);
          return;
        }
        asked.push({ resolve, reject });
        child.stdin.write(`${id}\n`);
      }),
    async close() {
      child.stdin.end();
      await closed;
    },
  };
}

function readerEnded(problem: string): StagelineError {
  return new StagelineError(`git cat-file ended: ${problem}`, {
    code: 'GIT_FAILED',
    hint: 'See the memory limit of the container; Argo CD’s retry tries again',
    blame: 'system',
  });
}

/** `<id> <type> <size>`, the bytes, and a line break; or `<id> missing`. Undefined until all of it is here. */
function takeAnswer(taken: Buffer): { length: number; object: GitObject | undefined } | undefined {
  const lineEnd = taken.indexOf(0x0a);
  if (lineEnd < 0) return undefined;
  const [, type = '', size] = taken.toString('latin1', 0, lineEnd).split(' ');
  const begin = lineEnd + 1;
  if (size === undefined) return { length: begin, object: undefined };
  const end = begin + Number(size);
  if (taken.length <= end) return undefined;
  return { length: end + 1, object: { type, bytes: Buffer.from(taken.subarray(begin, end)) } };
}

/** A tree object's entries by name: `<mode> <name>`, a zero byte, and the id in bytes, one after the other. */
export function parseTree(bytes: Buffer, idBytes = 20): Map<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  for (let at = 0; at < bytes.length;) {
    const zero = bytes.indexOf(0, at);
    const space = bytes.indexOf(0x20, at);
    const mode = bytes.toString('latin1', at, space).padStart(6, '0');
    const end = zero + 1 + idBytes;
    entries.set(bytes.toString('utf8', space + 1, zero), {
      mode,
      type: mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob',
      id: bytes.toString('hex', zero + 1, end),
    });
    at = end;
  }
  return entries;
}
