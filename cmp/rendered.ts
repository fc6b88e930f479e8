/** A finished render. */
import type { Plan, PlannedCommit } from '../core/plan.ts';
import type { Edit } from './inject/types.ts';

export interface Rendered {
  /** What the renderer wrote; one character is one byte. */
  stream: string;
  /** What is put into it, in order. */
  edits: Edit[];
  /** Our own objects, after it. */
  appended: string;
  objects: number;
  commit: PlannedCommit;
  traceparent: string | undefined;
  plan: Plan | undefined;
}
