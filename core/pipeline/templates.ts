/** Places in braces in titles and inputs, looked at before a version is delivered in vain. */
import { PLACE, PLACES } from '../promotion/fill-in.ts';
import type { FieldPath } from './problems.ts';
import type { Move, Pipeline, Stage } from './schema.ts';

/** The first place of a stage that nothing fills in. */
export function unknownPlace(
  pipeline: Pipeline,
  stage: Stage,
): { path: FieldPath; place: string; known: string[] } | undefined {
  const versions = pipeline.moves.flatMap(keysOf).map((key) => `version:${key}`);
  for (const { path, text, known } of templatesOf(stage)) {
    const all = [...known, ...versions];
    const place = [...text.matchAll(PLACE)]
      .map((match) => match[1] ?? '')
      .find((name) => !all.includes(name));
    if (place !== undefined) return { path, place, known: all };
  }
  return undefined;
}

function templatesOf({
  promotion,
  rollback,
}: Stage): { path: FieldPath; text: string; known: readonly string[] }[] {
  const titles = [
    { path: ['promotion', 'pullRequest', 'title'], text: promotion?.pullRequest?.title },
    { path: ['rollback', 'pullRequest', 'title'], text: rollback?.pullRequest?.title },
  ];
  const inputs = Object.entries(promotion?.workflow?.inputs ?? {});
  return [
    ...titles.flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text, known: PLACES }])),
    ...inputs.map(([name, text]) => ({
      path: ['promotion', 'workflow', 'inputs', name],
      text,
      known: [...PLACES, 'promotionFile'],
    })),
  ];
}

function keysOf({ helmValues, kustomizeImages, chartVersions, files }: Move): readonly string[] {
  return helmValues?.keys ?? kustomizeImages?.names ?? chartVersions?.dependencies ?? files ?? [];
}
