/**
 * The vector selectors in a PromQL expression. The time of an instant query's answer is the time of the query, not
 * of the samples behind it; asking for the selectors' own timestamps shows whether those are stale. This reads
 * tokens, not the grammar: what it does not understand it leaves out.
 */

const TOKEN =
  /\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+|(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*)?)|[A-Za-z_:][A-Za-z0-9_:]*|=~|!~|==|!=|<=|>=|./gsu;

/** Words that are never metric names; those before a parenthesis are functions or aggregations anyway. */
const KEYWORDS = new Set(
  'and or unless by without on ignoring group_left group_right bool offset atan2 inf nan'.split(' '),
);
const LABEL_LISTS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
/** With these the value of one side is the answer; an arithmetic operator makes it out of both. */
const CHOOSING = new Set(['and', 'or', 'unless', '<', '<=', '>', '>=', '==', '!=']);

export interface Selector {
  /** Such as `http_requests_total{job="shop"}`, without range and modifiers. */
  text: string;
  /** Its `offset` and `@`, and those of the subqueries around it, such as `offset 1h`; empty: it asks for now. */
  shift: string;
  /** Ranges and the subqueries around it, which reach back together; empty: it asks for one moment. */
  ranges: string[];
}

export interface Selectors {
  /** Each once. */
  all: Selector[];
  /** The value may be the one of a single selector, as with `or`: then each of them counts, shifted ones too. */
  chooses: boolean;
}

/** The selectors of an expression, with how far back they reach. */
export function selectorsOf(expression: string): Selectors {
  const tokens = (expression.match(TOKEN) ?? []).filter((token) => !/^\s|^#/.test(token));
  const found = new Map<string, Selector>();
  let chooses = false;
  /** Of the brackets that are open where we are. */
  const around: number[] = [];
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
    if (token === '(') around.push(closing(tokens, index));
    if (token === ')') around.pop();
    const read = readSelector(tokens, index);
    if (!read) {
      chooses ||= CHOOSING.has(token.toLowerCase()) && tokens[index + 1]?.toLowerCase() !== 'bool';
      index += 1;
      continue;
    }
    const own = suffixOf(tokens, read.end);
    const suffixes = [own, ...around.map((end) => suffixOf(tokens, end + 1))];
    const selector = {
      text: read.text,
      shift: suffixes.flatMap(({ shift }) => shift).join(' '),
      ranges: suffixes.flatMap(({ ranges }) => ranges),
    };
    found.set(JSON.stringify(selector), selector);
    index = own.end;
  }
  return { all: [...found.values()], chooses };
}

/** What follows a selector or a subquery's parenthesis: ranges, `offset` and `@`. */
function suffixOf(
  tokens: readonly string[],
  start: number,
): { ranges: string[]; shift: string[]; end: number } {
  const ranges: string[] = [];
  const shift: string[] = [];
  for (let index = start; ;) {
    const token = tokens[index]?.toLowerCase();
    if (token === '[') {
      const end = closing(tokens, index);
      // A subquery's step follows a colon, which may also begin a name.
      ranges.push(/^[^:]*/.exec(tokens.slice(index + 1, end).join(''))?.[0] ?? '');
      index = end + 1;
    } else if (token === 'offset' || token === '@') {
      const end = modifierEnd(tokens, index + 1);
      shift.push(`${token} ${tokens.slice(index + 1, end).join('')}`);
      index = end;
    } else return { ranges, shift, end: index };
  }
}

/** After a duration or a time with its sign, `start()`, or an expression in parentheses. */
function modifierEnd(tokens: readonly string[], start: number): number {
  const value = tokens[start] === '-' || tokens[start] === '+' ? start + 1 : start;
  if (tokens[value] === '(') return closing(tokens, value) + 1;
  return tokens[value + 1] === '(' ? closing(tokens, value + 1) + 1 : value + 1;
}

const UNIT_SECONDS: Record<string, number> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** How far ranges reach back together, in whole seconds; undefined if one is more than a duration. */
export function reachSeconds(ranges: readonly string[]): number | undefined {
  let seconds = 0;
  for (const range of ranges) {
    if (!/^(\d+(ms|[smhdwy]))+$|^\d+(\.\d+)?$/.test(range)) return undefined;
    // A bare number is of seconds.
    for (const [, number, unit = 's'] of range.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])?/g))
      seconds += Number(number) * (UNIT_SECONDS[unit] ?? 1);
  }
  return Math.ceil(seconds);
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
