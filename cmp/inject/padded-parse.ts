/**
 * Parsing with go-yaml's leniency: quoted texts and braces may go on at any indent, the margin included. The parser at
 * hand wants such lines deeper than their key, so that spaces are put before them where it complains. White space
 * there means nothing in YAML; in what is written the spaces are not.
 */
import { parseDocument, type Document, type YAMLParseError } from 'yaml';
import type { Edit } from './types.ts';

/** Spaces before a line of the original text. */
export interface Padding {
  at: number;
  length: number;
}

const OPTIONS = {
  schema: 'failsafe',
  uniqueKeys: false,
  strict: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/** Deeper than the keys of real manifests. */
const DEPTH = 64;
const MAX_ROUNDS = 200;

/** Parses one document; errors that padding cannot mend are left in it. Offsets are those of the padded text. */
export function parsePadded(original: string): {
  document: Document.Parsed;
  text: string;
  padding: Padding[];
} {
  const padding: Padding[] = [];
  let text = original;
  for (let round = 0; ; round += 1) {
    const document = parseDocument(text, OPTIONS);
    document.errors.sort((a, b) => a.pos[0] - b.pos[0]);
    const error = document.errors[0];
    const starts = error && round < MAX_ROUNDS ? linesToPad(text, error) : [];
    if (starts.length === 0) return { document, text, padding };
    for (const start of starts.reverse()) {
      padding.push({ at: originalOffset(padding, start), length: DEPTH });
      text = `${text.slice(0, start)}${' '.repeat(DEPTH)}${text.slice(start)}`;
    }
  }
}

/** Beginnings of the lines that must be deeper for one error to go away. */
function linesToPad(text: string, error: YAMLParseError): number[] {
  if (error.code === 'BAD_INDENT') return [text.lastIndexOf('\n', error.pos[0] - 1) + 1];
  if (error.code !== 'MISSING_CHAR') return [];
  const quote = /closing (["'])quote/.exec(error.message)?.[1];
  const rest = quote === '"' ? /^(?:[^"\\]|\\[^])*"/ : quote === "'" ? /^(?:[^']|'')*'/ : undefined;
  const end = error.pos[0];
  const unread = rest?.exec(text.slice(end))?.[0];
  if (unread === undefined) return [];
  return [...unread.matchAll(/\n(?!\r?\n|$)/g)].map((match) => end + match.index + 1);
}

/** Edits of the padded text as edits of the original. */
export function unpad(edits: readonly Edit[], padding: readonly Padding[]): Edit[] {
  return edits.map((edit) => {
    const at = originalOffset(padding, edit.at);
    return { ...edit, at, remove: originalOffset(padding, edit.at + edit.remove) - at };
  });
}

function originalOffset(padding: readonly Padding[], offset: number): number {
  const sorted = [...padding].sort((a, b) => a.at - b.at);
  let before = 0;
  for (const pad of sorted) {
    const paddedAt = pad.at + before;
    if (paddedAt >= offset) break;
    before += Math.min(pad.length, offset - paddedAt);
  }
  return offset - before;
}
