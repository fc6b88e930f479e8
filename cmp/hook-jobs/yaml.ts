/** Writes our own objects as block-style YAML that every YAML reader takes the same way: all texts are quoted. */
import { jsonText } from '../inject/json-text.ts';

type Plain = string | number | boolean | null | undefined | Plain[] | { [key: string]: Plain };

/** YAML of an object, with a final newline. Members that are undefined are left out. */
export function toYaml(value: { [key: string]: Plain }): string {
  return lines(value, '').join('\n') + '\n';
}

function lines(value: { [key: string]: Plain }, indent: string): string[] {
  return Object.entries(value).flatMap(([key, member]) => {
    if (member === undefined) return [];
    const name = /^[A-Za-z][A-Za-z0-9./-]{3,}$/.test(key) ? key : jsonText(key);
    if (Array.isArray(member) && member.length > 0) {
      return [`${indent}${name}:`, ...member.flatMap((item) => listItem(item, indent))];
    }
    if (isObject(member) && Object.values(member).some((inner) => inner !== undefined)) {
      return [`${indent}${name}:`, ...lines(member, `${indent}  `)];
    }
    return [`${indent}${name}: ${leaf(member)}`];
  });
}

function listItem(item: Plain, indent: string): string[] {
  if (!isObject(item) || Object.keys(item).length === 0) return [`${indent}- ${leaf(item)}`];
  const [first = '', ...rest] = lines(item, `${indent}  `);
  return [`${indent}- ${first.trimStart()}`, ...rest];
}

function leaf(value: Plain): string {
  if (typeof value === 'string') return jsonText(value);
  if (Array.isArray(value)) return value.length === 0 ? '[]' : JSON.stringify(value);
  if (isObject(value)) return '{}';
  return String(value);
}

function isObject(value: Plain): value is { [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
