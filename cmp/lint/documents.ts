/** The objects of a YAML file, each with its line; what cannot be read is handed over and hides nothing else. */
import { isMap, isSeq, LineCounter, parseAllDocuments, visit, type Document } from 'yaml';
import { messageOf } from '../../core/errors.ts';
import { isRecord } from '../sources/kustomization.ts';

export interface PlacedObject {
  object: Record<string, unknown>;
  /** Counted from 1. */
  line: number;
}

/** Reads all documents. Items of a Kubernetes list, as `kubectl get -o yaml` writes them, are objects of their own. */
export function objectsIn(text: string, unreadable: (line: number, reason: string) => void): PlacedObject[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents)) return [];
  const lineAt = (offset: number | undefined): number => lines.linePos(offset ?? 0).line || 1;
  return documents.flatMap((document) => {
    const [syntax] = document.errors;
    if (syntax) {
      unreadable(lineAt(syntax.pos[0]), syntax.message);
      return [];
    }
    try {
      return placed(document, lineAt);
    } catch (cause) {
      unreadable(lineAt(oddAlias(document)), messageOf(cause).replace(/\n[^]*/, ''));
      return [];
    }
  });
}

function placed(document: Document.Parsed, lineAt: (offset: number | undefined) => number): PlacedObject[] {
  const object: unknown = document.toJS();
  if (!isRecord(object)) return [];
  // An object in itself has no end, for whoever walks through it.
  JSON.stringify(object);
  const items: unknown = object['items'];
  if (!/^\w*List$/.test(String(object['kind'])) || !Array.isArray(items)) {
    return [{ object, line: lineAt(isMap(document.contents) ? document.contents.range[0] : 0) }];
  }
  const nodes: unknown = document.get('items', true);
  return items.flatMap((item: unknown, index) => {
    const node: unknown = isSeq(nodes) ? nodes.items[index] : undefined;
    return isRecord(item) ? [{ object: item, line: lineAt(isMap(node) ? node.range?.[0] : 0) }] : [];
  });
}

/** Where an alias is that has no anchor; the last alias where all have one, and there are too many. */
function oddAlias(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias: (_key, alias) => {
      offset = alias.range?.[0];
      return alias.resolve(document) === undefined ? visit.BREAK : undefined;
    },
  });
  return offset;
}
