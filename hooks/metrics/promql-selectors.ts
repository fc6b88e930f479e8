/**
 * The vector selectors in a PromQL expression. The time of an instant query's answer is the time of the query, not
 * of the samples behind it; asking for the selectors' own timestamps shows whether those are stale. This reads
 * tokens, not the grammar: what it does not understand it leaves out.
 */

const TOKEN =
  /\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+|(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*)?)|[A-Za-z_:][A-Za-z0-9_:]*|=~|!~|==|!=|<=|>=|./gsu;

/** Words that are never metric names; those before a parenthesis are functions or aggregations anyway. */
const KEYWORDS = new Set(
  'and or unless by without on ignoring group_left group_right bool offset atan2 inf nan start end'.split(
    ' ',
  ),
);
const LABEL_LISTS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const MAX_SELECTORS = 10;

/**
 * Selectors such as `http_requests_total{job="shop"}`, each once, without range. Those with `offset` or `@` are
 * left out, since they ask for the past on purpose.
 */
export function vectorSelectors(expression: string): string[] {
  const tokens = (expression.match(TOKEN) ?? []).filter((token) => !/^\s|^#/.test(token));
  const selectors = new Set<string>();
  for (let index = 0; index < tokens.length;) {
    const token = tokens[index] ?? '';
    if (LABEL_LISTS.has(token.toLowerCase()) && tokens[index + 1] === '(') {
      index = closing(tokens, index + 1) + 1;
      continue;
    }
    if (token === '[') {
      index = closing(tokens, index) + 1;
      continue;
    }
    const read = readSelector(tokens, index);
    if (!read) {
      index += 1;
      continue;
    }
    if (!isShifted(tokens, read.end)) selectors.add(read.text);
    index = read.end;
  }
  return [...selectors].slice(0, MAX_SELECTORS);
}

/** A name, braces, or both. */
function readSelector(tokens: readonly string[], start: number): { text: string; end: number } | undefined {
  const token = tokens[start] ?? '';
  if (token === '{') {
    const end = closing(tokens, start) + 1;
    return { text: tokens.slice(start, end).join(''), end };
  }
  if (!/^[A-Za-z_:]/.test(token) || KEYWORDS.has(token.toLowerCase())) return undefined;
  const next = tokens[start + 1];
  if (next === '(' || isAggregation(tokens, start)) return undefined;
  if (next !== '{') return { text: token, end: start + 1 };
  const end = closing(tokens, start + 1) + 1;
  return { text: tokens.slice(start, end).join(''), end };
}

/** `sum by (job) (x)`: the aggregation's name is not followed by a parenthesis of its own. */
function isAggregation(tokens: readonly string[], start: number): boolean {
  return /^(by|without)$/i.test(tokens[start + 1] ?? '') && tokens[start + 2] === '(';
}

function isShifted(tokens: readonly string[], end: number): boolean {
  const next = tokens[end] === '[' ? closing(tokens, end) + 1 : end;
  return tokens[next]?.toLowerCase() === 'offset' || tokens[next] === '@';
}

const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

/** Index of the bracket that closes the one at `start`, or of the last token. */
function closing(tokens: readonly string[], start: number): number {
  const open = tokens[start] ?? '';
  let depth = 0;
  for (let index = start; index < tokens.length; index += 1) {
    if (tokens[index] === open) depth += 1;
    else if (tokens[index] === CLOSING[open]) depth -= 1;
    if (depth === 0) return index;
  }
  return tokens.length - 1;
}
