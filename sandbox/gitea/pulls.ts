/** Pull requests, their comments, labels, reviews and merges. */
import { addPull, headOf, mergePull, type StoredPull } from '../github/state.ts';
import { isDraft, labelBody, pullBody, reviewBody, userBody } from './answers.ts';
import { listOf, NOT_FOUND, refused, type GiteaAnswer, type GiteaCall } from './state.ts';

export function listPulls(call: GiteaCall): GiteaAnswer {
  const { state = 'open', base_branch: base } = call.query;
  const found = call.repository.pulls.filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      // Older releases do not know the parameter.
      (base === undefined || call.flavour === 'old' || pull.base === base),
  );
  return listOf(found.toReversed(), call, (pull) => pullBody(call, pull));
}

export async function createPull(call: GiteaCall): Promise<GiteaAnswer> {
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
  const pull = addPull(repository, {
    title: String(body['title']),
    body: String(body['body'] ?? ''),
    draft: false,
    head,
    headCommit,
    base,
    author: caller.login,
  });
  return { status: 201, body: pullBody(call, pull) };
}

export function onePull(call: GiteaCall, pull: StoredPull): GiteaAnswer {
  return { status: 200, body: pullBody(call, pull) };
}

/** What is scheduled is merged by a queue, some time after it was scheduled: here after the next look at it. */
export async function readPull(call: GiteaCall, pull: StoredPull): Promise<GiteaAnswer> {
  const answer = onePull(call, pull);
  const isDue = pull.autoMerge !== undefined && pull.state === 'open' && !isBlocked(call, pull);
  if (isDue) await mergePull(call.repository, pull, { login: call.caller.login, at: call.now });
  return answer;
}

/** Open or not, the first that the database meets. */
export function pullByBranches(call: GiteaCall): GiteaAnswer {
  const { base, '*': head } = call.path;
  const { pulls, slug } = call.repository;
  const found = pulls.find(
    (pull) => pull.base === base && pull.head === head && pull.headRepository === slug,
  );
  return found ? onePull(call, found) : NOT_FOUND;
}

export function editPull(call: GiteaCall, pull: StoredPull): GiteaAnswer {
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

export async function merge(call: GiteaCall, pull: StoredPull): Promise<GiteaAnswer> {
  const { repository, caller, body, now } = call;
  if (caller.role === 'read') return refused(405, 'User not allowed to merge PR');
  if (pull.merged) return refused(405, 'The PR is already merged');
  if (pull.state === 'closed') return NOT_FOUND;
  if (isDraft(pull)) return refused(405, 'Work in progress PRs cannot be merged');
  if (!repository.looked.has(pull.number)) {
    repository.looked.add(pull.number);
    return refused(405, 'Please try again later');
  }
  if (isBlocked(call, pull) || (call.flavour === 'gitea' && body['merge_when_checks_succeed'] === true)) {
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

export function requestReviewers({ repository, body }: GiteaCall, pull: StoredPull): GiteaAnswer {
  const wanted = Array.isArray(body['reviewers']) ? body['reviewers'].map(String) : [];
  const unknown = wanted.find((name) => !repository.seed.users?.includes(name) && name !== pull.author);
  if (unknown !== undefined) return refused(404, `User '${unknown}' not exist`);
  if (wanted.includes(pull.author))
    return refused(422, "poster of pr can't be reviewer [user_id: 2, repo_id: 1]");
  pull.reviewers = [...new Set([...pull.reviewers, ...wanted])];
  const reviews = wanted.map((by, index) => reviewBody({ by, state: 'REQUEST_REVIEW' }, index));
  return { status: 201, body: reviews };
}

export function listComments({ webUrl }: GiteaCall, pull: StoredPull): GiteaAnswer {
  const body = pull.comments.map((known, index) => commentBody(webUrl, known, index + 1));
  return { status: 200, body, total: body.length };
}

function commentBody(webUrl: string, known: { body: string; by: string }, id: number): object {
  return { id, html_url: `${webUrl}#issuecomment-${id}`, user: userBody(known.by), body: known.body };
}

export function comment({ body, caller, webUrl }: GiteaCall, pull: StoredPull): GiteaAnswer {
  const made = { body: String(body['body']), by: caller.login };
  pull.comments.push(made);
  return { status: 201, body: commentBody(webUrl, made, pull.comments.length) };
}

/** Names and ids that are unknown are left out without a word. */
export function addLabels(call: GiteaCall, pull: StoredPull): GiteaAnswer {
  const wanted = Array.isArray(call.body['labels']) ? call.body['labels'] : [];
  const known = call.repository.labels.filter(
    (label) => wanted.includes(label.id) || wanted.includes(label.name),
  );
  pull.labels = [...new Set([...pull.labels, ...known.map((label) => label.name)])];
  const now = call.repository.labels.filter((label) => pull.labels.includes(label.name));
  return { status: 200, body: now.map((label) => labelBody(call, label)) };
}

/** Names may be there more than once. */
export function createLabel(call: GiteaCall): GiteaAnswer {
  const color = String(call.body['color']).replace('#', '');
  const label = { id: call.nextId(), name: String(call.body['name']), color };
  call.repository.labels.push(label);
  return { status: 201, body: labelBody(call, label) };
}
