/** Reads the imports of source files and holds them against the rules. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { isAllowed, isTest, LAYERS, layerOf, type Reach } from './rules.ts';

export interface Import {
  /** As written. */
  specifier: string;
  /** `import type`: nothing of it is there when the program runs. */
  isType: boolean;
}

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  file: string;
  imports: Import[];
}

/** All source files of the layers. Errors: a file that cannot be parsed is named. */
export function readSources(root: string): SourceFile[] {
  const patterns = LAYERS.map(({ folder }) => `${folder}/**/*.{ts,tsx,mts,js,mjs,cjs}`);
  return globSync(patterns, { cwd: root, exclude: ['**/node_modules/**', 'test/output/**', '**/*.d.ts'] })
    .map((file) => file.split(path.sep).join('/'))
    .sort()
    .map((file) => ({ file, imports: importsOf(file, readFileSync(path.join(root, file), 'utf8')) }));
}

/** Every import of a file: static, re-exported, dynamic, in a type, by `require`. */
export function importsOf(file: string, text: string): Import[] {
  const { program, errors } = parseSync(file, text);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const found: Import[] = [];
  const add = (source: unknown, isType: boolean): void => {
    if (isLiteral(source)) found.push({ specifier: source.value, isType });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind === 'type'),
    ExportNamedDeclaration: (node) => add(node.source, node.exportKind === 'type'),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === 'type'),
    ImportExpression: (node) => add(node.source, false),
    TSImportType: (node) => add(node.source, true),
    CallExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.callee.name === 'require') add(node.arguments[0], false);
    },
  }).visit(program);
  return found;
}

function isLiteral(source: unknown): source is { value: string } {
  return (
    typeof source === 'object' && source !== null && 'value' in source && typeof source.value === 'string'
  );
}

/** What is wrong with the imports of a file, a line for each. */
export function violationsOf({ file, imports }: SourceFile): string[] {
  const layer = layerOf(file);
  if (!layer) return [`${file} belongs to no layer`];
  return imports.flatMap(({ specifier }) => {
    if (!specifier.startsWith('.')) {
      const isFine = isTest(file) || isAllowed(specifier, layer.packages);
      return isFine ? [] : [`${file}: ${layer.name} may not import the package ${specifier}`];
    }
    const target = resolve(file, specifier);
    const other = layerOf(target);
    if (other === undefined) {
      const isFine = isTest(file) || layer.name === 'test' || /^[^/]+\.json$/.test(target);
      return isFine ? [] : [`${file}: ${target} belongs to no layer`];
    }
    if (isTest(target) && !isTest(file) && layer.name !== 'test')
      return [`${file}: ${target} is there for tests only`];
    const isFine = other === layer || isTest(file) || layer.uses.includes(other.name);
    return isFine ? [] : [`${file}: ${layer.name} may not import ${other.name} (${target})`];
  });
}

/** Packages that the files of a reach load in the end and may not, each with the way to it. */
export function reachViolations(sources: readonly SourceFile[], reach: Reach): string[] {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const seen = new Set<string>();
  const violations: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { specifier, isType } of byFile.get(file)?.imports ?? []) {
      if (isType) continue;
      const way = [...trail, file];
      if (specifier.startsWith('.')) visit(resolve(file, specifier), way);
      else if (!isAllowed(specifier, reach.packages)) violations.push([...way, specifier].join(' -> '));
    }
  };
  for (const { file } of sources) if (reach.from.test(file) && !isTest(file)) visit(file, []);
  return violations;
}

/** Imports name files with their extension. */
function resolve(file: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(file), specifier.replace(/\?.*$/, ''));
}
