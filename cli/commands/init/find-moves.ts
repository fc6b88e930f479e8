/** What moves from stage to stage: image tags in values files, images of a kustomization, versions of sub-charts. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { StagelineError } from '../../../core/errors.ts';
import type { Move } from '../../../core/pipeline/schema.ts';
import { isRecord, type PlannedPipeline, type PlannedStage } from './types.ts';

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const VERSION_KEYS = new Set(['tag', 'digest', 'imageTag']);

/** `keys` are those that the user named. Errors: `INIT_NOTHING_MOVES`. */
export function findMoves(root: string, pipeline: PlannedPipeline, keys: readonly string[]): Move[] {
  const { stages } = pipeline;
  const helm = helmMove(root, stages, keys);
  const images = inEvery(root, stages, KUSTOMIZATIONS, imageNames);
  const charts = inEvery(root, stages, ['Chart.yaml'], dependencyNames);
  const moves: Move[] = [
    ...(helm === undefined ? [] : [helm]),
    ...(images.length === 0 ? [] : [{ kustomizeImages: { names: images } }]),
  ];
  if (moves.length > 0) return moves;
  if (charts.length > 0) return [{ chartVersions: { dependencies: charts } }];
  throw new StagelineError(
    `the stages ${stages.map(({ name }) => name).join(', ')} of ${pipeline.name} have no version in common that could move`,
    {
      code: 'INIT_NOTHING_MOVES',
      hint: 'Name the value that is the version, for example --key image.tag; each stage needs a file of its own for it',
    },
  );
}

function helmMove(root: string, stages: readonly PlannedStage[], keys: readonly string[]): Move | undefined {
  const shared = new Set(stages.map(({ application }) => application.path)).size < stages.length;
  for (const file of filePatterns(stages)) {
    // Two stages with one file would both get the version at once.
    if (shared && !file.includes('{stage}')) continue;
    const perStage = stages.map(({ name, application }) =>
      versionKeys(path.join(root, application.path, file.replaceAll('{stage}', name)), keys),
    );
    const common = (perStage[0] ?? []).filter((key) => perStage.every((found) => found.includes(key)));
    if (common.length === 0) continue;
    return { helmValues: { ...(file === 'values.yaml' ? {} : { file }), keys: common } };
  }
  return undefined;
}

/** Value files of the first stage, the stage's own before shared ones, with its name as {stage}. */
function filePatterns(stages: readonly PlannedStage[]): string[] {
  const first = stages[0];
  if (first === undefined) return [];
  const helm = first.application.source['helm'];
  const named: unknown = isRecord(helm) ? helm['valueFiles'] : undefined;
  const files = (Array.isArray(named) ? named : []).filter(
    (file): file is string => typeof file === 'string' && !/^[/]|\.\.|:\/\/|[$*?[{]/.test(file),
  );
  const patterns = [...files.toReversed(), 'values.yaml'].map((file) =>
    file.replaceAll(new RegExp(`(?<![a-z0-9])${first.name}(?![a-z0-9])`, 'g'), '{stage}'),
  );
  return [...new Set(patterns)].toSorted(
    (a, b) => Number(b.includes('{stage}')) - Number(a.includes('{stage}')),
  );
}

function versionKeys(file: string, wanted: readonly string[]): string[] {
  const values = readYaml(file);
  if (values === undefined) return [];
  const leaves = [...scalarPaths(values, [])];
  if (wanted.length > 0) return leaves.map((leaf) => leaf.join('.')).filter((key) => wanted.includes(key));
  return leaves.filter((leaf) => VERSION_KEYS.has(leaf.at(-1) ?? '')).map((leaf) => leaf.join('.'));
}

function* scalarPaths(value: unknown, at: readonly string[]): Generator<string[]> {
  if (isRecord(value)) {
    for (const [key, entry] of Object.entries(value)) {
      if (!/[.\s]/.test(key)) yield* scalarPaths(entry, [...at, key]);
    }
  } else if ((typeof value === 'string' && value !== '') || typeof value === 'number') yield [...at];
}

/** Names that a file has in every stage; none if two stages share it. */
function inEvery(
  root: string,
  stages: readonly PlannedStage[],
  fileNames: readonly string[],
  namesIn: (content: unknown) => string[],
): string[] {
  const folders = stages.map(({ application }) => path.join(root, application.path));
  if (new Set(folders).size < folders.length) return [];
  const perStage = folders.map((folder) =>
    namesIn(fileNames.map((name) => readYaml(path.join(folder, name))).find((content) => content)),
  );
  return (perStage[0] ?? []).filter((name) => perStage.every((names) => names.includes(name)));
}

function imageNames(content: unknown): string[] {
  return namesOf(isRecord(content) ? content['images'] : undefined, (image) =>
    ['newTag', 'digest'].some((field) => typeof image[field] === 'string'),
  );
}

/** Sub-charts of the same repository have no version of their own that could move. */
function dependencyNames(content: unknown): string[] {
  return namesOf(isRecord(content) ? content['dependencies'] : undefined, (dependency) =>
    /^(https?|oci):/.test(String(dependency['repository'])),
  );
}

function namesOf(list: unknown, counts: (entry: Record<string, unknown>) => boolean): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry) =>
    isRecord(entry) && typeof entry['name'] === 'string' && counts(entry) ? [entry['name']] : [],
  );
}

/** Undefined if there is no such file, or it is no YAML mapping. */
function readYaml(file: string): Record<string, unknown> | undefined {
  if (!existsSync(file)) return undefined;
  const document = parseDocument(readFileSync(file, 'utf8'));
  const content: unknown = document.errors.length === 0 ? document.toJS() : undefined;
  return isRecord(content) ? content : undefined;
}
