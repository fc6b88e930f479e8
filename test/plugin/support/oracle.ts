/** Kubernetes' own decoder, asked through kubectl: what it sees in files, by the name of each object. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOOL_PATH } from '../../../cmp/testing/repository.ts';

/** An object as canonical JSON text, numbers as they are written. */
export interface Seen {
  name: string;
  annotations: Record<string, unknown>;
  /** Everything but the annotations. */
  rest: string;
}

const MARK = 'oracle.example/seen';

/**
 * Decodes files with `kubectl annotate --local -o json`. The answer has, for each file, its objects, or undefined if
 * Kubernetes rejects it.
 */
export function decodeAll(files: readonly Buffer[]): (Seen[] | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), 'stageline-oracle-'));
  try {
    files.forEach((content, index) => {
      writeFileSync(join(folder, `${number(index)}-a.yaml`), content);
      writeFileSync(join(folder, `${number(index)}-b.yaml`), endMark(index));
    });
    const result = spawnSync('kubectl', ['annotate', '--local', '-o', 'json', '-f', folder, `${MARK}=yes`], {
      encoding: 'utf8',
      env: { PATH: TOOL_PATH, HOME: '/nonexistent', KUBECONFIG: '/dev/null' },
      maxBuffer: 1 << 30,
    });
    if (result.error) throw result.error;
    const seenFiles = split(result.stdout);
    if (seenFiles.length !== files.length)
      throw new Error(`kubectl answered for ${seenFiles.length} of ${files.length} files`);
    const stderr = result.stderr.split('\n');
    const rejected = new Set(stderr.flatMap((line) => /(\d{6})-a\.yaml/.exec(line)?.[1] ?? []));
    const unplaced = stderr.filter((line) => line !== '' && !/\d{6}-a\.yaml/.test(line));
    if (unplaced.length > 0) throw new Error(`kubectl: ${unplaced.slice(0, 3).join('; ')}`);
    return seenFiles.map((objects, index) => (rejected.has(number(index)) ? undefined : objects));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function number(index: number): string {
  return String(index).padStart(6, '0');
}

/** An object after each file, so that what is printed can be told apart. */
function endMark(index: number): string {
  return `apiVersion: v1\nkind: EndOfFile\nmetadata:\n  name: end-${index}\n`;
}

function split(stdout: string): Seen[][] {
  const files: Seen[][] = [];
  let current: Seen[] = [];
  for (const text of stdout.split(/^(?=\{)/m)) {
    if (text.trim() === '') continue;
    const object = parseExactly(text);
    if (object['kind'] === 'EndOfFile') {
      files.push(current);
      current = [];
    } else current.push(seen(object));
  }
  return files;
}

function seen(object: Record<string, unknown>): Seen {
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const { [MARK]: _mark, ...annotations } = isRecord(metadata['annotations']) ? metadata['annotations'] : {};
  const { annotations: _annotations, ...others } = metadata;
  return {
    name: String(metadata['name']),
    annotations,
    rest: JSON.stringify({ ...object, metadata: others }),
  };
}

/** JSON with numbers as marked texts: a JavaScript number would round what must stay exact. kubectl sorts the keys. */
function parseExactly(text: string): Record<string, unknown> {
  const parse = JSON.parse as (
    source: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ) => unknown;
  const value = parse(text, (_key, member, context) =>
    typeof member === 'number' ? `number ${context.source}` : member,
  );
  if (isRecord(value)) return value;
  throw new Error('kubectl printed something that is no object');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
