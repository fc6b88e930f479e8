/** The one GraphQL mutation that GitHub has no REST route for: enabling auto-merge. */
import { nodeId } from './answers.ts';
import { isRecord, type JsonRecord } from './json.ts';
import { isBlocked } from './pull-routes.ts';
import { refusalFor, type Caller } from './access.ts';
import type { StoredRepository } from './state.ts';

/** GitHub's documentation of `enablePullRequestAutoMerge`: names and types of the variables that we use. */
const VARIABLES: Readonly<Record<string, { type: string; fits: (value: unknown) => boolean }>> = {
  id: { type: 'ID!', fits: (value) => typeof value === 'string' },
  method: {
    type: 'PullRequestMergeMethod!',
    fits: (value) => ['MERGE', 'SQUASH', 'REBASE'].includes(String(value)),
  },
  head: {
    type: 'GitObjectID!',
    fits: (value) => typeof value === 'string' && /^[0-9a-f]{40,64}$/.test(value),
  },
};

/** What is wrong with the request, for the stand-in's own record. */
export function graphqlProblems(body: unknown): string[] {
  if (!isRecord(body) || typeof body['query'] !== 'string') return ['POST /graphql needs a query'];
  const { query } = body;
  const variables = isRecord(body['variables']) ? body['variables'] : {};
  const problems = query.includes('enablePullRequestAutoMerge(')
    ? []
    : ['POST /graphql knows only auto-merge'];
  for (const [name, { type, fits }] of Object.entries(VARIABLES)) {
    if (!query.includes(`$${name}: ${type}`)) problems.push(`the query declares no $${name}: ${type}`);
    if (!fits(variables[name])) problems.push(`$${name} is no ${type}`);
  }
  return problems;
}

export function enableAutoMerge(
  body: JsonRecord,
  known: { repositories: readonly StoredRepository[]; caller: Caller },
): JsonRecord {
  const variables = isRecord(body['variables']) ? body['variables'] : {};
  const failed = (type: string, message: string): JsonRecord => ({
    data: { enablePullRequestAutoMerge: null },
    errors: [{ type, path: ['enablePullRequestAutoMerge'], message }],
  });
  for (const repository of known.repositories) {
    const pull = repository.pulls.find((candidate) => nodeId(repository, candidate) === variables['id']);
    if (!pull) continue;
    const refused = refusalFor(known.caller, repository, { anyOf: [['contents', 'write']] });
    if (refused) return failed('FORBIDDEN', refused.message);
    if (!repository.seed.allowAutoMerge) {
      return failed('UNPROCESSABLE', 'Pull request Auto merge is not allowed for this repository');
    }
    if (variables['head'] !== pull.headCommit)
      return failed('UNPROCESSABLE', 'Head sha didn’t match expected');
    if (!isBlocked({ repository }, pull))
      return failed('UNPROCESSABLE', 'Pull request Pull request is in clean status');
    pull.autoMerge = String(variables['method']).toLowerCase();
    return { data: { enablePullRequestAutoMerge: { pullRequest: { number: pull.number } } } };
  }
  return failed('NOT_FOUND', 'Could not resolve to a node with the global id');
}
