/** Auto-merge at Gitea and Forgejo: a merge that is scheduled for when the checks have succeeded. */
import { StagelineError } from '../../../../core/errors.ts';
import { failure, success } from '../result.ts';
import type { AutoMergeOutcome, MergeMethod, PullRequest, Result } from '../types.ts';
import type { Answered, GiteaClient } from './client.ts';
import { Anything, Repository } from './schema.ts';
import { readPullRequest } from './pull-requests.ts';

/** How long the host may look at a new request for conflicts; it answers 405 meanwhile. */
const LOOKING = { tries: 6, waitMs: 1000 };

const TRY_LATER = /try again later/i;

/** Gitea schedules a method that the repository does not allow, and then never merges. */
const ALLOWED = {
  merge: 'allow_merge_commits',
  squash: 'allow_squash_merge',
  rebase: 'allow_rebase',
} as const satisfies Record<MergeMethod, string>;

/**
 * The commit is compared before the merge is scheduled, and by the host if it merges at once; a scheduled merge takes
 * what is pushed later too. Forgejo merges at once where nothing is required, Gitea some seconds later.
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
  const refused = await unlessAllowed(client, wanted.method);
  if (refused.status !== 'success') return refused;
  let scheduled = await schedule(client, number, wanted);
  for (let tried = 1; tried < LOOKING.tries && isLooking(scheduled); tried += 1) {
    await client.options.sleep(LOOKING.waitMs, client.options.signal);
    scheduled = await schedule(client, number, wanted);
  }
  if (scheduled.status !== 'success') return scheduled;
  const waiting = waitingOf(scheduled.value);
  if (waiting) return afterRefusal(client, waiting);
  const after = await readPullRequest(client, number);
  const isMerged = after.status === 'success' && after.value.state.name === 'merged';
  return success({ outcome: isMerged ? 'merged' : 'enabled' });
}

async function unlessAllowed(client: GiteaClient, method: MergeMethod): Promise<Result<undefined>> {
  const known = await client.call(client.acts.readRepository, Repository, { method: 'GET', path: [] });
  if (known.status !== 'success') return known;
  if (known.value[ALLOWED[method]] !== false) return success(undefined);
  return failure(
    new StagelineError(`${client.slug} does not allow the merge method "${method}"`, {
      code: 'PROVIDER_REFUSED',
      hint: 'Allow it in the repository’s settings, or name another one in autoMerge of the pipeline file',
      blame: 'setup',
    }),
  );
}

function schedule(
  client: GiteaClient,
  number: number,
  wanted: { head: string; method: MergeMethod },
): Promise<Result<unknown>> {
  return client.call<unknown>(
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
}

/** The same words are the answer to a conflict. */
function isLooking(answer: Result<unknown>): boolean {
  const words = answer.status === 'success' ? waitingOf(answer.value)?.words : undefined;
  return words !== undefined && TRY_LATER.test(words);
}

function waitingOf(value: unknown): Answered | undefined {
  if (typeof value !== 'object' || value === null || !('waiting' in value)) return undefined;
  const { waiting } = value;
  if (typeof waiting !== 'object' || waiting === null || !('words' in waiting)) return undefined;
  return { status: 405, words: String(waiting.words) };
}

/** 405 is "not yet" as well as "never by this token"; only the words tell. */
function afterRefusal(client: GiteaClient, { words }: Answered): Result<AutoMergeOutcome> {
  if (!/not allowed to merge/i.test(words)) return success({ outcome: 'waiting', reason: reasonOf(words) });
  return failure(
    new StagelineError(`the token may not merge pull requests of ${client.slug} (405): ${words}`, {
      code: 'PROVIDER_RIGHT',
      hint: 'Let the token’s user merge into this branch in the branch protection, or take auto-merge out of the pipeline file',
      blame: 'setup',
    }),
  );
}

function reasonOf(words: string): string {
  if (!TRY_LATER.test(words)) return words || 'not mergeable yet';
  return `it conflicts with its base, or the host still looks whether it does: ${words}`;
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
