/** Commit statuses at GitHub. */
import { mapResult, success } from '../result.ts';
import { isSameStatus } from '../same-status.ts';
import { bounded } from '../text.ts';
import type { CommitStatus, KnownStatus, Result } from '../types.ts';
import type { GitHubClient } from './client.ts';
import { allPages } from './pages.ts';
import { Anything, Status } from './schema.ts';

/** GitHub refuses longer ones. */
const DESCRIPTION_LIMIT = 140;

/** GitHub lists them newest first and keeps older ones of the same context. */
export async function readStatuses(client: GitHubClient, commit: string): Promise<Result<KnownStatus[]>> {
  const all = await allPages(
    client,
    client.acts.readStatuses,
    Status,
    (page) => (request) =>
      request('GET /repos/{owner}/{repo}/commits/{ref}/statuses', { ...client.place, ref: commit, ...page }),
  );
  return mapResult(all, (entries) => {
    const current = new Map<string, KnownStatus>();
    for (const entry of entries) {
      if (current.has(entry.context)) continue;
      current.set(entry.context, {
        context: entry.context,
        state: entry.state,
        description: entry.description ?? '',
        ...(entry.target_url ? { targetUrl: entry.target_url } : {}),
        creator: entry.creator?.login,
        at: entry.created_at,
      });
    }
    return [...current.values()];
  });
}

export async function setStatus(
  client: GitHubClient,
  commit: string,
  status: CommitStatus,
): Promise<Result<{ changed: boolean }>> {
  const wanted = { ...status, description: bounded(status.description, DESCRIPTION_LIMIT) };
  const known = await readStatuses(client, commit);
  if (known.status !== 'success') return known;
  if (known.value.some((entry) => isSameStatus(entry, wanted))) return success({ changed: false });
  const written = await client.call(client.acts.writeStatuses, Anything, (request) =>
    request('POST /repos/{owner}/{repo}/statuses/{sha}', {
      ...client.place,
      sha: commit,
      state: wanted.state,
      context: wanted.context,
      description: wanted.description,
      ...(wanted.targetUrl === undefined ? {} : { target_url: wanted.targetUrl }),
    }),
  );
  return mapResult(written, () => ({ changed: true }));
}
