/** Which fields may stand at a place of the pipeline file, by its JSON Schema; made only where one is misspelt. */
import { z } from 'zod';
import { PipelineSchema } from './schema.ts';

type Node = Record<string, unknown>;

/** Names of the fields of the map at this path, of every form that it may have. */
export function knownFields(path: readonly PropertyKey[]): string[] {
  const root: Node = { ...z.toJSONSchema(PipelineSchema, { io: 'input' }) };
  let nodes = formsOf(root, root);
  for (const part of path) {
    nodes = nodes.flatMap((node) => {
      const next = typeof part === 'number' ? node['items'] : propertiesOf(node)[String(part)];
      return isNode(next) ? formsOf(next, root) : [];
    });
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(propertiesOf(node))))];
}

/** A node with those that it refers to or is one of. */
function formsOf(node: Node, root: Node): Node[] {
  const { $ref } = node;
  const name = typeof $ref === 'string' ? /^#\/\$defs\/(.+)$/.exec($ref)?.[1] : undefined;
  const definitions = root['$defs'];
  const target = name !== undefined && isNode(definitions) ? definitions[name] : undefined;
  const branches: unknown[] = Array.isArray(node['anyOf']) ? node['anyOf'] : [];
  return [node, ...[target, ...branches].filter(isNode).flatMap((next) => formsOf(next, root))];
}

function propertiesOf(node: Node): Node {
  const { properties } = node;
  return isNode(properties) ? properties : {};
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
