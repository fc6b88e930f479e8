/**
 * A stand-in for GitHub's API on loopback. It holds every request and every answer of its own to GitHub's published
 * description and writes down what does not fit; tests require that nothing is written there.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { callerOf, refusalFor, type AppSeed, type Caller, type TokenSeed } from './access.ts';
import { answersFrom } from './answers.ts';
import { loadDescription, type Description, type DescriptionName, type Operation } from './description.ts';
import { takeFault, type Fault } from './faults.ts';
import { enableAutoMerge, graphqlProblems } from './graphql.ts';
import { isRecord } from './json.ts';
import { appAnswer } from './app-routes.ts';
import { refusedAnswer, type RouteAnswer } from './route.ts';
import { findOperation, routes } from './routes.ts';
import { storeRepository, type RepositorySeed, type StoredRepository } from './state.ts';

export interface GitHubStandInOptions {
  repositories: readonly RepositorySeed[];
  tokens: readonly TokenSeed[];
  apps?: readonly AppSeed[];
  /** Which description it follows; default github.com's. */
  description?: DescriptionName;
  /** Milliseconds since the epoch; default the clock. */
  now?: () => number;
}

export interface SeenRequest {
  method: string;
  path: string;
  /** With its query. */
  url: string;
  authorization: string | undefined;
  body: unknown;
}

export interface GitHubStandIn {
  /** Base address of the API, to be `STAGELINE_GIT_API_URL`. */
  url: string;
  repository(slug: string): StoredRepository;
  /** Faults to come; tests push to it. */
  faults: Fault[];
  requests: SeenRequest[];
  /** Requests and answers that did not fit the description. */
  violations: string[];
  close(): Promise<void>;
}

interface World extends GitHubStandInOptions {
  stored: StoredRepository[];
  known: Description;
  issued: Map<string, Caller>;
  standIn: GitHubStandIn;
  lastId: number;
}

const descriptions = new Map<DescriptionName, Description>();

export async function startGitHubStandIn(options: GitHubStandInOptions): Promise<GitHubStandIn> {
  const name = options.description ?? 'api.github.com';
  const known = descriptions.get(name) ?? loadDescription(name);
  descriptions.set(name, known);
  const stored = options.repositories.map(storeRepository);
  const standIn: GitHubStandIn = {
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
  const world: World = { ...options, stored, known, issued: new Map(), standIn, lastId: 1000 };
  const server = createServer((request, response) => {
    serve(world, request, response).catch((error: unknown) => {
      standIn.violations.push(`the stand-in failed: ${String(error)}`);
      send(response, { status: 500, body: { message: String(error) } });
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
  const target = new URL(request.url ?? '/', 'http://github.local');
  const body = await readJson(request);
  const { authorization } = request.headers;
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
  if (fault?.kind === 'drop') response.destroy();
  else send(response, answer);
}

interface Asked {
  method: string;
  target: URL;
  authorization: string | undefined;
  body: unknown;
}

async function act(world: World, asked: Asked): Promise<RouteAnswer> {
  const now = (world.now ?? Date.now)();
  const { apps = [], tokens, issued } = world;
  const caller = callerOf(asked.authorization, { tokens, apps, issued, now });
  if ('status' in caller) return refusedAnswer(caller);
  const scopes =
    caller.kind === 'token' && 'scopes' in caller.seed.rights ? caller.seed.rights.scopes : undefined;
  const headers: Record<string, string> = scopes
    ? { 'x-oauth-scopes': scopes.join(', '), 'x-accepted-oauth-scopes': 'repo' }
    : {};
  const answer = await route(world, { ...asked, caller });
  return { ...answer, headers: { ...headers, ...answer.headers } };
}

async function route(world: World, asked: Asked & { caller: Caller }): Promise<RouteAnswer> {
  const { method, target, caller } = asked;
  if (target.pathname === '/graphql') {
    report(world, graphqlProblems(asked.body));
    const body = isRecord(asked.body) ? asked.body : {};
    return { status: 200, body: enableAutoMerge(body, { repositories: world.stored, caller }) };
  }
  const found = findOperation(world.known, method, target.pathname);
  if (!found) return refusedAnswer({ status: 404, message: 'Not Found' });
  const { operation, path } = found;
  const query = Object.fromEntries(target.searchParams);
  const problems = world.known.requestProblems(operation, { path, query, body: asked.body });
  // GitHub itself answers 422; `violations` makes sure that no test takes that for an answer.
  if (!isTolerated(problems)) report(world, problems);
  const answer = operation.name.includes('nstallation')
    ? appAnswer({
        caller,
        path,
        body: asked.body,
        description: world.known,
        issued: world.issued,
        now: (world.now ?? Date.now)(),
      })
    : await repositoryAnswer(world, { ...asked, operation, path, query });
  report(world, world.known.answerProblems(operation, answer.status, answer.body));
  return answer;
}

/** Each problem once. */
function report(world: World, problems: readonly string[]): void {
  const { violations } = world.standIn;
  violations.push(...problems.filter((problem) => !violations.includes(problem)));
}

/** What an older server does not know is a refusal of its own, made by the route. */
function isTolerated(problems: readonly string[]): boolean {
  return (
    problems.length === 1 && /dispatches body must NOT have additional properties/.test(problems[0] ?? '')
  );
}

async function repositoryAnswer(
  world: World,
  asked: Asked & {
    caller: Caller;
    operation: Operation;
    path: Record<string, string>;
    query: Record<string, string>;
  },
): Promise<RouteAnswer> {
  const { caller, operation, path, query } = asked;
  const slug = `${path['owner']}/${path['repo']}`;
  const repository = world.stored.find((candidate) => candidate.slug === slug);
  const handler = routes[operation.name];
  if (!repository || !handler) return refusedAnswer({ status: 404, message: 'Not Found' });
  const refusal = refusalFor(caller, repository, handler.needs);
  if (refusal) return refusedAnswer(refusal);
  return handler.handle({
    caller,
    login: caller.kind === 'app' ? '' : caller.login,
    repository,
    path,
    query,
    body: isRecord(asked.body) ? asked.body : {},
    answers: answersFrom(world.known, () => world.standIn.url),
    description: world.known,
    now: new Date((world.now ?? Date.now)()).toISOString().replace(/\.\d+Z$/, 'Z'),
    webUrl: world.standIn.url,
    nextId: () => (world.lastId += 1),
  });
}

function send(response: ServerResponse, answer: RouteAnswer): void {
  if (answer.body === undefined) {
    response.writeHead(answer.status, answer.headers).end();
    return;
  }
  const headers = { ...answer.headers, 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
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
