/** What Gitea and Forgejo let a token do to a branch, and what the token may do at all. */
import { mapResult } from '../result.ts';
import type { BranchProtection, Result, Rights } from '../types.ts';
import type { GiteaClient } from './client.ts';
import { Branch, Repository } from './schema.ts';

/** The host itself says whether this token's user may push to the branch. */
export async function readProtection(client: GiteaClient, branch: string): Promise<Result<BranchProtection>> {
  const known = await client.call({ ...client.acts.readBranch, object: `branch ${branch}` }, Branch, {
    method: 'GET',
    path: ['branches', branch],
  });
  return mapResult(known, (answer) => ({
    directPush: answer.user_can_push ? 'allowed' : 'refused',
    requiredChecks:
      answer.protected && answer.enable_status_check ? (answer.status_check_contexts ?? []) : [],
    requiredApprovals: answer.protected ? (answer.required_approvals ?? 0) : 0,
    complete: true,
  }));
}

/** The user's role is told, the token's scopes are not. Whoever may read may open pull requests from a branch that is there. */
export async function readRights(client: GiteaClient): Promise<Result<Rights>> {
  const known = await client.call(client.acts.readRepository, Repository, { method: 'GET', path: [] });
  return mapResult(known, ({ permissions }) => {
    const writes = permissions?.push ? 'unknown' : 'no';
    return {
      read: 'yes',
      push: writes,
      'pull-requests': 'unknown',
      merge: writes,
      statuses: writes,
      workflows: writes,
    };
  });
}
