/** Pull requests, their comments, labels, reviews and merges. */
import {
  invalid,
  notFound,
  pageOf,
  pullOf,
  text,
  texts,
  type Route,
  type RouteAnswer,
  type RouteCall,
} from './route.ts';
import { addPull, headOf, mergePull, type StoredPull } from './state.ts';

const READ = { anyOf: [['pull_requests', 'read']] } as const;
const WRITE = { anyOf: [['pull_requests', 'write']] } as const;
const CONTENTS = { anyOf: [['contents', 'write']] } as const;
const ISSUES = {
  anyOf: [
    ['issues', 'write'],
    ['pull_requests', 'write'],
  ],
} as const;
const READ_ISSUES = {
  anyOf: [
    ['issues', 'read'],
    ['pull_requests', 'read'],
  ],
} as const;

export const pullRoutes: Readonly<Record<string, Route>> = {
  'GET /repos/{owner}/{repo}/pulls': { needs: READ, handle: listPulls },
  'POST /repos/{owner}/{repo}/pulls': { needs: WRITE, handle: createPull },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': { needs: READ, handle: (call) => ofPull(call, onePull) },
  'PATCH /repos/{owner}/{repo}/pulls/{pull_number}': {
    needs: WRITE,
    handle: (call) => ofPull(call, updatePull),
  },
  'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge': {
    needs: CONTENTS,
    handle: (call) => ofPull(call, merge),
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews': {
    needs: READ,
    handle: (call) => ofPull(call, listReviews),
  },
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers': {
    needs: WRITE,
    handle: (call) => ofPull(call, requestReviewers),
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': {
    needs: READ_ISSUES,
    handle: (call) => ofPull(call, listComments),
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': {
    needs: ISSUES,
    handle: (call) => ofPull(call, comment),
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': {
    needs: ISSUES,
    handle: (call) => ofPull(call, label),
  },
};

type Handle = (call: RouteCall, pull: StoredPull) => Promise<RouteAnswer> | RouteAnswer;

async function ofPull(call: RouteCall, handle: Handle): Promise<RouteAnswer> {
  const pull = pullOf(call);
  return pull ? handle(call, pull) : notFound;
}

function listPulls({ repository, query, answers }: RouteCall): RouteAnswer {
  const { state = 'open', head, base } = query;
  const found = repository.pulls.filter((pull) => {
    const [owner = ''] = pull.headRepository.split('/');
    return (
      (state === 'all' || pull.state === state) &&
      (head === undefined || head === `${owner}:${pull.head}`) &&
      (base === undefined || base === pull.base)
    );
  });
  const ordered = query['direction'] === 'asc' ? found : found.toReversed();
  return { status: 200, body: pageOf(ordered, query).map((pull) => answers.listedPull(repository, pull)) };
}

async function createPull(call: RouteCall): Promise<RouteAnswer> {
  const { repository, body, answers, login } = call;
  const head = text(body['head']);
  const base = text(body['base']);
  const headCommit = await headOf(repository, head);
  const baseCommit = await headOf(repository, base);
  if (headCommit === undefined) return invalid([{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
  if (baseCommit === undefined) return invalid([{ resource: 'PullRequest', field: 'base', code: 'invalid' }]);
  const custom = (message: string): RouteAnswer =>
    invalid([{ resource: 'PullRequest', code: 'custom', message }]);
  if (headCommit === baseCommit) return custom(`No commits between ${base} and ${head}`);
  const isThere = repository.pulls.some(
    (pull) =>
      pull.state === 'open' &&
      pull.head === head &&
      pull.base === base &&
      pull.headRepository === repository.slug,
  );
  if (isThere) return custom(`A pull request already exists for ${repository.seed.owner}:${head}.`);
  const pull = addPull(repository, {
    title: text(body['title']),
    body: text(body['body']),
    draft: body['draft'] === true,
    head,
    headCommit,
    base,
    author: login,
  });
  return { status: 201, body: answers.pull(repository, pull) };
}

function onePull({ repository, answers }: RouteCall, pull: StoredPull): RouteAnswer {
  return { status: 200, body: answers.pull(repository, pull) };
}

function updatePull(call: RouteCall, pull: StoredPull): RouteAnswer {
  const { body, now } = call;
  if (typeof body['title'] === 'string') pull.title = body['title'];
  if (typeof body['body'] === 'string') pull.body = body['body'];
  if (body['state'] === 'closed' && pull.state === 'open') {
    pull.state = 'closed';
    pull.closedAt = now;
  }
  return onePull(call, pull);
}

async function merge(call: RouteCall, pull: StoredPull): Promise<RouteAnswer> {
  const { repository, body, login, now } = call;
  const problem = (status: number, message: string): RouteAnswer => ({
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest' },
  });
  if (pull.state === 'closed' || pull.draft) return problem(405, 'Pull Request is not mergeable');
  if (body['sha'] !== undefined && body['sha'] !== pull.headCommit) {
    return problem(409, 'Head branch was modified. Review and try the merge again.');
  }
  if (isBlocked(call, pull)) return problem(405, 'Repository rule violations found');
  const commit = await mergePull(repository, pull, { login, at: now });
  if (commit === undefined) return problem(405, 'Pull Request is not mergeable');
  return { status: 200, body: { sha: commit, merged: true, message: 'Pull Request successfully merged' } };
}

/** Whether a required check or approval is missing. */
export function isBlocked({ repository }: Pick<RouteCall, 'repository'>, pull: StoredPull): boolean {
  const { checks = [], approvals = 0 } = repository.seed.protection?.[pull.base] ?? {};
  const current = new Map(
    repository.statuses
      .filter((status) => status.commit === pull.headCommit)
      .map((status) => [status.context, status.state]),
  );
  const approved = pull.reviews.filter((review) => review.state === 'APPROVED').length;
  return approved < approvals || checks.some((context) => current.get(context) !== 'success');
}

function listReviews({ answers, query }: RouteCall, pull: StoredPull): RouteAnswer {
  return { status: 200, body: pageOf(pull.reviews, query).map(answers.review) };
}

function requestReviewers({ repository, body, answers }: RouteCall, pull: StoredPull): RouteAnswer {
  const users = texts(body['reviewers']);
  const { collaborators = [] } = repository.seed;
  if (users.includes(pull.author)) return invalid([], 'Review cannot be requested from pull request author.');
  if (users.some((user) => !collaborators.includes(user))) {
    return invalid(
      [],
      'Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator.',
    );
  }
  pull.reviewers = [...new Set([...pull.reviewers, ...users])];
  pull.teams = [...new Set([...pull.teams, ...texts(body['team_reviewers'])])];
  return { status: 201, body: answers.listedPull(repository, pull) };
}

function listComments({ answers, query }: RouteCall, pull: StoredPull): RouteAnswer {
  return { status: 200, body: pageOf(pull.comments, query).map(answers.comment) };
}

function comment({ body, login, answers }: RouteCall, pull: StoredPull): RouteAnswer {
  const made = { body: text(body['body']), by: login };
  pull.comments.push(made);
  return { status: 201, body: answers.comment(made) };
}

function label({ body, answers }: RouteCall, pull: StoredPull): RouteAnswer {
  pull.labels = [...new Set([...pull.labels, ...texts(body['labels'])])];
  return { status: 200, body: pull.labels.map(answers.label) };
}
