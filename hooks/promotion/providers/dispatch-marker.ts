/** Telling a promotion's own workflow run among others: hosts keep no key of a dispatch. */
import type { DispatchFinding, DispatchQuery, WorkflowRun } from './types.ts';

/** Our clock and the host's may differ by as much. */
const CLOCK_SKEW_MS = 60_000;

/** A traceparent, or its trace and span ids, of whichever promotion. */
const ANY_MARKER = /[0-9a-f]{32}-[0-9a-f]{16}/;

/** From when on a run may be this dispatch's; RFC 3339, whole seconds. */
export function runsSince(query: Pick<DispatchQuery, 'since'>): string {
  return new Date(Date.parse(query.since) - CLOCK_SKEW_MS).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Runs with another promotion's marker are not ours; a run without any may be. */
export function findingOf(
  query: DispatchQuery,
  runs: readonly (WorkflowRun & { at: string | undefined })[],
): DispatchFinding {
  const marker = ANY_MARKER.exec(query.marker)?.[0] ?? query.marker;
  const own = runs.find((run) => run.title.includes(marker));
  if (own) return { found: 'yes', run: plainRun(own) };
  const since = Date.parse(runsSince(query));
  const candidates = runs.filter(
    (run) => !ANY_MARKER.test(run.title) && (run.at === undefined || Date.parse(run.at) >= since),
  );
  return candidates.length === 0 ? { found: 'no' } : { found: 'unclear', runs: candidates.map(plainRun) };
}

function plainRun({ id, url, title }: WorkflowRun): WorkflowRun {
  return { id, url, title };
}
