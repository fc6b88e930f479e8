/**
 * A stand-in for the API of Gitea and Forgejo on loopback. It holds every request and every answer of its own to
 * `schema.ts` and writes down what does not fit; tests require that nothing is written there.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { takeFault } from '../github/faults.ts';
import { isRecord } from '../github/json.ts';
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
  const stored = options.repositories.map((seed) => ({ ...storeRepository(seed), seed, labels: [] }));
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
    close: () => closeServer(server),
  };
  const world: World = { ...options, stored, standIn, lastId: 100 };
  const server = createServer((request, response) => {
    serve(world, request, response).catch((error: unknown) => {
      standIn.violations.push(`the stand-in failed: ${String(error)}`);
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stand-in has no port');
  standIn.url = `http://127.0.0.1:${address.port}`;
  return standIn;
}

async function serve(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? 'GET';
  const target = new URL(request.url ?? '/', 'http://gitea.local');
  const { authorization } = request.headers;
  const body = await readJson(request);
  const path = target.pathname;
  world.standIn.requests.push({ method, path, url: request.url ?? '/', authorization, body });
  const fault = takeFault(world.standIn.faults, { method, path });
  if (fault?.kind === 'answer') {
    response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    return;
  }
  if (fault?.kind === 'drop' && fault.when === 'before') {
    response.destroy();
    return;
  }
  const answer = await act(world, { method, target, authorization, body });
  if (fault?.kind === 'silence') return;
  if (fault?.kind === 'drop') {
    response.destroy();
    return;
  }
  const headers = {
    'content-type': 'application/json;charset=utf-8',
    ...(answer.total === undefined ? {} : { 'x-total-count': String(answer.total) }),
  };
  response
    .writeHead(answer.status, headers)
    .end(answer.body === undefined ? '' : JSON.stringify(answer.body));
}

interface Asked {
  method: string;
  target: URL;
  authorization: string | undefined;
  body: unknown;
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

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  const value: unknown = text === '' ? undefined : JSON.parse(text);
  return value;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
