/** Commits, branches, statuses and workflow runs. */
import { headOf, type StoredStatus } from '../github/state.ts';
import { runBody, statusBody } from './answers.ts';
import { listOf, NOT_FOUND, refused, type GiteaAnswer, type GiteaCall } from './state.ts';

export function listStatuses(call: GiteaCall): GiteaAnswer {
  const own = call.repository.statuses.filter((status) => status.commit === call.path['sha']);
  return listOf(own, call, statusBody);
}

export function setStatus(call: GiteaCall): GiteaAnswer {
  const { repository, path, body, caller, now, nextId } = call;
  if (!isCommit(call)) return refused(500, '');
  const status: StoredStatus = {
    id: nextId(),
    commit: path['sha'] ?? '',
    context: String(body['context'] ?? 'default'),
    state: String(body['state']),
    description: String(body['description'] ?? ''),
    targetUrl: String(body['target_url'] ?? ''),
    creator: caller.login,
    at: now,
  };
  repository.statuses.push(status);
  return { status: 201, body: statusBody(status) };
}

function isCommit({ repository, path }: GiteaCall): boolean {
  const sha = path['sha'] ?? '';
  return (
    [...repository.branches.values()].includes(sha) ||
    repository.pulls.some((pull) => pull.headCommit === sha)
  );
}

export function oneCommit(call: GiteaCall): GiteaAnswer {
  return isCommit(call) ? { status: 200, body: { sha: call.path['sha'] } } : NOT_FOUND;
}

export async function oneBranch({ repository, path, caller }: GiteaCall): Promise<GiteaAnswer> {
  const name = path['*'] ?? '';
  const commit = await headOf(repository, name);
  if (commit === undefined) return NOT_FOUND;
  const known = repository.seed.protection?.[name];
  return {
    status: 200,
    body: {
      name,
      commit: { id: commit },
      protected: known !== undefined,
      required_approvals: known?.approvals ?? 0,
      enable_status_check: (known?.checks ?? []).length > 0,
      status_check_contexts: known?.checks ?? [],
      user_can_push: known === undefined && caller.role !== 'read',
      user_can_merge: caller.role !== 'read',
    },
  };
}

export async function contents({ repository, path, query }: GiteaCall): Promise<GiteaAnswer> {
  const file = path['*'] ?? '';
  const text = file.startsWith('.gitea/workflows/')
    ? repository.seed.workflowFiles?.[file.slice('.gitea/workflows/'.length)]
    : undefined;
  const isBranch = (await headOf(repository, query['ref'] ?? 'main')) !== undefined;
  if (text === undefined || !isBranch) return refused(404, isBranch ? 'GetContentsOrList' : 'not found');
  const content = Buffer.from(text).toString('base64');
  const name = file.split('/').pop() ?? '';
  return {
    status: 200,
    body: { name, path: file, sha: 'e'.repeat(40), type: 'file', encoding: 'base64', content },
  };
}

/** Inputs that the workflow does not declare are left out without a word. */
export async function dispatch(call: GiteaCall): Promise<GiteaAnswer> {
  const { repository, path, query, body, caller, now, flavour, webUrl, nextId } = call;
  const workflow = path['workflow'] ?? '';
  const text = repository.seed.workflowFiles?.[workflow];
  if (text === undefined) return refused(404, `workflow "${workflow}" doesn't exist`);
  const ref = String(body['ref']);
  if ((await headOf(repository, ref)) === undefined) return refused(404, `ref "${ref}" doesn't exist`);
  const given: Record<string, unknown> = { ...(typeof body['inputs'] === 'object' ? body['inputs'] : {}) };
  const inputs = Object.fromEntries(Object.entries(given).filter(([name]) => text.includes(`${name}:`)));
  const named = /^run-name: (.*)$/m.exec(text)?.[1] ?? 'Latest commit';
  const title = named.replaceAll(/\$\{\{ *inputs\.(\w+) *\}\}/g, (_, name: string) =>
    String(inputs[name] ?? ''),
  );
  const run = { id: nextId(), workflow, ref, inputs, title, by: caller.login, at: now };
  repository.runs.push(run);
  const place = `${repository.slug}/actions/runs/${run.id}`;
  if (flavour === 'gitea' && query['return_run_details'] === 'true') {
    const run_url = `${webUrl}/api/v1/repos/${place}`;
    return { status: 200, body: { workflow_run_id: run.id, run_url, html_url: `${webUrl}/${place}` } };
  }
  if (flavour === 'forgejo' && body['return_run_info'] === true) {
    return { status: 201, body: { id: run.id, run_number: repository.runs.length, jobs: ['promote'] } };
  }
  return { status: 204 };
}

export function listRuns(call: GiteaCall): GiteaAnswer {
  if (call.flavour === 'old') return NOT_FOUND;
  const { repository, query } = call;
  const own = repository.runs.filter((run) => query['branch'] === undefined || query['branch'] === run.ref);
  const listed = own.toReversed().map((run) => runBody(call, run));
  return { status: 200, body: { total_count: own.length, workflow_runs: listed } };
}
