/**
 * Reads what a plugin printed: a stream of YAML documents or concatenated JSON, as Kubernetes' own decoder
 * reads it. Lists are flattened one level, empty documents skipped.
 */
import { parseAllDocuments } from 'yaml';
import type { ParsedNode, Document } from 'yaml';
import type { KubeObject } from '../../kube/types.ts';
import { isRecord, textAt } from './json.ts';

/** Value kinds that YAML 1.1 has and Kubernetes' decoder leaves as strings. */
const UNKNOWN_TO_KUBERNETES = new Set(['tag:yaml.org,2002:timestamp', 'tag:yaml.org,2002:binary']);

/** Decodes a plugin's output; throws with the document's number and the reason. */
export function decodeManifests(text: string): KubeObject[] {
  const values = text.trimStart().startsWith('{') ? concatenatedJson(text) : undefined;
  return (values ?? yamlDocuments(text)).flatMap((value, index) => objectsOf(value, index + 1));
}

function yamlDocuments(text: string): unknown[] {
  const documents: Iterable<Document.Parsed<ParsedNode>> = parseAllDocuments(text, {
    version: '1.1',
    uniqueKeys: false,
    merge: true,
    strict: false,
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === 'string' ||
          !(UNKNOWN_TO_KUBERNETES.has(tag.tag) || ('format' in tag && tag.format === 'TIME')),
      ),
  });
  const values: unknown[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error) throw new Error(`Failed to unmarshal manifest: ${error.message}`);
    values.push(document.toJS({ maxAliasCount: 1000 }));
  }
  return values;
}

/** Values of `{…}{…}`; undefined where the text is no such stream (then it is YAML in flow style). */
function concatenatedJson(text: string): unknown[] | undefined {
  const values: unknown[] = [];
  for (const part of topLevelObjects(text)) {
    try {
      values.push(JSON.parse(part));
    } catch {
      // Not JSON after all: the caller reads the text as YAML, whose error names line and column.
      return undefined;
    }
  }
  return values;
}

function topLevelObjects(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (match[0] === '{') {
      if (depth === 0) start = match.index;
      depth += 1;
    } else if (match[0] === '}') {
      depth -= 1;
      if (depth === 0) {
        parts.push(text.slice(start, match.index + 1));
        start = match.index + 1;
      }
    }
  }
  if (text.slice(start).trim() !== '') parts.push(text.slice(start));
  return parts;
}

function objectsOf(value: unknown, position: number): KubeObject[] {
  if (value === null || value === undefined) return [];
  if (!isRecord(value))
    throw new Error(`Failed to unmarshal manifest: document ${position} is not an object`);
  if (Object.keys(value).length === 0) return [];
  const items = value['items'];
  const members = Array.isArray(items) ? items : [value];
  return members.map((member: unknown) => kubeObject(member, position));
}

function kubeObject(value: unknown, position: number): KubeObject {
  const apiVersion = textAt(value, 'apiVersion');
  const kind = textAt(value, 'kind');
  if (!isRecord(value) || apiVersion === undefined || kind === undefined) {
    throw new Error(`Failed to unmarshal manifest: Object 'Kind' is missing in document ${position}`);
  }
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  return { ...value, apiVersion, kind, metadata: { ...metadata, name: textAt(metadata, 'name') ?? '' } };
}
