/** The error of a place in a target's file that a promotion cannot change. */
import { StagelineError } from '../../core/errors.ts';

/** `PROMOTION_KEY`: names file, key and cure. */
export function editProblem(file: string, key: string, problem: string): StagelineError {
  return new StagelineError(`${key} in ${file} ${problem}`, {
    code: 'PROMOTION_KEY',
    hint: 'Give it a plain value of its own in the target stage, or take it out of "moves"',
  });
}
