/** How a version is written into a YAML file, in the style of what stood there. */
import { isScalar, parseDocument, Scalar } from 'yaml';

/**
 * The source text of a value. Quotes stay what they were; a plain scalar stays plain only if both YAML 1.1 (Helm,
 * Kustomize) and 1.2 read back the same text: `1.10`, `on` and `0x1F` get quotes. Where a plain number or boolean
 * stood, another one that reads back as itself stays plain.
 */
export function scalarText(before: Scalar | undefined, value: string): string {
  if (before?.type === Scalar.QUOTE_SINGLE && isPrintable(value)) return `'${value.replaceAll("'", "''")}'`;
  if (before?.type === Scalar.QUOTE_DOUBLE) return JSON.stringify(value);
  if (isPlainText(value)) return value;
  const wasText = before === undefined || typeof before.value === 'string';
  return !wasText && readsBackAsItself(value) ? value : JSON.stringify(value);
}

function isPrintable(value: string): boolean {
  return !/[\p{Cc}\u2028\u2029]/u.test(value);
}

function isPlainText(value: string): boolean {
  return (['1.1', '1.2'] as const).every((version) => plainValue(value, version) === value);
}

function readsBackAsItself(value: string): boolean {
  return (['1.1', '1.2'] as const).every((version) => {
    const read = plainValue(value, version);
    return (typeof read === 'number' || typeof read === 'boolean') && String(read) === value;
  });
}

/** What a plain scalar means as a value of a block map and inside a flow list; undefined if it is none. */
function plainValue(text: string, version: '1.1' | '1.2'): unknown {
  const block = parseDocument(`v: ${text}\nw: 1\n`, { version });
  const flow = parseDocument(`[{ v: ${text} }]`, { version });
  if (block.errors.length > 0 || flow.errors.length > 0) return undefined;
  const inBlock = block.get('v', true);
  const inFlow = flow.getIn([0, 'v'], true);
  if (!isPlain(inBlock, text) || !isPlain(inFlow, text)) return undefined;
  return Object.is(inBlock.value, inFlow.value) ? inBlock.value : undefined;
}

/** No alias, tag or anchor, and not cut off by a comment. */
function isPlain(node: unknown, text: string): node is Scalar {
  return isScalar(node) && node.type === Scalar.PLAIN && node.source === text && !node.anchor && !node.tag;
}
