/** Reads the versions that move, from the files that the pipeline file names. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { StagelineError, messageOf } from '../core/errors.ts';
import { makeFreight, type Freight, type FreightItem } from '../core/freight.ts';
import type { Move } from '../core/pipeline/schema.ts';

/** Absolute path of a file of the stage, kept inside the repository, and its name for messages. */
export type LocateFile = (file: string) => { absolute: string; shown: string };

/** Reads a stage's freight. Errors: `FREIGHT_FILE`, `FREIGHT_KEY` that name file and key. */
export function readFreight(moves: readonly Move[], stage: string, locate: LocateFile): Freight {
  const open = memoised((file: string) => openYaml(locate(file.replaceAll('{stage}', stage))));
  return makeFreight(
    moves.flatMap((move) => itemsOf(move, open, (file) => locate(file.replaceAll('{stage}', stage)))),
  );
}

interface OpenFile {
  document: Document;
  shown: string;
}

function itemsOf(move: Move, open: (file: string) => OpenFile, locate: LocateFile): FreightItem[] {
  if (move.helmValues) {
    const file = move.helmValues.file ?? 'values.yaml';
    return move.helmValues.keys.map((key) => ({
      kind: 'helm-value',
      file,
      key,
      value: valueAt(open(file), key),
    }));
  }
  if (move.kustomizeImages) {
    const file = move.kustomizeImages.file ?? 'kustomization.yaml';
    return move.kustomizeImages.names.map((key) => ({
      kind: 'kustomize-image',
      file,
      key,
      value: fromEntry(open(file), { list: 'images', name: key, fields: ['digest', 'newTag'] }),
    }));
  }
  if (move.chartVersions) {
    const file = move.chartVersions.file ?? 'Chart.yaml';
    return move.chartVersions.dependencies.map((key) => ({
      kind: 'chart-version',
      file,
      key,
      value: fromEntry(open(file), { list: 'dependencies', name: key, fields: ['version'] }),
    }));
  }
  return (move.files ?? []).map((file) => ({
    kind: 'file',
    file,
    key: '',
    value: createHash('sha256')
      .update(read(locate(file)))
      .digest('hex'),
  }));
}

/** The text of a scalar at a dotted path; list indices are numbers. As written: 1.10 stays 1.10. */
function valueAt(file: OpenFile, key: string): string {
  let node: unknown = file.document.contents;
  for (const part of key.split('.')) {
    if (isMap(node))
      node = node.items.findLast((pair) => isScalar(pair.key) && String(pair.key.value) === part)?.value;
    else if (isSeq(node) && /^\d+$/.test(part)) node = node.items[Number(part)];
    else node = undefined;
  }
  const text = scalarText(node);
  if (text !== undefined) return text;
  throw missing(file, `has no value "${key}"`, 'Add it, or take it out of "moves" in the pipeline file');
}

function fromEntry(file: OpenFile, place: { list: string; name: string; fields: string[] }): string {
  const list: unknown = file.document.get(place.list, true);
  const entry = isSeq(list)
    ? list.items.find((item) => isMap(item) && scalarText(item.get('name', true)) === place.name)
    : undefined;
  if (!isMap(entry)) {
    throw missing(
      file,
      `has no entry "${place.name}" under ${place.list}`,
      'Add it, or take it out of "moves" in the pipeline file',
    );
  }
  for (const field of place.fields) {
    const text = scalarText(entry.get(field, true));
    if (text !== undefined) return text;
  }
  throw missing(file, `says no ${place.fields.join(' or ')} for "${place.name}"`, 'Add it to the entry');
}

function scalarText(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  if (node.type === 'PLAIN') {
    const source = node.source ?? '';
    return source === '' || source === '~' || source === 'null' ? undefined : source;
  }
  return typeof node.value === 'string' && node.value !== '' ? node.value : undefined;
}

function openYaml(file: { absolute: string; shown: string }): OpenFile {
  const lines = new LineCounter();
  const document = parseDocument(read(file).toString('utf8'), {
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
  });
  const error = document.errors[0];
  if (error === undefined) return { document, shown: file.shown };
  throw new StagelineError(`${file.shown}:${lines.linePos(error.pos[0]).line}: ${error.message}`, {
    code: 'FREIGHT_FILE',
    hint: 'Mend the YAML on that line',
    cause: error,
  });
}

function read(file: { absolute: string; shown: string }): Buffer {
  try {
    return readFileSync(file.absolute);
  } catch (cause) {
    throw new StagelineError(`${file.shown} cannot be read: ${messageOf(cause).replace(/, \w+ '.*$/, '')}`, {
      code: 'FREIGHT_FILE',
      hint: '"moves" in the pipeline file names it: add the file, or change "moves"',
      cause,
    });
  }
}

function missing(file: OpenFile, problem: string, hint: string): StagelineError {
  return new StagelineError(`${file.shown} ${problem}`, { code: 'FREIGHT_KEY', hint });
}

function memoised<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}
