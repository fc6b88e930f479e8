/** The files that hold a stage's versions; apart from reading them, which takes a parser. */
import type { Move } from '../core/pipeline/schema.ts';

/** Files of `moves`, with the stage's name in place of `{stage}`; as written, relative to the stage's path. */
export function freightFiles(moves: readonly Move[], stage: string): string[] {
  const files = moves.flatMap((move) => [
    ...(move.helmValues ? [move.helmValues.file ?? 'values.yaml'] : []),
    ...(move.kustomizeImages ? [move.kustomizeImages.file ?? 'kustomization.yaml'] : []),
    ...(move.chartVersions ? [move.chartVersions.file ?? 'Chart.yaml'] : []),
    ...(move.files ?? []),
  ]);
  return [...new Set(files.map((file) => file.replaceAll('{stage}', stage)))];
}
