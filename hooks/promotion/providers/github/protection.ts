/** What GitHub lets a token do to a branch, and what the token may do at all. */
import type { z } from 'zod';
import { mapResult, success } from '../result.ts';
import type { BranchProtection, Result, RightName, Rights } from '../types.ts';
import type { GitHubClient } from './client.ts';
import { Branch, Protection, Repository, Rules } from './schema.ts';

/** Rules of rulesets that a direct push of a new commit breaks. */
const REFUSING_RULES = [
  'pull_request',
  'required_status_checks',
  'update',
  'merge_queue',
  'required_deployments',
  'workflows',
];

interface Part {
  refused: boolean;
  checks: string[];
  approvals: number;
  complete: boolean;
}

const NOTHING: Part = { refused: false, checks: [], approvals: 0, complete: true };
const HIDDEN: Part = { ...NOTHING, complete: false };

/**
 * Rulesets are open to every reader; classic protection in full only to administrators. Who may bypass either cannot
 * be read, so `refused` can be wrong for a token that may.
 */
export async function readProtection(
  client: GitHubClient,
  branch: string,
): Promise<Result<BranchProtection>> {
  const known = await client.call(
    { ...client.acts.readBranch, object: `branch ${branch}` },
    Branch,
    (request) => request('GET /repos/{owner}/{repo}/branches/{branch}', { ...client.place, branch }),
  );
  if (known.status !== 'success') return known;
  const rules = await readRules(client, branch);
  if (rules.status !== 'success') return rules;
  const isClassic = known.value.protected && known.value.protection?.enabled !== false;
  const classic: Result<Part> = isClassic ? await readClassic(client, branch) : success(NOTHING);
  if (classic.status !== 'success') return classic;
  const parts = [rules.value, classic.value, isClassic ? summaryOf(known.value) : NOTHING];
  const complete = parts.every((part) => part.complete);
  const refused = parts.some((part) => part.refused);
  return success({
    directPush: refused ? 'refused' : complete ? 'allowed' : 'unknown',
    requiredChecks: [...new Set(parts.flatMap((part) => part.checks))],
    requiredApprovals: Math.max(...parts.map((part) => part.approvals)),
    complete,
  });
}

function summaryOf(branch: z.output<typeof Branch>): Part {
  const checks = branch.protection?.required_status_checks;
  if (!checks || checks.enforcement_level === 'off') return NOTHING;
  return { ...NOTHING, refused: checks.contexts.length > 0, checks: checks.contexts };
}

/** Enterprise Servers before 3.11 have no rulesets. */
async function readRules(client: GitHubClient, branch: string): Promise<Result<Part>> {
  const rules = await client.call<Rules>(
    client.acts.readBranch,
    Rules,
    (request) =>
      request('GET /repos/{owner}/{repo}/rules/branches/{branch}', {
        ...client.place,
        branch,
        per_page: 100,
      }),
    { 404: () => success([]) },
  );
  return mapResult(rules, (entries) => ({
    refused: entries.some((rule) => REFUSING_RULES.includes(rule.type)),
    checks: entries
      .flatMap((rule) => rule.parameters?.required_status_checks ?? [])
      .map((check) => check.context),
    approvals: Math.max(0, ...entries.map((rule) => rule.parameters?.required_approving_review_count ?? 0)),
    complete: true,
  }));
}

async function readClassic(client: GitHubClient, branch: string): Promise<Result<Part>> {
  const schema = Protection.transform((protection): Part => {
    const checks = protection.required_status_checks?.contexts ?? [];
    return {
      refused: Boolean(protection.required_pull_request_reviews) || checks.length > 0,
      checks,
      approvals: protection.required_pull_request_reviews?.required_approving_review_count ?? 0,
      complete: !protection.restrictions,
    };
  });
  return client.call<Part>(
    client.acts.readProtection,
    schema,
    (request) =>
      request('GET /repos/{owner}/{repo}/branches/{branch}/protection', { ...client.place, branch }),
    { 403: () => success(HIDDEN), 404: () => success(HIDDEN) },
  );
}

const APP_RIGHTS: Readonly<Record<RightName, [permission: string, level: 'read' | 'write']>> = {
  read: ['contents', 'read'],
  push: ['contents', 'write'],
  'pull-requests': ['pull_requests', 'write'],
  merge: ['contents', 'write'],
  statuses: ['statuses', 'write'],
  workflows: ['actions', 'write'],
};

/** An App is told its permissions, a classic token its scopes; a fine-grained token only what its user may do. */
export async function readRights(client: GitHubClient): Promise<Result<Rights>> {
  const credential = await client.credential();
  if (credential.status !== 'success') return credential;
  const { permissions } = credential.value;
  if (permissions) {
    return success(
      rightsBy((right) => {
        const [name, level] = APP_RIGHTS[right];
        const has = permissions[name];
        return has === 'write' || has === 'admin' || has === level ? 'yes' : 'no';
      }),
    );
  }
  const known = await client.ask(client.acts.readRepository, Repository, (request) =>
    request('GET /repos/{owner}/{repo}', client.place),
  );
  if (known.status !== 'success') return known;
  const repository = known.value.value;
  if (!repository.permissions?.push) return success(rightsBy((right) => (right === 'read' ? 'yes' : 'no')));
  const scopes = known.value.headers['x-oauth-scopes'];
  if (scopes === undefined) return success(rightsBy((right) => (right === 'read' ? 'yes' : 'unknown')));
  const list = scopes.split(',').map((scope) => scope.trim());
  const covers = list.includes('repo') || (!repository.private && list.includes('public_repo'));
  return success(
    rightsBy((right) => {
      if (right === 'read' || covers) return 'yes';
      return right === 'statuses' && list.includes('repo:status') ? 'yes' : 'no';
    }),
  );
}

function rightsBy(of: (right: RightName) => Rights[RightName]): Rights {
  return {
    read: of('read'),
    push: of('push'),
    'pull-requests': of('pull-requests'),
    merge: of('merge'),
    statuses: of('statuses'),
    workflows: of('workflows'),
  };
}
