/**
 * What Kubernetes sees in a YAML document: its decoder (sigs.k8s.io/yaml on go-yaml v2) reads YAML 1.1 with rules of
 * its own, which JavaScript's libraries do not share. Works on the nodes of a document that was parsed with the
 * failsafe schema, so that every plain scalar still has its source.
 */
import { jsonText } from './json-text.ts';
import { isAlias, isMap, isScalar, isSeq, type Document, type Node, type YAMLMap } from 'yaml';

/** A number keeps its digits: 64-bit integers do not fit a JavaScript number. */
export class GoNumber {
  readonly digits: string;
  /** A float of integral value has the digits of an integer, but is another key to Go. */
  readonly isFloat: boolean;
  constructor(digits: string, isFloat = false) {
    this.digits = digits;
    this.isFloat = isFloat;
  }
}

export type GoValue = null | boolean | string | GoNumber | GoValue[] | Map<string, GoValue>;

/** Something that Kubernetes rejects, or that this module does not know to read as Kubernetes does. */
export class UnreadableYaml extends Error {}

const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);
const NULL = new Set(['', '~', 'null', 'Null', 'NULL']);
const SPECIAL_FLOAT = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const INTEGER = /^([-+]?)(?:(0[xX][0-9a-fA-F]+)|(0[bB][01]+)|(0[oO][0-7]+)|0([0-7]+)|(0|[1-9][0-9]*))$/;
const MAX_UINT64 = 2n ** 64n - 1n;
const MIN_INT64 = -(2n ** 63n);
/** An alias chain may repeat its content without end. */
const MAX_NODES = 2_000_000;

/** Reads the content of a document. Errors: `UnreadableYaml`. */
export function readGoValue(document: Document.Parsed): GoValue {
  const reader = { document, nodes: 0, open: new Set<Node>() };
  return value(document.contents, reader);
}

interface Reader {
  document: Document.Parsed;
  nodes: number;
  /** Nodes that are being read, to notice an alias inside of what it names. */
  open: Set<Node>;
}

function value(node: unknown, reader: Reader): GoValue {
  reader.nodes += 1;
  if (reader.nodes > MAX_NODES) throw new UnreadableYaml('aliases make it too large');
  if (node === null || node === undefined) return null;
  if (isAlias(node)) {
    const target = node.resolve(reader.document);
    if (target === undefined) throw new UnreadableYaml(`alias *${node.source} names no anchor`);
    if (reader.open.has(target)) throw new UnreadableYaml(`anchor &${node.source} contains itself`);
    return value(target, reader);
  }
  if (isScalar(node)) return scalar(node);
  if (isSeq(node) || isMap(node)) {
    reader.open.add(node);
    const read = isSeq(node) ? node.items.map((item) => value(item, reader)) : mapping(node, reader);
    reader.open.delete(node);
    return read;
  }
  throw new UnreadableYaml('it has a node of an unknown kind');
}

function mapping(node: YAMLMap, reader: Reader): Map<string, GoValue> {
  const result = new Map<string, GoValue>();
  for (const pair of node.items) {
    if (isMergeKey(pair.key)) merge(pair.value, result, reader);
    else result.set(keyText(value(pair.key, reader)), value(pair.value, reader));
  }
  return result;
}

/** Whether a key is YAML 1.1's merge key. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}

/** go-yaml merges where the key stands; of several mappings the first has the last word. */
function merge(source: unknown, into: Map<string, GoValue>, reader: Reader): void {
  const target = isAlias(source) ? source.resolve(reader.document) : source;
  if (isSeq(target)) {
    for (const item of [...target.items].reverse()) merge(item, into, reader);
    return;
  }
  if (!isMap(target)) throw new UnreadableYaml('a merge key needs a mapping');
  const merged = value(target, reader);
  if (merged instanceof Map) for (const [key, member] of merged) into.set(key, member);
}

function keyText(key: GoValue): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'boolean') return String(key);
  if (key instanceof GoNumber && !key.isFloat) return key.digits;
  throw new UnreadableYaml('it has a key that is neither text, integer nor boolean');
}

interface ScalarNode {
  value: unknown;
  source?: string;
  type?: string;
  tag?: string;
}

function scalar(node: ScalarNode): GoValue {
  const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
  const tag = node.tag;
  const plain = node.type === 'PLAIN' || node.type === undefined;
  if (tag === undefined || tag === 'tag:yaml.org,2002:str')
    return plain && tag === undefined ? resolvePlain(text) : text;
  if (tag === 'tag:yaml.org,2002:binary') return binary(text);
  if (!tag.startsWith('tag:yaml.org,2002:') && !tag.startsWith('!!')) return text;
  return coerced(tag.replace(/^.*[:!]/, ''), resolvePlain(text), text);
}

/** Values with an explicit tag of YAML's own. */
function coerced(tag: string, resolved: GoValue, text: string): GoValue {
  if (tag === 'int' && resolved instanceof GoNumber && !resolved.isFloat) return resolved;
  if (tag === 'float' && resolved instanceof GoNumber) return resolved;
  if (tag === 'bool' && typeof resolved === 'boolean') return resolved;
  if (tag === 'null' && resolved === null) return null;
  if (tag === 'timestamp') return text;
  // Not the value itself: the line goes where everybody reads it.
  throw new UnreadableYaml(`a value that is tagged !!${tag} is none`);
}

/** Go-yaml v2's resolve.go for scalars without tag and quotes. Errors: `UnreadableYaml` for infinity and NaN. */
export function resolvePlain(text: string): GoValue {
  if (NULL.has(text)) return null;
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  if (SPECIAL_FLOAT.test(text)) throw new UnreadableYaml(`${text} has no place in JSON`);
  if (!/^[-+.0-9]/.test(text)) return text;
  const digits = text.startsWith('.') ? text : text.replace(/_/g, '');
  const integer = text.startsWith('.') ? undefined : wholeNumber(digits);
  if (integer !== undefined) return new GoNumber(integer.toString());
  if (!FLOAT.test(digits)) return text;
  const float = Number(digits);
  return Number.isFinite(float) ? new GoNumber(JSON.stringify(float), true) : text;
}

function wholeNumber(digits: string): bigint | undefined {
  const match = INTEGER.exec(digits);
  if (!match) return undefined;
  const [, sign = '', hexadecimal, binaryDigits, octal, oldOctal, decimal] = match;
  const positive = BigInt(
    hexadecimal ?? binaryDigits ?? octal ?? (oldOctal === undefined ? (decimal ?? '0') : `0o${oldOctal}`),
  );
  const number = sign === '-' ? -positive : positive;
  return number >= MIN_INT64 && number <= MAX_UINT64 ? number : undefined;
}

function binary(text: string): string {
  const bytes = Buffer.from(text, 'base64');
  const decoded = bytes.toString('utf8');
  if (!Buffer.from(decoded, 'utf8').equals(bytes)) throw new UnreadableYaml('a !!binary value is not UTF-8');
  return decoded;
}

/** JSON that both a JSON and a YAML 1.1 reader take: no raw control characters, no lone surrogates. */
export function goJson(data: GoValue): string {
  if (data === null || typeof data === 'boolean') return String(data);
  if (typeof data === 'string') return jsonText(data);
  if (data instanceof GoNumber) return data.digits;
  if (Array.isArray(data)) return `[${data.map(goJson).join(', ')}]`;
  return `{${[...data].map(([key, member]) => `${jsonText(key)}: ${goJson(member)}`).join(', ')}}`;
}
