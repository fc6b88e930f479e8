/** What zod found wrong with a pipeline file, in the words of its author: misspelt fields first. */
import type { z } from 'zod';
import { knownFields } from './known-fields.ts';

export type FieldPath = readonly PropertyKey[];

export interface FieldProblem {
  path: FieldPath;
  /** Follows the field's name: `is missing`. */
  message: string;
  /** The field is unknown: that others are missing mostly follows from it. */
  isUnknown: boolean;
}

/** All problems; the one to mend first is the first. */
export function fieldProblems(issues: readonly z.core.$ZodIssue[]): FieldProblem[] {
  const [first, ...others] = problemsOf(issues, []);
  if (first === undefined) return [];
  return [first.isUnknown ? withSuggestion(first) : first, ...others];
}

/** `stages[0].path`; empty for the file itself. */
export function fieldName(path: FieldPath): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function problemsOf(issues: readonly z.core.$ZodIssue[], prefix: FieldPath): FieldProblem[] {
  return issues
    .flatMap((issue) => problemsIn(issue, prefix))
    .toSorted((a, b) => Number(b.isUnknown) - Number(a.isUnknown));
}

const MISSING = 'is missing';
const UNKNOWN = 'is not a field here; check its spelling and its place';

function problemsIn(issue: z.core.$ZodIssue, prefix: FieldPath): FieldProblem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'invalid_union') return unionProblems(issue, path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: UNKNOWN, isUnknown: true }));
  if (path.length === 0) return [{ path, message: 'holds no pipeline', isUnknown: false }];
  return [{ path, message: inWords(issue), isUnknown: false }];
}

/**
 * A union's own message says little: the branch that got furthest says what is wrong, and of several the one
 * that has the least to say.
 */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion, path: FieldPath): FieldProblem[] {
  const branches = issue.errors.map((branch) => problemsOf(branch, path));
  const depth = ([first]: FieldProblem[]): number => first?.path.length ?? 0;
  const [best] = branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length);
  return best ?? [{ path, message: inWords(issue), isUnknown: false }];
}

function withSuggestion(problem: FieldProblem): FieldProblem {
  const written = String(problem.path.at(-1));
  const meant = knownFields(problem.path.slice(0, -1)).find((name) => isAlmost(written, name));
  return meant === undefined
    ? problem
    : { ...problem, message: `is not a field here; did you mean "${meant}"?` };
}

/** Whether two words differ in case only, or by two letters at most that are changed, missing or too many. */
function isAlmost(a: string, b: string): boolean {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...a.toLowerCase()].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...b.toLowerCase()].entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return (row.at(-1) ?? Number.POSITIVE_INFINITY) <= 2;
}

const TYPES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  nan: 'no number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of fields',
  record: 'a map of names and values',
  null: 'empty',
  date: 'a date',
};

function inWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeProblem(issue);
    case 'invalid_value': {
      const values = issue.values.map((value) => JSON.stringify(value));
      return values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`;
    }
    case 'too_small':
      if (issue.origin === 'array' || issue.origin === 'string') return 'must not be empty';
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    default:
      return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  }
}

function typeProblem(issue: z.core.$ZodIssueInvalidType): string {
  // What was there instead is only in the message.
  const received = /received (\w+)/.exec(issue.message)?.[1] ?? '';
  if (received === 'undefined') return MISSING;
  const expected = TYPES[issue.expected] ?? issue.expected;
  const cure =
    issue.expected === 'string' && ['number', 'boolean'].includes(received) ? '; put it in quotes' : '';
  return `must be ${expected}, not ${TYPES[received] ?? received}${cure}`;
}
