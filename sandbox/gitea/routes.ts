/** What each route of the stand-in does, under the keys of `schema.ts`. */
import { headOf, mergePull, type StoredPull, type StoredStatus } from '../github/state.ts';
import {
  isDraft,
  labelBody,
  pullBody,
  repositoryBody,
  reviewBody,
  runBody,
  statusBody,
  userBody,
} from './answers.ts';
import { listOf, pullOf, refused, type GiteaAnswer, type GiteaCall } from './state.ts';

export interface GiteaRoute {
  scope: 'read:repository' | 'write:repository' | 'read:issue' | 'write:issue';
  /** The user needs to write to the repository, whatever the token's scopes. */
  writer?: true;
  handle: (call: GiteaCall) => Promise<GiteaAnswer> | GiteaAnswer;
}

type OfPull = (call: GiteaCall, pull: StoredPull) => Promise<GiteaAnswer> | GiteaAnswer;

const NOT_FOUND = refused(404, 'not found');

export const routes: Readonly<Record<string, GiteaRoute>> = {
  'GET ': {
    scope: 'read:repository',
    handle: ({ repository, caller }) => ({
      status: 200,
      body: repositoryBody(repository, caller.role !== 'read'),
    }),
  },
  'GET /pulls': { scope: 'read:repository', handle: listPulls },
  'POST /pulls': { scope: 'write:repository', handle: createPull },
  'GET /pulls/{index}': { scope: 'read:repository', handle: ofPull(onePull) },
  'PATCH /pulls/{index}': { scope: 'write:repository', handle: ofPull(editPull) },
  'GET /pulls/{base}/{*}': { scope: 'read:repository', handle: pullByBranches },
  'POST /pulls/{index}/merge': { scope: 'write:repository', handle: ofPull(merge) },
  'GET /pulls/{index}/reviews': {
    scope: 'read:repository',
    handle: ofPull((call, pull) =>
      listOf(pull.reviews, call, (review) => reviewBody(review, pull.reviews.indexOf(review))),
    ),
  },
  'POST /pulls/{index}/requested_reviewers': { scope: 'write:repository', handle: ofPull(requestReviewers) },
  'GET /issues/{index}/comments': { scope: 'read:issue', handle: ofPull(listComments) },
  'POST /issues/{index}/comments': { scope: 'write:issue', handle: ofPull(comment) },
  'POST /issues/{index}/labels': { scope: 'write:issue', writer: true, handle: ofPull(addLabels) },
  'GET /labels': {
    scope: 'read:issue',
    handle: (call) => listOf(call.repository.labels, call, (label) => labelBody(call, label)),
  },
  'POST /labels': { scope: 'write:issue', writer: true, handle: createLabel },
  'GET /statuses/{sha}': { scope: 'read:repository', handle: listStatuses },
  'POST /statuses/{sha}': { scope: 'write:repository', writer: true, handle: setStatus },
  'GET /git/commits/{sha}': { scope: 'read:repository', handle: oneCommit },
  'GET /branches/{*}': { scope: 'read:repository', handle: oneBranch },
  'GET /contents/{*}': { scope: 'read:repository', handle: contents },
  'POST /actions/workflows/{workflow}/dispatches': {
    scope: 'write:repository',
    writer: true,
    handle: dispatch,
  },
  'GET /actions/runs': { scope: 'read:repository', handle: listRuns },
};

function ofPull(handle: OfPull): GiteaRoute['handle'] {
  return (call) => {
    const pull = pullOf(call);
    return pull ? handle(call, pull) : NOT_FOUND;
  };
}

function listPulls(call: GiteaCall): GiteaAnswer {
  const { state = 'open', base_branch: base } = call.query;
  const found = call.repository.pulls.filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      // Older releases do not know the parameter.
      (base === undefined || call.flavour === 'old' || pull.base === base),
  );
  return listOf(found.toReversed(), call, (pull) => pullBody(call, pull));
}

