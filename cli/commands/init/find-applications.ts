/** Finds Argo CD Applications in a repository's YAML files, with the place of their source in the text. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { isMap, isScalar, parseAllDocuments, type Document, type Pair, type YAMLMap } from 'yaml';
import { KUBE_YAML } from '../../../core/kube-yaml.ts';
import { SOURCE_KINDS } from './plugin-parameters.ts';
import { isRecord, type FoundApplication, type Json, type Skipped, type SourcePlace } from './types.ts';

const IGNORED = new Set(['node_modules', 'vendor', 'dist']);
const MAX_FILE_BYTES = 1024 * 1024;

export interface Findings {
  applications: FoundApplication[];
  skipped: Skipped[];
}

/** Everything below `root`, except hidden folders and the templates of charts. */
export function findApplications(root: string): Findings {
  const findings: Findings = { applications: [], skipped: [] };
  for (const file of yamlFiles(root, '')) readFile(root, file, findings);
  return findings;
}

function yamlFiles(root: string, folder: string): string[] {
  const absolute = path.join(root, folder);
  const isChart = existsSync(path.join(absolute, 'Chart.yaml'));
  return readdirSync(absolute, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.posix.join(folder, entry.name);
      if (entry.isFile()) return /\.ya?ml$/.test(entry.name) ? [file] : [];
      const isLeftOut = entry.name.startsWith('.') || IGNORED.has(entry.name);
      if (!entry.isDirectory() || isLeftOut || (isChart && entry.name === 'templates')) return [];
      return yamlFiles(root, file);
    });
}

function readFile(root: string, file: string, findings: Findings): void {
  const absolute = path.join(root, file);
  if (statSync(absolute).size > MAX_FILE_BYTES) return;
  const text = readFileSync(absolute, 'utf8');
  if (!text.includes('argoproj.io/')) return;
  // As Argo CD gets it; whole numbers keep their digits.
  const parsed = parseAllDocuments(text, { ...KUBE_YAML, intAsBigInt: true });
  const documents = Array.isArray(parsed) ? parsed : [];
  for (const document of documents) {
    const object: unknown = document.errors.length === 0 ? document.toJS() : undefined;
    if (!isRecord(object) || !String(object['apiVersion']).startsWith('argoproj.io/')) continue;
    const what = `${String(object['kind'])} ${nameOf(object)} (${file})`;
    if (object['kind'] === 'ApplicationSet') {
      findings.skipped.push({
        what,
        why: 'an ApplicationSet is yours to change: give its template "plugin: { name: stageline }"',
      });
    }
    if (object['kind'] !== 'Application') continue;
    const found = readApplication(root, { file, text, document, object });
    if (typeof found === 'string') findings.skipped.push({ what, why: found });
    else findings.applications.push(found);
  }
}

interface Read {
  file: string;
  text: string;
  document: Document;
  object: Json;
}

/** The application, or why it is left alone. */
function readApplication(root: string, read: Read): FoundApplication | string {
  const spec = isRecord(read.object['spec']) ? read.object['spec'] : {};
  const metadata = isRecord(read.object['metadata']) ? read.object['metadata'] : {};
  const { source } = spec;
  if (spec['sources'] !== undefined)
    return 'it has several sources: give one of them the plugin, and the others that need it role: inject-only (docs/plugin-options.md)';
  if (spec['sourceHydrator'] !== undefined) return 'it uses the source hydrator';
  if (!isRecord(source)) return 'it has no spec.source';
  if (source['chart'] !== undefined) return 'its chart comes from a Helm repository, not from Git';
  if (typeof source['path'] !== 'string') return 'its source has no path';
  const folder = source['path'].replace(/^\.\//, '').replace(/\/+$/, '') || '.';
  if (!isInside(root, folder)) return `its path ${source['path']} is not in this repository`;
  const plugin = isRecord(source['plugin']) ? source['plugin'] : undefined;
  if (source['plugin'] !== undefined && plugin?.['name'] !== 'stageline') return 'it uses another plugin';
  const place = sourcePlace(read);
  if (place === undefined) return 'its source is written in one line; write it as a block and try again';
  return {
    file: read.file,
    name: nameOf(read.object),
    namespace: typeof metadata['namespace'] === 'string' ? metadata['namespace'] : undefined,
    path: folder,
    targetRevision: typeof source['targetRevision'] === 'string' ? source['targetRevision'] : 'HEAD',
    source,
    place,
    isDone: plugin !== undefined,
  };
}

function nameOf(object: Json): string {
  const metadata = object['metadata'];
  return isRecord(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '?';
}

function isInside(root: string, folder: string): boolean {
  const absolute = path.resolve(root, folder);
  const isBelow = absolute === root || absolute.startsWith(`${root}${path.sep}`);
  return isBelow && existsSync(absolute) && statSync(absolute).isDirectory();
}

/** Undefined for a source in flow style, which has no lines of its own. */
function sourcePlace({ text, document }: Read): SourcePlace | undefined {
  const node = document.getIn(['spec', 'source'], true);
  if (!isMap(node) || node.flow === true) return undefined;
  const map: YAMLMap = node;
  const first = map.items[0];
  const start = keyStart(first);
  if (start === undefined) return undefined;
  const replaced = map.items
    .filter(({ key }) => isScalar(key) && SOURCE_KINDS.some((kind) => kind === key.value))
    .flatMap((pair) => lines(text, pair));
  const pathPair = map.items.find(({ key }) => isScalar(key) && key.value === 'path');
  const insertAt = pathPair === undefined ? undefined : lines(text, pathPair)[0]?.end;
  if (insertAt === undefined) return undefined;
  return { indent: start - lineStart(text, start), replaced, insertAt };
}

function keyStart(pair: Pair | undefined): number | undefined {
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}

/** The whole lines of a field, its line break included. */
function lines(text: string, pair: Pair): { start: number; end: number }[] {
  const start = keyStart(pair);
  if (start === undefined) return [];
  const value: unknown = pair.value;
  const range = typeof value === 'object' && value !== null && 'range' in value ? value.range : undefined;
  const valueEnd = Array.isArray(range) && typeof range[1] === 'number' ? range[1] : start;
  const last = text.slice(0, Math.max(valueEnd, start + 1)).trimEnd().length;
  const lineBreak = text.indexOf('\n', last);
  return [{ start: lineStart(text, start), end: lineBreak === -1 ? text.length : lineBreak + 1 }];
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}
