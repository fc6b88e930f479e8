/** What each route of the stand-in does, under the path that GitHub's description gives it. */
import { branchRoutes } from './branch-routes.ts';
import { pullRoutes } from './pull-routes.ts';
import type { Route } from './route.ts';
import { workRoutes } from './work-routes.ts';

/** By method and path template. */
export const routes: Readonly<Record<string, Route>> = {
  'GET /repos/{owner}/{repo}': {
    needs: { anyOf: [['metadata', 'read']] },
    handle: ({ answers, repository, caller }) => {
      const mayPush = caller.kind !== 'token' || caller.seed.role !== 'read';
      return { status: 200, body: answers.repository(repository, mayPush) };
    },
  },
  ...pullRoutes,
  ...branchRoutes,
  ...workRoutes,
};
