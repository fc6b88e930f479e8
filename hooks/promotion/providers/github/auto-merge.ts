/** Auto-merge at GitHub: left to GitHub where something is still required, done at once where nothing is. */
import { StagelineError } from '../../../../core/errors.ts';
import { failure, success } from '../result.ts';
import type { AutoMergeOutcome, MergeMethod, Result } from '../types.ts';
import type { Answered, GitHubClient } from './client.ts';
import { readAnswer } from './pull-requests.ts';
import { GraphqlAnswer, MergeAnswer, type PullRequestAnswer } from './schema.ts';

interface Wanted {
  /** The only commit that may be merged. */
  head: string;
  method: MergeMethod;
}

/** Only GraphQL can enable auto-merge. */
const ENABLE = `mutation EnableAutoMerge($id: ID!, $method: PullRequestMergeMethod!, $head: GitObjectID!) {
  enablePullRequestAutoMerge(input: { pullRequestId: $id, mergeMethod: $method, expectedHeadOid: $head }) {
    pullRequest { number }
  }
}`;

export async function autoMerge(
  client: GitHubClient,
  number: number,
  wanted: Wanted,
): Promise<Result<AutoMergeOutcome>> {
  const known = await readAnswer(client, number);
  if (known.status !== 'success') return known;
  const pull = known.value;
  if (pull.merged_at) return success({ outcome: 'merged' });
  const obstacle = obstacleOf(pull, wanted.head);
  if (obstacle !== undefined) return failure(notMergeable(`pull request ${number} ${obstacle}`));
  if (pull.auto_merge) return success({ outcome: 'enabled' });
  const enabled = await client.ask(client.acts.autoMerge, GraphqlAnswer, (request) =>
    request('POST /graphql', {
      query: ENABLE,
      variables: { id: pull.node_id, method: wanted.method.toUpperCase(), head: wanted.head },
    }),
  );
  if (enabled.status !== 'success') return enabled;
  const [error] = enabled.value.value.errors ?? [];
  if (!error) return success({ outcome: 'enabled' });
  return afterRefusal(
    client,
    { number, ...wanted },
    { ...enabled.value, words: error.message, type: error.type },
  );
}

function obstacleOf(pull: PullRequestAnswer, head: string): string | undefined {
  if (pull.state === 'closed') return 'is closed';
  if (pull.draft) return 'is a draft';
  if (pull.head.sha !== head)
    return `has another commit (${pull.head.sha.slice(0, 12)}) than the promotion's`;
  return undefined;
}

/** GraphQL's errors have no codes for these; the words are those that GitHub's own command line tool looks for too. */
async function afterRefusal(
  client: GitHubClient,
  pull: Wanted & { number: number },
  answer: Answered & { type: string | undefined },
): Promise<Result<AutoMergeOutcome>> {
  const { words } = answer;
  if (answer.type === 'RATE_LIMITED')
    return client.explain(client.acts.autoMerge, { ...answer, status: 429 });
  if (/clean status|has_hooks status|protected branch rules not configured/i.test(words))
    return mergeNow(client, pull);
  if (/unstable status|unknown status|base branch was modified/i.test(words)) {
    return success({ outcome: 'waiting', reason: words });
  }
  if (/auto.?merge is not (allowed|enabled)/i.test(words)) {
    return failure(
      new StagelineError(`${client.slug} does not allow auto-merge`, {
        code: 'PROVIDER_AUTO_MERGE',
        hint: 'Turn on "Allow auto-merge" in the repository’s settings, or take auto-merge out of the pipeline file',
        blame: 'setup',
      }),
    );
  }
  const status = answer.type === 'FORBIDDEN' ? 403 : answer.type === 'NOT_FOUND' ? 404 : 422;
  return client.explain(client.acts.autoMerge, { ...answer, status });
}

async function mergeNow(
  client: GitHubClient,
  pull: Wanted & { number: number },
): Promise<Result<AutoMergeOutcome>> {
  const waiting = (answer: Answered): Result<{ merged: boolean; reason?: string }> =>
    success({ merged: false, reason: answer.words });
  const merged = await client.call<{ merged: boolean; reason?: string }>(
    client.acts.merge,
    MergeAnswer,
    (request) =>
      request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', {
        ...client.place,
        pull_number: pull.number,
        sha: pull.head,
        merge_method: pull.method,
      }),
    { 405: waiting },
  );
  if (merged.status !== 'success') return merged;
  const { reason = 'GitHub did not merge it' } = merged.value;
  return success(merged.value.merged ? { outcome: 'merged' } : { outcome: 'waiting', reason });
}

function notMergeable(message: string): StagelineError {
  return new StagelineError(message, {
    code: 'PROVIDER_CONFLICT',
    hint: 'Look at the pull request at the host',
    blame: 'setup',
  });
}
