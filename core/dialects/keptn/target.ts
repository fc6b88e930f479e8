/**
 * `evaluationTarget` of Keptn's objectives. Keptn takes `<` or `>` and a number, and fails on all else while the sync
 * waits; here all six operators work. Units are not taken: `5m` is minutes to one reader and 0.005 to another.
 */
import { parseTarget } from '../../target.ts';

/** The target as the plan writes it; undefined if the text is none. */
export function parseKeptnTarget(text: string): string | undefined {
  if (/[%a-df-zA-DF-Z]/.test(text)) return undefined;
  return parseTarget(text) === undefined ? undefined : text.replace(/\s+/g, '');
}
