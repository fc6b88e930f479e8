/** Injection into a stream as a render does it, for tests. */
import { scanRender } from '../inject/scan.ts';
import { injectSlowly } from '../inject/slow.ts';
import type { Edit, Injection } from '../inject/types.ts';
import { streamParts } from '../write.ts';

export const COMMIT = '1234567e3';
export const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

export const INJECTION: Injection = {
  scope: 'all',
  // A bare commit like this would be read as a number.
  commitId: COMMIT,
  traceparent: TRACEPARENT,
  podTemplates: false,
  otelAttributes: undefined,
};

export interface Injected {
  output: Buffer;
  edits: Edit[];
  /** Documents that took the slow path. */
  slow: number;
  objects: number;
}

/** Injects into the bytes of a stream. */
export function inject(input: Buffer | string, injection: Partial<Injection> = {}): Injected {
  const stream = Buffer.from(input).toString('latin1');
  const whole = { ...INJECTION, ...injection };
  const scan = scanRender(stream, whole);
  const slow = scan.doubtful.map((document) => injectSlowly(stream, document, whole));
  const edits = [...scan.edits, ...slow.flatMap((result) => result.edits)].sort((a, b) => a.at - b.at);
  return {
    output: Buffer.from([...streamParts(stream, edits, '')].join(''), 'latin1'),
    edits,
    slow: scan.doubtful.length,
    objects: slow.reduce((sum, result) => sum + result.objects, scan.objects),
  };
}

/** Takes the inserted bytes out again: what is left are the renderer's own, but for what was replaced. */
export function withoutInsertions(output: Buffer, edits: readonly Edit[]): string {
  const text = output.toString('latin1');
  let result = '';
  let from = 0;
  let shift = 0;
  for (const edit of edits) {
    const at = edit.at + shift;
    result += text.slice(from, at);
    from = at + edit.insert.length;
    shift += edit.insert.length - edit.remove;
  }
  return result + text.slice(from);
}
