/** Commit statuses at Gitea and Forgejo. */
import { mapResult, success } from '../result.ts';
import { isSameStatus } from '../same-status.ts';
import { bounded } from '../text.ts';
import type { CommitStatus, KnownStatus, Result, StatusState } from '../types.ts';
import type { GiteaClient } from './client.ts';
import { Anything, Status } from './schema.ts';

const DESCRIPTION_LIMIT = 255;

/** A warning is no success to whoever waits for one; what was skipped stands in nobody's way. */
const STATES: Readonly<Record<string, StatusState>> = { warning: 'failure', skipped: 'success' };

/** Several of one context may have the same second; the highest id is the current one. */
export async function readStatuses(client: GiteaClient, commit: string): Promise<Result<KnownStatus[]>> {
  const all = await client.list(client.acts.readStatuses, Status, {
    method: 'GET',
    path: ['statuses', commit],
  });
  return mapResult(all, (entries) => {
    const ordered = entries.toSorted((a, b) => a.id - b.id);
    return [...new Map(ordered.map((entry) => [entry.context, entry])).values()].map((entry) => ({
      context: entry.context,
      state: STATES[entry.status] ?? stateOf(entry.status),
      description: entry.description ?? '',
      ...(entry.target_url ? { targetUrl: entry.target_url } : {}),
      creator: entry.creator?.login,
      at: entry.created_at,
    }));
  });
}

function stateOf(text: string): StatusState {
  return (['pending', 'success', 'failure', 'error'] as const).find((state) => state === text) ?? 'error';
}

export async function setStatus(
  client: GiteaClient,
  commit: string,
  status: CommitStatus,
): Promise<Result<{ changed: boolean }>> {
  const wanted = { ...status, description: bounded(status.description, DESCRIPTION_LIMIT) };
  const known = await readStatuses(client, commit);
  if (known.status !== 'success') return known;
  if (known.value.some((entry) => isSameStatus(entry, wanted))) return success({ changed: false });
  const written = await client.call(
    client.acts.writeStatuses,
    Anything,
    {
      method: 'POST',
      path: ['statuses', commit],
      body: {
        context: wanted.context,
        state: wanted.state,
        description: wanted.description,
        ...(wanted.targetUrl === undefined ? {} : { target_url: wanted.targetUrl }),
      },
    },
    { 500: () => refusalIfMissing(client, commit) },
  );
  return mapResult(written, () => ({ changed: true }));
}

/** Both hosts answer 500, which says "try again", for a commit that they do not have. */
async function refusalIfMissing(client: GiteaClient, commit: string): Promise<Result<unknown> | undefined> {
  const act = { ...client.acts.readStatuses, object: `commit ${commit.slice(0, 12)}` };
  const found = await client.call(act, Anything, { method: 'GET', path: ['git', 'commits', commit] });
  return found.status === 'failure' ? found : undefined;
}
