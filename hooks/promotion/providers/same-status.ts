/** When a commit status needs no writing. */
import type { CommitStatus, KnownStatus } from './types.ts';

/** Whether a context has this very status already, so that nothing is to be written. */
export function isSameStatus(known: KnownStatus, wanted: CommitStatus): boolean {
  return (['context', 'state', 'description', 'targetUrl'] as const).every(
    (field) => known[field] === wanted[field],
  );
}
