/** What each route of the stand-in does, under the keys of `schema.ts`. */
import type { StoredPull } from '../github/state.ts';
import { labelBody, repositoryBody, reviewBody } from './answers.ts';
import * as pulls from './pulls.ts';
import { listOf, NOT_FOUND, pullOf, type GiteaAnswer, type GiteaCall } from './state.ts';
import * as work from './work.ts';

export interface GiteaRoute {
  scope: 'read:repository' | 'write:repository' | 'read:issue' | 'write:issue';
  /** The user needs to write to the repository, whatever the token's scopes. */
  writer?: true;
  handle: (call: GiteaCall) => Promise<GiteaAnswer> | GiteaAnswer;
}

type OfPull = (call: GiteaCall, pull: StoredPull) => Promise<GiteaAnswer> | GiteaAnswer;

export const routes: Readonly<Record<string, GiteaRoute>> = {
  'GET ': {
    scope: 'read:repository',
    handle: ({ repository, caller }) => ({
      status: 200,
      body: repositoryBody(repository, caller.role !== 'read'),
    }),
  },
  'GET /pulls': { scope: 'read:repository', handle: pulls.listPulls },
  'POST /pulls': { scope: 'write:repository', handle: pulls.createPull },
  'GET /pulls/{index}': { scope: 'read:repository', handle: ofPull(pulls.readPull) },
  'PATCH /pulls/{index}': { scope: 'write:repository', handle: ofPull(pulls.editPull) },
  'GET /pulls/{base}/{*}': { scope: 'read:repository', handle: pulls.pullByBranches },
  'POST /pulls/{index}/merge': { scope: 'write:repository', handle: ofPull(pulls.merge) },
  'GET /pulls/{index}/reviews': {
    scope: 'read:repository',
    handle: ofPull((call, pull) =>
      listOf(pull.reviews, call, (review) => reviewBody(review, pull.reviews.indexOf(review))),
    ),
  },
  'POST /pulls/{index}/requested_reviewers': {
    scope: 'write:repository',
    handle: ofPull(pulls.requestReviewers),
  },
  'GET /issues/{index}/comments': { scope: 'read:issue', handle: ofPull(pulls.listComments) },
  'POST /issues/{index}/comments': { scope: 'write:issue', handle: ofPull(pulls.comment) },
  'POST /issues/{index}/labels': { scope: 'write:issue', writer: true, handle: ofPull(pulls.addLabels) },
  'GET /labels': {
    scope: 'read:issue',
    handle: (call) => listOf(call.repository.labels, call, (label) => labelBody(call, label)),
  },
  'POST /labels': { scope: 'write:issue', writer: true, handle: pulls.createLabel },
  'GET /statuses/{sha}': { scope: 'read:repository', handle: work.listStatuses },
  'POST /statuses/{sha}': { scope: 'write:repository', writer: true, handle: work.setStatus },
  'GET /git/commits/{sha}': { scope: 'read:repository', handle: work.oneCommit },
  'GET /branches/{*}': { scope: 'read:repository', handle: work.oneBranch },
  'GET /contents/{*}': { scope: 'read:repository', handle: work.contents },
  'POST /actions/workflows/{workflow}/dispatches': {
    scope: 'write:repository',
    writer: true,
    handle: work.dispatch,
  },
  'GET /actions/runs': { scope: 'read:repository', handle: work.listRuns },
};

function ofPull(handle: OfPull): GiteaRoute['handle'] {
  return (call) => {
    const pull = pullOf(call);
    return pull ? handle(call, pull) : NOT_FOUND;
  };
}
