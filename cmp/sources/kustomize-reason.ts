/** Kustomize's errors print whole objects, Secrets among them: what is left of its reason without them. */

const HIDDEN = '***';
/** Go's types of mappings: one as it should be, and one that a key like `on` or `1` leads to. */
const MAPPING = 'map[string]interface {}';
const MIXED_MAPPING = 'map[interface {}]interface {}';
/** The configuration of a transformer between backquotes; YAML has none at the beginning of a line. */
const CONFIGURATION = /`\n[\s\S]*?\n`/g;
/** Words that a value follows as it is, to the end or to known words. */
const BARE_VALUE = /(node contents:)[\s\S]*|(invalid literal source )[\s\S]*(?=, expected )/g;
/** Brackets without a value: in a resource's id, as in `Secret.v1.[noGrp]/s.[noNs]`, and in Go's name of a type. */
const BARE_BRACKETS = String.raw`(?<=\.)\[no(?:Grp|Ns)\]|(?<= of type )\[\]`;
/** Such ones, and any other bracket. */
const BRACKET = new RegExp(String.raw`${BARE_BRACKETS}|[[\]{}]`, 'g');
/** The same, quotes, and what a backslash may stand before in quotes. */
const TOKEN = new RegExp(String.raw`\\["\\]|"|${BRACKET.source}`, 'g');
/** Where an object or a list begins. */
const OPENING = new RegExp(String.raw`(?:map)?(?!${BARE_BRACKETS})[[{]`);
const PAIRS: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/**
 * Takes objects and lists out of a message, however they are printed: as JSON, YAML or Go's values. Nothing is known
 * of the values, and Go prints texts without quotes too; so all goes from the first bracket to the last, and the rest
 * of the message as well if the brackets do not match.
 */
export function withoutObjects(message: string): string {
  const text = message
    .replace(CONFIGURATION, HIDDEN)
    .replaceAll(MAPPING, 'map')
    .replaceAll(MIXED_MAPPING, 'map with keys that are no texts')
    .replace(BARE_VALUE, (_all, contents?: string, literal?: string) => `${contents ?? literal}${HIDDEN}`);
  const start = text.search(OPENING);
  if (start < 0) return text;
  const objects = text.slice(start);
  const rest = isClosed(objects) ? afterLastBracket(objects) : '';
  return `${text.slice(0, start)}${HIDDEN}${rest}`;
}

/** Whether each bracket and each quote has its partner; brackets in quotes need none. */
function isClosed(text: string): boolean {
  const open: string[] = [];
  let quoted = false;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '"' || (token === String.raw`\"` && !quoted)) quoted = !quoted;
    else if (quoted || token.length > 1) continue;
    else if (PAIRS[token] !== undefined) open.push(PAIRS[token]);
    else if (open.pop() !== token) return false;
  }
  return !quoted && open.length === 0;
}

/** Quotes count for nothing here: a value may have one. */
function afterLastBracket(text: string): string {
  const last = [...text.matchAll(BRACKET)].findLast(([token]) => token.length === 1);
  return last === undefined ? '' : text.slice(last.index + 1);
}
