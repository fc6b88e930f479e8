/** Which stages a stage follows. Apart from the parser, so that a plan can be compiled without loading it. */
import type { Stage } from './schema.ts';

/** The stages that a stage follows, as a list. */
export function upstreamsOf(stage: Pick<Stage, 'after'>): string[] {
  const { after } = stage;
  if (after === undefined) return [];
  if (typeof after === 'string') return [after];
  if (Array.isArray(after)) return after;
  return 'all' in after ? after.all : after.any;
}
