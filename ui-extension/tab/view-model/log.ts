/** Lines of Argo CD's logs API: one JSON object a line, `{"result":{"content":…}}`, errors among them. */
import { isRecord, text } from './text.ts';

const LINES_SHOWN = 1000;
const LINE_LIMIT = 2000;

/** The log's lines, the newest last, at most 1,000; a line that is no result is left out. */
export function logLines(body: string): string[] {
  const lines = body.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    const entry = lineOf(line);
    return entry === undefined ? [] : [entry];
  });
  return lines.slice(-LINES_SHOWN);
}

function lineOf(line: string): string | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(line.startsWith('data:') ? line.slice('data:'.length) : line);
  } catch {
    // A line that was cut off by the size limit.
    return undefined;
  }
  if (!isRecord(raw)) return undefined;
  if (isRecord(raw['error'])) return `Argo CD: ${text(raw['error']['message'], LINE_LIMIT)}`;
  const result = raw['result'];
  if (!isRecord(result) || result['last'] === true) return undefined;
  return text(result['content'], LINE_LIMIT);
}
