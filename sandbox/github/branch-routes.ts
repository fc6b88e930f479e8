/** Branches, their protection and rules. */
import { notFound, type Route, type RouteAnswer, type RouteCall } from './route.ts';
import { headOf } from './state.ts';

export const branchRoutes: Readonly<Record<string, Route>> = {
  'GET /repos/{owner}/{repo}/branches/{branch}': { needs: { anyOf: [['contents', 'read']] }, handle: branch },
  'GET /repos/{owner}/{repo}/branches/{branch}/protection': {
    needs: { anyOf: [['administration', 'read']] },
    handle: protection,
  },
  'GET /repos/{owner}/{repo}/rules/branches/{branch}': {
    needs: { anyOf: [['metadata', 'read']] },
    handle: rules,
  },
};

async function branch({ repository, path, answers }: RouteCall): Promise<RouteAnswer> {
  const name = path['branch'] ?? '';
  const commit = await headOf(repository, name);
  if (commit === undefined) {
    return { status: 404, body: { message: 'Branch not found', documentation_url: '', status: '404' } };
  }
  const known = repository.seed.protection?.[name];
  return {
    status: 200,
    body: answers.branch(name, commit, known?.classic ? (known.checks ?? []) : undefined),
  };
}

function protection({ repository, path, answers }: RouteCall): RouteAnswer {
  const known = repository.seed.protection?.[path['branch'] ?? ''];
  if (!known?.classic) return notFound;
  return { status: 200, body: answers.protection(known.checks ?? [], known.approvals ?? 0) };
}

function rules({ repository, path }: RouteCall): RouteAnswer {
  const known = repository.seed.protection?.[path['branch'] ?? ''];
  if (!known || known.classic) return { status: 200, body: [] };
  const source = { ruleset_source_type: 'Repository', ruleset_source: repository.slug, ruleset_id: 1 };
  const checks = (known.checks ?? []).map((context) => ({ context }));
  return {
    status: 200,
    body: [
      {
        ...source,
        type: 'pull_request',
        parameters: {
          required_approving_review_count: known.approvals ?? 0,
          dismiss_stale_reviews_on_push: false,
          require_code_owner_review: false,
          require_last_push_approval: false,
          required_review_thread_resolution: false,
        },
      },
      {
        ...source,
        type: 'required_status_checks',
        parameters: { required_status_checks: checks, strict_required_status_checks_policy: false },
      },
    ],
  };
}
