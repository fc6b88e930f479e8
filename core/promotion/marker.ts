/** What a pull request of ours says to programs: a comment that no page shows. */

export interface PullRequestMarker {
  pipeline: string;
  target: string;
  /** Freight id. */
  freight: string;
  /** When the delivery that promotes it was opened, RFC 3339: tells an older freight from a newer one. */
  openedAt: string;
  traceparent: string;
}

const FIELDS = ['pipeline', 'target', 'freight', 'openedAt', 'traceparent'] as const;
const MARKER = /<!-- stageline (\{.*?\}) -->/g;

export function formatMarker(marker: PullRequestMarker): string {
  // Two dashes would end the comment in some readers' eyes.
  return `<!-- stageline ${JSON.stringify(marker).replaceAll('--', '-\\u002d')} -->`;
}

/** The marker in a description; undefined if it has none, or one that people have changed. */
export function parseMarker(body: string): PullRequestMarker | undefined {
  // Ours is the last line: what stands above may quote a commit or a check whose author wrote one too.
  const text = [...body.matchAll(MARKER)].at(-1)?.[1];
  if (text === undefined) return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    // Somebody edited it: it is no marker any more.
    return undefined;
  }
  if (typeof raw !== 'object' || raw === null) return undefined;
  const known = raw as Record<string, unknown>;
  const [pipeline, target, freight, openedAt, traceparent] = FIELDS.map((field) => known[field]);
  if (
    typeof pipeline !== 'string' ||
    typeof target !== 'string' ||
    typeof freight !== 'string' ||
    typeof openedAt !== 'string' ||
    typeof traceparent !== 'string'
  )
    return undefined;
  return { pipeline, target, freight, openedAt, traceparent };
}
