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
/** go-yaml takes NEL, LS and PS for line breaks; as UTF-8 bytes read as latin1. */
const YAML_ONLY_BREAKS = /\u00c2\u0085|\u00e2\u0080[\u00a8\u00a9]/;
const LONE_RETURN = /\r(?!\n)/;
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

/** Scans a render. Errors: `MANIFEST_SEPARATOR`. */
export function scanRender(text: string, injection: Injection): Scan {
  const scan: Scan = { edits: [], doubtful: [], objects: 0, hooks: [] };
  const odd = { breaks: YAML_ONLY_BREAKS.test(text), returns: text.includes('\r') && LONE_RETURN.test(text) };
  const marks = HOOK_MARKS.map((mark) => ({ mark, at: text.indexOf(mark) })).filter(({ at }) => at >= 0);
  const insertion = memoisedInsertion(injection);
  let top = newTop();
  let start = 0;
  let index = 1;

  const endDocument = (end: number): void => {
    if (top.metadataStart >= 0 && top.metadataEnd < 0) top.metadataEnd = end;
    if (top.content) {
      const document: DoubtfulDocument = { start, end, index };
      if (marks.some((mark) => standsWithin(text, mark, document))) scan.hooks.push(document);
      const edits =
        odd.breaks || odd.returns
          ? doubtfulEdits(text, document, top)
          : editsOf(text, top, injection, insertion);
      if (edits === undefined) scan.doubtful.push(document);
      else {
        scan.objects += 1;
        for (const edit of edits) scan.edits.push(edit);
      }
    }
    top = newTop();
    index += 1;
  };
  const doubtfulEdits = (whole: string, document: DoubtfulDocument, seen: Top): Edit[] | undefined => {
    const part = whole.slice(document.start, document.end);
    return YAML_ONLY_BREAKS.test(part) || LONE_RETURN.test(part)
      ? undefined
      : editsOf(whole, seen, injection, insertion);
  };

  let position = 0;
  while (position < text.length) {
    const newline = text.indexOf('\n', position);
    const next = newline < 0 ? text.length : newline + 1;
    const first = text.charCodeAt(position);
    if (first === SPACE) {
      // A document that begins with an indented line is not one whose top level stands at the margin.
      if (!top.content && !isBlank(text, position, next)) doubt(top);
    } else if (first === NEWLINE || first === HASH || (first === RETURN && next === position + 2)) {
      // Blank lines and comments say nothing, at the margin they belong to whatever is around them.
    } else if (first === DASH && text.startsWith('---', position)) {
      checkSeparator(text, position, next, index);
      endDocument(position);
      start = next;
    } else if (first === DASH && text.charCodeAt(position + 1) === SPACE && top.content) {
      if (top.metadataStart >= 0 && top.metadataEnd < 0) top.metadataEnd = position;
    } else {
      readTopLine(text, { position, next }, top);
    }
    position = next;
  }
  endDocument(text.length);
  return scan;
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

/** The edits of a document that the scanner is sure of; undefined if it is not. */
function editsOf(
  text: string,
  top: Top,
  injection: Injection,
  insertion: (indent: number, newline: string) => string,
): Edit[] | undefined {
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
