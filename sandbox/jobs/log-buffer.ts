/** A container's output, line by line with its time, bounded: the newest mebibyte is kept. */
import { StringDecoder } from 'node:string_decoder';
import type { ContainerLog, LogLine } from '../kube/index.ts';

const maxBytes = 1024 * 1024;
/** A longer line is cut into lines of this size. */
const maxLineBytes = 64 * 1024;

export interface LogBuffer extends ContainerLog {
  append(chunk: Buffer, stream: 'stdout' | 'stderr'): void;
  /** No more output comes; a last line without its break is taken. */
  end(): void;
}

/** An empty log. `onLine` is told every line, for copies elsewhere. */
export function createLogBuffer(
  now: () => Date,
  onLine: (line: LogLine) => void = () => undefined,
): LogBuffer {
  const lines: LogLine[] = [];
  const followers = new Set<{ onLine: (line: LogLine) => void; onEnd: () => void }>();
  const partial = { stdout: decoder(), stderr: decoder() };
  const clock = nanoClock(now);
  let bytes = 0;
  let ended = false;

  function add(text: string): void {
    const line = { time: clock(), text };
    lines.push(line);
    bytes += text.length;
    while (bytes > maxBytes && lines.length > 1) bytes -= lines.shift()?.text.length ?? 0;
    onLine(line);
    for (const follower of followers) follower.onLine(line);
  }

  return {
    lines: () => lines.slice(),
    follow(each, onEnd) {
      if (ended) {
        onEnd();
        return () => undefined;
      }
      const follower = { onLine: each, onEnd };
      followers.add(follower);
      return () => followers.delete(follower);
    },
    append(chunk, stream) {
      for (const text of partial[stream].take(chunk)) add(text);
    },
    end() {
      if (ended) return;
      for (const stream of [partial.stdout, partial.stderr]) for (const text of stream.rest()) add(text);
      ended = true;
      for (const follower of followers) follower.onEnd();
      followers.clear();
    },
  };
}

/** Cuts a byte stream into lines; characters that are split over chunks come out whole. */
function decoder(): { take(chunk: Buffer): string[]; rest(): string[] } {
  const utf8 = new StringDecoder('utf8');
  let rest = '';
  return {
    take(chunk) {
      const parts = (rest + utf8.write(chunk)).split('\n');
      rest = parts.pop() ?? '';
      while (rest.length > maxLineBytes) {
        parts.push(rest.slice(0, maxLineBytes));
        rest = rest.slice(maxLineBytes);
      }
      return parts.map((text) => text.replace(/\r$/, ''));
    },
    rest() {
      const last = rest + utf8.end();
      rest = '';
      return last === '' ? [] : [last];
    },
  };
}

/** RFC 3339 with nanoseconds: the last six digits count the lines of one millisecond, so that times keep the order. */
function nanoClock(now: () => Date): () => string {
  let previous = '';
  let count = 0;
  return () => {
    const at = now().toISOString().slice(0, -1);
    count = at === previous ? count + 1 : 1;
    previous = at;
    return `${at}${String(count).padStart(6, '0')}Z`;
  };
}
