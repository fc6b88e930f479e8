/** Writes the finished stream, all of it or an error: only here does anything reach stdout. */
import { writeSync } from 'node:fs';
import { StagelineError, messageOf } from '../core/errors.ts';
import type { Edit } from './inject/types.ts';

const CHUNK_BYTES = 1024 * 1024;
const FULL_PIPE_WAIT_MS = 2;

/** The parts of a stream with its edits, in order. */
export function* streamParts(stream: string, edits: readonly Edit[], appended: string): Generator<string> {
  let from = 0;
  for (const edit of edits) {
    yield stream.slice(from, edit.at);
    yield edit.insert;
    from = edit.at + edit.remove;
  }
  yield stream.slice(from);
  if (appended === '') return;
  if (stream !== '' && !stream.endsWith('\n')) yield '\n';
  yield Buffer.from(appended, 'utf8').toString('latin1');
}

/** Writes latin1 parts to a file descriptor in large pieces. Errors: `OUTPUT_CLOSED`, `OUTPUT_FAILED`. */
export function writeParts(fd: number, parts: Iterable<string>): void {
  let waiting: string[] = [];
  let length = 0;
  for (const part of parts) {
    waiting.push(part);
    length += part.length;
    if (length < CHUNK_BYTES) continue;
    writeAll(fd, Buffer.from(waiting.join(''), 'latin1'));
    waiting = [];
    length = 0;
  }
  writeAll(fd, Buffer.from(waiting.join(''), 'latin1'));
}

function writeAll(fd: number, buffer: Buffer): void {
  let written = 0;
  while (written < buffer.length) {
    try {
      written += writeSync(fd, buffer, written, buffer.length - written);
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw outputFailed(error);
      // A pipe that was made non-blocking and is full; there is nothing else to do meanwhile.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_WAIT_MS);
    }
  }
}

function outputFailed(cause: unknown): StagelineError {
  if (codeOf(cause) === 'EPIPE') {
    return new StagelineError('stdout was closed before the render was written', {
      code: 'OUTPUT_CLOSED',
      hint: 'Read stdout to its end',
      blame: 'system',
      cause,
    });
  }
  return new StagelineError(`the render cannot be written to stdout: ${messageOf(cause)}`, {
    code: 'OUTPUT_FAILED',
    hint: 'Make room where stdout goes to',
    blame: 'system',
    cause,
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
