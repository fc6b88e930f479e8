/**
 * Bounds how many renders run at once in one sidecar, and who works on a shared cache. Each plugin call is a process
 * of its own, so that the bound is held by abstract Unix sockets: one process at a time can listen on a name, and the
 * kernel frees it however the process ends.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { totalmem } from 'node:os';
import { fnv1a } from '../core/fnv1a.ts';

/** What one render may take at most in usual cases: our process and Helm, each with a render of several MB. */
const MEMORY_A_RENDER = 200 * 1024 * 1024;
const MAX_DEFAULT_SLOTS = 16;
const WAIT_MS = 20;

/** Renders at once that a memory limit has room for. */
export function defaultSlots(limitBytes: number): number {
  return Math.max(1, Math.min(MAX_DEFAULT_SLOTS, Math.floor(limitBytes / MEMORY_A_RENDER)));
}

/** The container's memory limit, or the machine's memory. */
export function memoryLimit(): number {
  for (const file of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    try {
      const limit = Number(readFileSync(file, 'utf8').trim());
      if (Number.isSafeInteger(limit) && limit > 0) return Math.min(limit, totalmem());
    } catch {
      // Not this version of cgroups.
    }
  }
  return totalmem();
}

/** Waits for one of `count` slots and gives the function that frees it. `signal` bounds the waiting. */
export async function takeSlot(
  count: number,
  signal: AbortSignal,
  onWait: () => void = () => undefined,
): Promise<() => void> {
  return take(
    Array.from({ length: count }, (_, index) => `render-${index}`),
    signal,
    onWait,
  );
}

/** Runs work that must not run twice at once on this machine. */
export async function withLock<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const free = await take([`lock-${fnv1a(name)}${fnv1a(`${name}.`)}`], signal, () => undefined);
  try {
    return await work();
  } finally {
    free();
  }
}

async function take(names: readonly string[], signal: AbortSignal, onWait: () => void): Promise<() => void> {
  // Elsewhere there are no abstract sockets, and no sidecar either.
  if (process.platform !== 'linux') return () => undefined;
  for (;;) {
    signal.throwIfAborted();
    for (const name of names) {
      const server = await tryListen(`\0stageline-${process.getuid?.() ?? 0}-${name}`);
      if (server) return () => server.close();
    }
    onWait();
    await pause(WAIT_MS + Math.floor(Math.random() * WAIT_MS), signal);
  }
}

function tryListen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ path }, () => {
      server.unref();
      resolve(server);
    });
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
