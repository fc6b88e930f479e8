/** Ends a process without the risk that `process.exit` has. */

const GRACE_MS = 1000;

/**
 * Ends the process with an exit code as soon as nothing is left to do, and after a second whatever is left. Not at
 * once: `process.exit` waits for V8's compiling threads, which may in turn wait for a collection by the thread that
 * called it, and then the process hangs for good (https://github.com/nodejs/node/issues/54918).
 */
export function endProcess(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), GRACE_MS).unref();
}