async function createPull(call: GiteaCall): Promise<GiteaAnswer> {
  const { repository, body, caller } = call;
  const head = String(body['head']);
  const base = String(body['base']);
  if (head === base)
    return refused(422, 'Invalid PullRequest: There are no changes between the head and the base');
  const headCommit = await headOf(repository, head);
  if (headCommit === undefined || (await headOf(repository, base)) === undefined) return NOT_FOUND;
  const existing = repository.pulls.find(
    (pull) =>
      pull.state === 'open' &&
      pull.head === head &&
      pull.base === base &&
      pull.headRepository === repository.slug,
  );
  if (existing) {
    return refused(
      409,
      `pull request already exists for these targets [id: ${existing.number}, head_branch: ${head}]`,
    );
  }
  const pull: StoredPull = {
    number: repository.pulls.length + 1,
    title: String(body['title']),
    body: String(body['body'] ?? ''),
    draft: false,
    headRepository: repository.slug,
    head,
    headCommit,
    base,
    author: caller.login,
    state: 'open',
    merged: undefined,
    autoMerge: undefined,
    closedAt: undefined,
    labels: [],
    reviewers: [],
    teams: [],
    comments: [],
    reviews: [],
  };
  repository.pulls.push(pull);
  return { status: 201, body: pullBody(call, pull) };
}

function onePull(call: GiteaCall, pull: StoredPull): GiteaAnswer {
  return { status: 200, body: pullBody(call, pull) };
}

/** Open or not, the first that the database meets. */
function pullByBranches(call: GiteaCall): GiteaAnswer {
  const { base, '*': head } = call.path;
  const { pulls, slug } = call.repository;
  const found = pulls.find(
    (pull) => pull.base === base && pull.head === head && pull.headRepository === slug,
  );
  return found ? onePull(call, found) : NOT_FOUND;
}

function editPull(call: GiteaCall, pull: StoredPull): GiteaAnswer {
  const { title, body, state } = call.body;
  if (state !== undefined && pull.merged) {
    return refused(412, 'cannot change state of this pull request, it was already merged');
  }
  if (typeof title === 'string') pull.title = title;
  if (typeof body === 'string') pull.body = body;
  if (state === 'closed' && pull.state === 'open') {
    pull.state = 'closed';
    pull.closedAt = call.now;
  }
  return { status: 201, body: pullBody(call, pull) };
}

async function merge(call: GiteaCall, pull: StoredPull): Promise<GiteaAnswer> {
  const { repository, caller, body, now } = call;
  if (caller.role === 'read') return refused(405, 'User not allowed to merge PR');
  if (pull.merged) return refused(405, 'The PR is already merged');
  if (pull.state === 'closed') return NOT_FOUND;
  if (isDraft(pull)) return refused(405, 'Work in progress PRs cannot be merged');
  if (isBlocked(call, pull)) {
    if (body['merge_when_checks_succeed'] !== true) return refused(405, 'Does not have enough approvals');
    if (pull.autoMerge !== undefined) return refused(409, 'pull request is already scheduled to auto merge');
    pull.autoMerge = String(body['Do']);
    return { status: 201 };
  }
  if (body['head_commit_id'] !== undefined && body['head_commit_id'] !== pull.headCommit) {
    return refused(409, 'head out of date');
  }
  const commit = await mergePull(repository, pull, { login: caller.login, at: now });
  if (commit === undefined) return refused(409, 'merge conflicts');
  return { status: body['merge_when_checks_succeed'] === true ? 201 : 200 };
}

function isBlocked({ repository }: GiteaCall, pull: StoredPull): boolean {
  const { checks = [], approvals = 0 } = repository.seed.protection?.[pull.base] ?? {};
  const own = repository.statuses.filter((status) => status.commit === pull.headCommit);
  const current = new Map(own.map((status) => [status.context, status.state]));
  const approved = pull.reviews.filter((review) => review.state === 'APPROVED').length;
  return approved < approvals || checks.some((context) => current.get(context) !== 'success');
}

