/**
 * A stand-in for the API of Gitea and Forgejo on loopback. It holds every request and every answer of its own to
 * `schema.ts` and writes down what does not fit; tests require that nothing is written there.
 */
import { z } from 'zod';
import { isRecord } from '../github/json.ts';
import { startLoopback, type Asked } from '../github/loopback.ts';
import { storeRepository } from '../github/state.ts';
import { routes } from './routes.ts';
import { routeSchemas } from './schema.ts';
import {
  refused,
  type Flavour,
  type GiteaAnswer,
  type GiteaRepository,
  type GiteaSeed,
  type GiteaStandIn,
  type GiteaTokenSeed,
} from './state.ts';

export interface GiteaStandInOptions {
  repositories: readonly GiteaSeed[];
  tokens: readonly GiteaTokenSeed[];
  flavour?: Flavour;
  /** Milliseconds since the epoch; default the clock. */
  now?: () => number;
}

interface World extends GiteaStandInOptions {
  stored: GiteaRepository[];
  standIn: GiteaStandIn;
  lastId: number;
}

export async function startGiteaStandIn(options: GiteaStandInOptions): Promise<GiteaStandIn> {
  const stored = options.repositories.map((seed) => ({
    ...storeRepository(seed),
    seed,
    labels: [],
    looked: new Set<number>(),
  }));
  const standIn: GiteaStandIn = {
    url: '',
    repository: (slug) => {
      const found = stored.find((repository) => repository.slug === slug);
      if (!found) throw new Error(`the stand-in has no repository ${slug}`);
      return found;
    },
    faults: [],
    requests: [],
    violations: [],
    close: () => server.close(),
  };
  const world: World = { ...options, stored, standIn, lastId: 100 };
  const server = await startLoopback(standIn, async (asked) => {
    const { total, ...answer } = await act(world, asked);
    return total === undefined ? answer : { ...answer, headers: { 'x-total-count': String(total) } };
  });
  standIn.url = server.url;
  return standIn;
}

async function act(world: World, asked: Asked): Promise<GiteaAnswer> {
  const token = /^token (\S+)$/.exec(asked.authorization ?? '')?.[1];
  const caller = world.tokens.find((candidate) => candidate.token === token);
  if (!caller) return refused(401, 'invalid username, password or token');
  const match = /^\/api\/v1\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(asked.target.pathname);
  const repository = world.stored.find(({ slug }) => slug === `${match?.[1]}/${match?.[2]}`);
  const found = findRoute(asked.method, match?.[3] ?? '');
  if (!repository) return refused(404, 'GetUserByName');
  if (!found) {
    world.standIn.violations.push(
      `${asked.method} ${asked.target.pathname} is no route that the description has`,
    );
    return refused(404, '404 page not found');
  }
  const { key, path } = found;
  const query = Object.fromEntries(asked.target.searchParams);
  report(world, `${key} query`, routeSchemas[key]?.query ?? z.strictObject({}), query);
  report(world, `${key} body`, routeSchemas[key]?.body ?? z.undefined(), asked.body);
  const route = routes[key];
  if (!route) return refused(404, 'not found');
  if (!isCovered(route.scope, caller.scopes)) {
    const scope = caller.scopes.join(',');
    return refused(
      403,
      `token does not have at least one of required scope(s), required=[${route.scope}], token scope=${scope}`,
    );
  }
  if (route.writer && caller.role === 'read')
    return refused(403, 'user should have a permission to write to a repo');
  const answer = await route.handle({
    repository,
    caller,
    path,
    query,
    body: isRecord(asked.body) ? asked.body : {},
    flavour: world.flavour ?? 'gitea',
    webUrl: world.standIn.url,
    now: new Date((world.now ?? Date.now)()).toISOString().replace(/\.\d+Z$/, 'Z'),
    nextId: () => (world.lastId += 1),
  });
  const schema = routeSchemas[key]?.answers[answer.status];
  if (answer.status < 300) report(world, `${key} ${answer.status}`, schema ?? z.never(), answer.body);
  return answer;
}

function report(world: World, what: string, schema: z.ZodType, value: unknown): void {
  const result = schema.safeParse(value);
  if (result.success) return;
  world.standIn.violations.push(
    ...result.error.issues.map(({ path, message }) => `${what} ${path.join('.')}: ${message}`),
  );
}

/** Writing a category includes reading it. */
function isCovered(scope: string, scopes: readonly string[]): boolean {
  return (
    scopes.includes('all') || scopes.includes(scope) || scopes.includes(scope.replace('read:', 'write:'))
  );
}

function findRoute(method: string, path: string): { key: string; path: Record<string, string> } | undefined {
  for (const key of Object.keys(routeSchemas)) {
    const [routeMethod, template = ''] = key.split(/ (.*)/);
    if (routeMethod !== method) continue;
    const names = [...template.matchAll(/\{([\w*]+)\}/g)].map((match) => match[1] ?? '');
    const source = template.replaceAll('{*}', '(.+)').replaceAll(/\{\w+\}/g, '([^/]+)');
    const match = new RegExp(`^${source}$`).exec(path);
    if (!match) continue;
    const values = match.slice(1).map((value) => decodeURIComponent(value));
    return { key, path: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])) };
  }
  return undefined;
}
