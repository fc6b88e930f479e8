/** What each route of the stand-in does, under the path that GitHub's description gives it. */
import { branchRoutes } from './branch-routes.ts';
import { pullRoutes } from './pull-routes.ts';
import type { Description, Operation } from './description.ts';
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

/** The operation that a path is for, with its parameters; an App's two routes are among them. */
export function findOperation(
  known: Description,
  method: string,
  path: string,
): { operation: Operation; path: Record<string, string> } | undefined {
  const templates = [
    ...Object.keys(routes),
    'GET /repos/{owner}/{repo}/installation',
    'POST /app/installations/{installation_id}/access_tokens',
  ];
  for (const template of templates) {
    const [templateMethod, templatePath = ''] = template.split(' ');
    if (templateMethod !== method) continue;
    const names = [...templatePath.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
    const pattern = new RegExp(`^${templatePath.replaceAll(/\{\w+\}/g, '([^/]+)')}$`);
    const match = pattern.exec(path);
    const operation = match ? known.operation(method, templatePath) : undefined;
    if (!match || !operation) continue;
    const values = match.slice(1).map((value) => decodeURIComponent(value));
    return { operation, path: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])) };
  }
  return undefined;
}
