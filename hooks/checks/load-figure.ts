/** Figures that a load test of the same attempt left in the ledger. */
import { StagelineError } from '../../core/errors.ts';
import type { CheckContext } from './types.ts';

/**
 * The newest record of the load test that has figures decides. Those of other attempts are stale, and so are,
 * after the deployment, those from before it. `at` is when the load test ended. Errors: `FIGURE_MISSING`.
 */
export function loadFigure(
  context: Pick<CheckContext, 'attempt' | 'phase'>,
  wanted: { load: string; figure: string },
): { value: number; at?: string } {
  const isBefore = context.phase === 'pre-deployment';
  const records = context.attempt.phases
    .filter((phase) => isBefore || phase.name !== 'pre-deployment')
    .flatMap((phase) => phase.checks)
    .filter((check) => check.name === wanted.load && check.figures !== undefined);
  const newest = records.at(-1);
  const value = newest?.figures?.[wanted.figure];
  if (value !== undefined && Number.isFinite(value))
    return { value, ...(newest?.finishedAt === undefined ? {} : { at: newest.finishedAt }) };
  throw new StagelineError(
    `load test "${wanted.load}" left no figure "${wanted.figure}" in this attempt${isBefore ? '' : ' since the deployment'}`,
    {
      code: 'FIGURE_MISSING',
      hint: 'Run the load test in an earlier step of the same phase',
    },
  );
}