function requestReviewers({ repository, body }: GiteaCall, pull: StoredPull): GiteaAnswer {
  const wanted = Array.isArray(body['reviewers']) ? body['reviewers'].map(String) : [];
  const unknown = wanted.find((name) => !repository.seed.users?.includes(name) && name !== pull.author);
  if (unknown !== undefined) return refused(404, `User '${unknown}' not exist`);
  if (wanted.includes(pull.author))
    return refused(422, "poster of pr can't be reviewer [user_id: 2, repo_id: 1]");
  pull.reviewers = [...new Set([...pull.reviewers, ...wanted])];
  const reviews = wanted.map((by, index) => reviewBody({ by, state: 'REQUEST_REVIEW' }, index));
  return { status: 201, body: reviews };
}

function listComments({ webUrl }: GiteaCall, pull: StoredPull): GiteaAnswer {
  const body = pull.comments.map((known, index) => commentBody(webUrl, known, index + 1));
  return { status: 200, body, total: body.length };
}

function commentBody(webUrl: string, known: { body: string; by: string }, id: number): object {
  return { id, html_url: `${webUrl}#issuecomment-${id}`, user: userBody(known.by), body: known.body };
}

function comment({ body, caller, webUrl }: GiteaCall, pull: StoredPull): GiteaAnswer {
  const made = { body: String(body['body']), by: caller.login };
  pull.comments.push(made);
  return { status: 201, body: commentBody(webUrl, made, pull.comments.length) };
}

/** Names and ids that are unknown are left out without a word. */
function addLabels(call: GiteaCall, pull: StoredPull): GiteaAnswer {
  const wanted = Array.isArray(call.body['labels']) ? call.body['labels'] : [];
  const known = call.repository.labels.filter(
    (label) => wanted.includes(label.id) || wanted.includes(label.name),
  );
  pull.labels = [...new Set([...pull.labels, ...known.map((label) => label.name)])];
  const now = call.repository.labels.filter((label) => pull.labels.includes(label.name));
  return { status: 200, body: now.map((label) => labelBody(call, label)) };
}

/** Names may be there more than once. */
function createLabel(call: GiteaCall): GiteaAnswer {
  const color = String(call.body['color']).replace('#', '');
  const label = { id: call.nextId(), name: String(call.body['name']), color };
  call.repository.labels.push(label);
  return { status: 201, body: labelBody(call, label) };
}

function listStatuses(call: GiteaCall): GiteaAnswer {
  const own = call.repository.statuses.filter((status) => status.commit === call.path['sha']);
  return listOf(own, call, statusBody);
}

function setStatus(call: GiteaCall): GiteaAnswer {
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

function oneCommit(call: GiteaCall): GiteaAnswer {
  return isCommit(call) ? { status: 200, body: { sha: call.path['sha'] } } : NOT_FOUND;
}

async function oneBranch({ repository, path, caller }: GiteaCall): Promise<GiteaAnswer> {
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

async function contents({ repository, path, query }: GiteaCall): Promise<GiteaAnswer> {
  const file = path['*'] ?? '';
  const text = file.startsWith('.gitea/workflows/')
    ? repository.seed.workflowFiles?.[file.slice('.gitea/workflows/'.length)]
    : undefined;
  const isBranch = (await headOf(repository, query['ref'] ?? 'main')) !== undefined;
  if (text === undefined || !isBranch) return refused(404, `GetContentsOrList: ${file} not found`);
  const content = Buffer.from(text).toString('base64');
  const name = file.split('/').pop() ?? '';
  return {
    status: 200,
    body: { name, path: file, sha: 'e'.repeat(40), type: 'file', encoding: 'base64', content },
  };
}

/** Inputs that the workflow does not declare are left out without a word. */
async function dispatch(call: GiteaCall): Promise<GiteaAnswer> {
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

function listRuns(call: GiteaCall): GiteaAnswer {
  if (call.flavour === 'old') return NOT_FOUND;
  const { repository, query } = call;
  const own = repository.runs.filter((run) => query['branch'] === undefined || query['branch'] === run.ref);
  const listed = own.toReversed().map((run) => runBody(call, run));
  return { status: 200, body: { total_count: own.length, workflow_runs: listed } };
}
