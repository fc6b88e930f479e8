/**
 * The fast path of injection: one pass over the lines of a render that finds where annotations go, without parsing
 * YAML. It takes only what it is sure of; every other document is left to the slow path.
 *
 * Documents are split as Kubernetes' own reader does (k8s.io/apimachinery, util/yaml): a line that begins with `---`
 * ends a document; only white space or a comment may follow on that line.
 */
import { COMMIT_ANNOTATION, TRACEPARENT_ANNOTATION } from '../../core/annotations.ts';
import { StagelineError } from '../../core/errors.ts';
import { findMetadataPlace } from './metadata-place.ts';
import { WORKLOAD_KINDS, type DoubtfulDocument, type Edit, type Injection, type Scan } from './types.ts';

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const HASH = 35;
const DASH = 45;

/** A mapping key at the beginning of a line, and what follows on the line. */
const TOP_KEY = /([A-Za-z_][A-Za-z0-9_.-]*):(?:[ ]+(.*))?$/y;
const QUOTED_ON_ONE_LINE = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*(?:\s#.*)?$/;
const EMPTY_FLOW = /^(?:\{\}|\[\])\s*(?:\s#.*)?$/;
const PLAIN_KIND = /^([A-Za-z][A-Za-z0-9]*)\s*(?:\s#.*)?$/;
/** Lines that say something: they begin neither with a space nor a comment sign, and are not empty. */
const MARGIN_LINE = /^[^ \n#]/gm;
/** go-yaml takes NEL, LS and PS for line breaks, as UTF-8 bytes read as latin1; and a return without newline. */
const YAML_ONLY_BREAKS = ['\u00c2\u0085', '\u00e2\u0080\u00a8', '\u00e2\u0080\u00a9'] as const;
const ODD_BREAK = /\u00c2\u0085|\u00e2\u0080[\u00a8\u00a9]|\r(?!\n)/;
const HOOK_MARKS = ['argocd.argoproj.io/hook', 'helm.sh/hook'];

/** What the top level of a document shows so far. */
interface Top {
  content: boolean;
  sure: boolean;
  apiVersion: number;
  kinds: string[];
  /** Offset after the line `metadata:`, and where the next top-level line begins. */
  metadataStart: number;
  metadataEnd: number;
}

/** The scan as it goes on. */
interface Progress {
  text: string;
  injection: Injection;
  insertion: (indent: number, newline: string) => string;
  scan: Scan;
  marks: { mark: string; at: number }[];
  /** Whether the text has line breaks that not everybody takes for such. */
  hasOddBreaks: boolean;
  top: Top;
  /** Where the document at hand begins, and which it is. */
  start: number;
  index: number;
}

/** Scans a render. Errors: `MANIFEST_SEPARATOR`. */
export function scanRender(text: string, injection: Injection): Scan {
  const progress: Progress = {
    text,
    injection,
    insertion: memoisedInsertion(injection),
    scan: { edits: [], doubtful: [], objects: 0, hooks: [] },
    marks: HOOK_MARKS.map((mark) => ({ mark, at: text.indexOf(mark) })).filter(({ at }) => at >= 0),
    hasOddBreaks:
      YAML_ONLY_BREAKS.some((bytes) => text.includes(bytes)) || (text.includes('\r') && ODD_BREAK.test(text)),
    top: newTop(),
    start: 0,
    index: 1,
  };
  MARGIN_LINE.lastIndex = 0;
  for (let found = MARGIN_LINE.exec(text); found !== null; found = MARGIN_LINE.exec(text)) {
    const next = readMarginLine(progress, found.index);
    // Only beginnings of lines are looked at: the search goes on at the end of this one.
    MARGIN_LINE.lastIndex = next;
  }
  endDocument(progress, text.length);
  return progress.scan;
}

/** Takes a line at the margin; gives where the next line begins. */
function readMarginLine(progress: Progress, position: number): number {
  const { text, top } = progress;
  const newline = text.indexOf('\n', position);
  const next = newline < 0 ? text.length : newline + 1;
  const first = text.charCodeAt(position);
  if (first === RETURN && next === position + 2) return next;
  if (first === DASH && text.startsWith('---', position)) {
    checkSeparator(text, position, next, progress.index);
    endDocument(progress, position);
    progress.start = next;
  } else if (first === DASH && text.charCodeAt(position + 1) === SPACE && top.content) {
    if (top.metadataStart >= 0 && top.metadataEnd < 0) top.metadataEnd = position;
  } else {
    readTopLine(text, { position, next }, top);
  }
  return next;
}

function endDocument(progress: Progress, end: number): void {
  const { text, top, scan, start, index, marks } = progress;
  if (top.metadataStart >= 0 && top.metadataEnd < 0) top.metadataEnd = end;
  if (beginsIndented(text, start, end)) doubt(top);
  if (top.content) {
    const document: DoubtfulDocument = { start, end, index };
    if (marks.some((mark) => standsWithin(text, mark, document))) scan.hooks.push(document);
    const isOdd = progress.hasOddBreaks && ODD_BREAK.test(text.slice(start, end));
    const edits = isOdd ? undefined : editsOf(progress);
    if (edits === undefined) scan.doubtful.push(document);
    else {
      scan.objects += 1;
      for (const edit of edits) scan.edits.push(edit);
    }
  }
  progress.top = newTop();
  progress.index += 1;
}

/** A document whose first line with content is indented has no top level at the margin. */
function beginsIndented(text: string, start: number, end: number): boolean {
  let position = start;
  while (position < end) {
    const first = text.charCodeAt(position);
    const newline = text.indexOf('\n', position);
    const next = newline < 0 || newline >= end ? end : newline + 1;
    if (first === SPACE && !isBlank(text, position, next)) return true;
    if (first !== SPACE && first !== NEWLINE && first !== HASH && first !== RETURN) return false;
    position = next;
  }
  return false;
}

function newTop(): Top {
  return { content: false, sure: true, apiVersion: 0, kinds: [], metadataStart: -1, metadataEnd: -1 };
}

function doubt(top: Top): void {
  top.content = true;
  top.sure = false;
}

/** Takes one line that begins at the margin and is neither comment, separator nor list item. */
function readTopLine(text: string, line: { position: number; next: number }, top: Top): void {
  if (top.metadataStart >= 0 && top.metadataEnd < 0) top.metadataEnd = line.position;
  top.content = true;
  if (!top.sure) return;
  const end = lineEnd(text, line.next);
  const match = matchAt(TOP_KEY, text.slice(line.position, end), 0);
  if (!match) return doubt(top);
  const key = match[1] ?? '';
  const value = (match[2] ?? '').trim();
  if (key === 'metadata') {
    if (
      top.metadataStart >= 0 ||
      (value !== '' && !value.startsWith('#')) ||
      text.charCodeAt(line.next - 1) !== NEWLINE
    ) {
      return doubt(top);
    }
    top.metadataStart = line.next;
    return;
  }
  // Whatever has items is a list to Argo CD.
  if (key === 'items') return doubt(top);
  if (key === 'apiVersion') top.apiVersion += 1;
  if (key === 'kind') {
    const kind = PLAIN_KIND.exec(value)?.[1];
    if (kind === undefined || continuesBelow(text, line.next)) return doubt(top);
    top.kinds.push(kind);
    return;
  }
  const opener = value.charAt(0);
  if ((opener === '"' || opener === "'") && !QUOTED_ON_ONE_LINE.test(value)) return doubt(top);
  if ((opener === '{' || opener === '[') && !EMPTY_FLOW.test(value)) return doubt(top);
  if (opener === '!' || opener === '?' || opener === '@' || opener === '`' || opener === '%')
    return doubt(top);
}

/** The edits of the document at hand; undefined if the scanner is not sure of it. */
function editsOf(progress: Progress): Edit[] | undefined {
  const { text, top, injection, insertion } = progress;
  const kind = top.kinds[0];
  if (!top.sure || top.apiVersion !== 1 || top.kinds.length !== 1 || kind === undefined) return undefined;
  if (top.metadataStart < 0) return undefined;
  if (injection.scope === 'none') return [];
  if (kind === 'KeptnAppContext') return undefined;
  const workload = WORKLOAD_KINDS.has(kind);
  if (workload && (injection.podTemplates || injection.otelAttributes !== undefined)) return undefined;
  const place = findMetadataPlace(text, top.metadataStart, top.metadataEnd);
  if (place === undefined) return undefined;
  if (injection.scope === 'workloads' && !workload) return [];
  const newline = text.charCodeAt(top.metadataStart - 2) === RETURN ? '\r\n' : '\n';
  switch (place.kind) {
    case 'new':
      return [
        {
          at: top.metadataStart,
          remove: 0,
          insert: `${' '.repeat(place.indent)}annotations:${newline}${insertion(place.indent + 2, newline)}`,
        },
      ];
    case 'below':
      return [{ at: place.at, remove: 0, insert: insertion(place.indent, newline) }];
    case 'braces':
      return [{ at: place.at, remove: 0, insert: insideBraces(injection) }];
  }
}

/** Annotation lines by indent; a render has thousands of objects and two or three indents. */
function memoisedInsertion(injection: Injection): (indent: number, newline: string) => string {
  const known = new Map<string, string>();
  return (indent, newline) => {
    const key = `${indent}${newline}`;
    let lines = known.get(key);
    if (lines === undefined) {
      lines = annotationsOf(injection)
        .map(([name, value]) => `${' '.repeat(indent)}${name}: ${JSON.stringify(value)}${newline}`)
        .join('');
      known.set(key, lines);
    }
    return lines;
  };
}

function insideBraces(injection: Injection): string {
  return annotationsOf(injection)
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(', ');
}

/** The annotations of an injection, always quoted when written: a bare commit such as 1234567e3 reads as a number. */
export function annotationsOf(injection: Injection): [name: string, value: string][] {
  return [
    [COMMIT_ANNOTATION, injection.commitId],
    ...(injection.traceparent === undefined
      ? []
      : [[TRACEPARENT_ANNOTATION, injection.traceparent] as [string, string]]),
  ];
}

function checkSeparator(text: string, position: number, next: number, index: number): void {
  const rest = text.slice(position + 3, next).trim();
  if (rest === '' || rest.startsWith('#')) return;
  throw new StagelineError(`the separator after document ${index} of the render is followed by text`, {
    code: 'MANIFEST_SEPARATOR',
    hint: 'Put what follows "---" on a line of its own',
  });
}

/** Whether a document has a mark; documents come in order, so that the text is searched once only. */
function standsWithin(text: string, mark: { mark: string; at: number }, document: DoubtfulDocument): boolean {
  if (mark.at >= 0 && mark.at < document.start) mark.at = text.indexOf(mark.mark, document.start);
  return mark.at >= 0 && mark.at < document.end;
}

function continuesBelow(text: string, position: number): boolean {
  if (text.charCodeAt(position) !== SPACE) return false;
  const newline = text.indexOf('\n', position);
  return !isBlank(text, position, newline < 0 ? text.length : newline + 1);
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let position = from; position < to; position += 1) {
    const code = text.charCodeAt(position);
    if (code !== SPACE && code !== NEWLINE && code !== RETURN) return false;
  }
  return true;
}

/** Where a line's content ends, given where the next line begins. */
function lineEnd(text: string, next: number): number {
  let end = next;
  if (text.charCodeAt(end - 1) === NEWLINE) end -= 1;
  if (text.charCodeAt(end - 1) === RETURN) end -= 1;
  return end;
}

/** Runs a sticky pattern at a place. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
