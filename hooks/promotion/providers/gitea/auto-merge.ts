/** Auto-merge at Gitea and Forgejo: a merge that is scheduled for when the checks have succeeded. */
import { StagelineError } from '../../../../core/errors.ts';
import { failure, success } from '../result.ts';
import type { AutoMergeOutcome, MergeMethod, PullRequest, Result } from '../types.ts';
import type { Answered, GiteaClient } from './client.ts';
import { Anything } from './schema.ts';
import { readPullRequest } from './pull-requests.ts';

/**
 * The commit is compared before the merge is scheduled, and by the host if it merges at once; a scheduled merge takes
 * what is pushed later too.
 */
export async function autoMerge(
  client: GiteaClient,
  number: number,
  wanted: { head: string; method: MergeMethod },
): Promise<Result<AutoMergeOutcome>> {
  const known = await readPullRequest(client, number);
  if (known.status !== 'success') return known;
  if (known.value.state.name === 'merged') return success({ outcome: 'merged' });
  const obstacle = obstacleOf(known.value, wanted.head);
  if (obstacle !== undefined) return failure(conflict(`pull request ${number} ${obstacle}`));
  const scheduled = await client.call<unknown>(
    client.acts.merge,
    Anything,
    {
      method: 'POST',
      path: ['pulls', number, 'merge'],
      body: { Do: wanted.method, head_commit_id: wanted.head, merge_when_checks_succeed: true },
    },
    {
      405: (answer) => success({ waiting: answer }),
      409: (answer) => (/already scheduled/i.test(answer.words) ? success(undefined) : undefined),
    },
  );
  if (scheduled.status !== 'success') return scheduled;
  const waiting = waitingOf(scheduled.value);
  if (waiting) return afterRefusal(client, waiting);
  const after = await readPullRequest(client, number);
  const isMerged = after.status === 'success' && after.value.state.name === 'merged';
  return success({ outcome: isMerged ? 'merged' : 'enabled' });
}

function waitingOf(value: unknown): Answered | undefined {
  if (typeof value !== 'object' || value === null || !('waiting' in value)) return undefined;
  const { waiting } = value;
  if (typeof waiting !== 'object' || waiting === null || !('words' in waiting)) return undefined;
  return { status: 405, words: String(waiting.words) };
}

/** 405 is "not yet" as well as "never by this token"; only the words tell. */
function afterRefusal(client: GiteaClient, { words }: Answered): Result<AutoMergeOutcome> {
  if (!/not allowed to merge/i.test(words))
    return success({ outcome: 'waiting', reason: words || 'not mergeable yet' });
  return failure(
    new StagelineError(`the token may not merge pull requests of ${client.slug} (405): ${words}`, {
      code: 'PROVIDER_RIGHT',
      hint: 'Let the token’s user merge into this branch in the branch protection, or take auto-merge out of the pipeline file',
      blame: 'setup',
    }),
  );
}

function obstacleOf(pull: PullRequest, head: string): string | undefined {
  if (pull.state.name === 'closed') return 'is closed';
  if (pull.draft) return 'is a draft';
  if (pull.head.commit === head) return undefined;
  return `has another commit (${pull.head.commit.slice(0, 12)}) than the promotion's`;
}

function conflict(message: string): StagelineError {
  return new StagelineError(message, {
    code: 'PROVIDER_CONFLICT',
    hint: 'Look at the pull request at the host',
    blame: 'setup',
  });
}
