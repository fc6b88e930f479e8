/**
 * A stand-in for GitHub's API on loopback. It holds every request and every answer of its own to GitHub's published
 * description and writes down what does not fit; tests require that nothing is written there.
 */
import { callerOf, refusalFor, type AppSeed, type Caller, type TokenSeed } from './access.ts';
import { answersFrom } from './answers.ts';
import { loadDescription, type Description, type DescriptionName, type Operation } from './description.ts';
import { enableAutoMerge, graphqlProblems } from './graphql.ts';
import { isRecord } from './json.ts';
import { startLoopback, type Asked, type Witness } from './loopback.ts';
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

/** Tests push the faults to come; `violations` are requests and answers that did not fit the description. */
export interface GitHubStandIn extends Witness {
  /** Base address of the API, to be `STAGELINE_GIT_API_URL`. */
  url: string;
  repository(slug: string): StoredRepository;
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
    close: () => server.close(),
  };
  const world: World = { ...options, stored, known, issued: new Map(), standIn, lastId: 1000 };
  const server = await startLoopback(standIn, (asked) => act(world, asked));
  standIn.url = server.url;
  return standIn;
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
