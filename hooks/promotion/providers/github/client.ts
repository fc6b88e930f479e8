/** Calls to GitHub's API: authenticated, validated, and with every answer explained. */
import { Octokit } from '@octokit/core';
import type { z } from 'zod';
import { messageOf } from '../../../../core/errors.ts';
import { explainAnswer, explainLost, explainMisshapen, type Act } from '../explain.ts';
import { rateLimitWait } from '../rate-limit.ts';
import { success } from '../result.ts';
import { remoteWords } from '../text.ts';
import { createTransport, RequestLost, type ApiAnswer, type Transport } from '../transport.ts';
import type { ProviderOptions, Result } from '../types.ts';
import { acceptedRight, githubActs, type GitHubActs } from './acts.ts';
import { createAppTokens, type AppToken } from './app.ts';
import type { GitHubCredentials } from './credentials.ts';
import { Installation, Problem, Repository } from './schema.ts';

type Request = Octokit['request'];
type Send = (request: Request) => Promise<{ status: number; headers: object; data?: unknown }>;

/** GitHub's answer as it came. */
export interface Answered {
  status: number;
  headers: Record<string, string>;
  data: unknown;
  /** GitHub's words, bounded and without secrets. */
  words: string;
}

/** What a status means in one call; undefined leaves it to the general rules. */
type Exceptions<T> = Record<
  number,
  (answer: Answered) => Promise<Result<T> | undefined> | Result<T> | undefined
>;

export interface GitHubClient {
  place: { owner: string; repo: string };
  slug: string;
  acts: GitHubActs;
  options: ProviderOptions;
  call<T>(act: Act, schema: z.ZodType<T>, send: Send, except?: Exceptions<T>): Promise<Result<T>>;
  /** As `call`, with the headers too. */
  ask<T>(
    act: Act,
    schema: z.ZodType<T>,
    send: Send,
    except?: Exceptions<T>,
  ): Promise<Result<{ value: T } & Answered>>;
  /** The explanation of an answer that a caller looked into. */
  explain(act: Act, answer: Answered): Result<never>;
  /** The token that calls use now, and an App's permissions. */
  credential(): Promise<Result<{ token: string; permissions: Record<string, string> | undefined }>>;
}

/** GitHub's own `sendRequestWithRetries` waits as long for a fresh token to be known everywhere. */
const FRESH_TOKEN_MS = 5000;
const FRESH_TOKEN_RETRY_MS = 1000;

export function createGitHubClient(
  options: ProviderOptions,
  settings: { baseUrl: string; credentials: GitHubCredentials },
): GitHubClient {
  const { repository } = options;
  const { credentials } = settings;
  const host = repository.host;
  const place = { owner: repository.owner, repo: repository.name };
  const acts = githubActs(repository.slug);
  const secrets = new Set<string>(
    credentials.kind === 'token' ? [credentials.token] : [credentials.privateKey],
  );
  const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const octokit = new Octokit({
    baseUrl: settings.baseUrl,
    userAgent: 'stageline',
    log: quiet,
    request: { fetch: fetchBy(createTransport(options), secrets), log: quiet },
  });
  const versioned = octokit.request.defaults({ headers: { 'x-github-api-version': '2022-11-28' } });
  const appTokens = credentials.kind === 'app' ? createAppTokens(credentials, versioned, quiet) : undefined;
  let installationId = credentials.kind === 'app' ? credentials.installationId : undefined;

  async function attempt(act: Act, send: Send, request: Request): Promise<Result<Answered>> {
    try {
      const answer = await send(request);
      return success({ ...answered(answer), words: '' });
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      const lost = lostIn(error);
      if (lost) return explainLost(lost, { act, host, words: remoteWords(lost.message, [...secrets]) });
      const response = responseIn(error);
      if (!response) throw error;
      const answer = answered(response);
      return success({ ...answer, words: remoteWords(wordsOf(answer.data), [...secrets]) });
    }
  }

  function explain(act: Act, answer: Answered): Result<never> {
    const right = answer.status === 403 ? acceptedRight(answer.headers) : undefined;
    const known: ApiAnswer = { ...answer, body: answer.words };
    return explainAnswer(known, {
      act: right === undefined ? act : { ...act, right },
      slug: repository.slug,
      host,
      words: answer.words,
      now: options.now(),
    });
  }

  async function appToken(): Promise<Result<AppToken>> {
    if (!appTokens) throw new Error('there is no GitHub App');
    if (installationId === undefined) {
      const jwt = await appTokens.appJwt();
      secrets.add(jwt);
      const found = await answerOf(acts.installation, Installation, {
        request: versioned.defaults({ headers: { authorization: `Bearer ${jwt}` } }),
        send: (request) => request('GET /repos/{owner}/{repo}/installation', place),
      });
      if (found.status !== 'success') return found;
      installationId = found.value.value.id;
    }
    const id = installationId;
    let made: AppToken | undefined;
    const answer = await attempt(
      acts.installation,
      async () => {
        made = await appTokens.installationToken(id, repository.name);
        return { status: 200, headers: {}, data: '' };
      },
      versioned,
    );
    if (answer.status !== 'success') return answer;
    if (made === undefined) return explain(acts.installation, answer.value);
    secrets.add(made.token);
    return success(made);
  }

  async function credential(): ReturnType<GitHubClient['credential']> {
    if (credentials.kind === 'token') return success({ token: credentials.token, permissions: undefined });
    return appToken();
  }

  async function answerOf<T>(
    act: Act,
    schema: z.ZodType<T>,
    how: { request: Request; send: Send; except?: Exceptions<T>; madeAt?: string },
  ): Promise<Result<{ value: T } & Answered>> {
    const result = await attempt(act, how.send, how.request);
    if (result.status !== 'success') return result;
    const answer = result.value;
    const limited = rateLimitWait({ ...answer, body: answer.words }, options.now()) !== undefined;
    const special = limited ? undefined : await how.except?.[answer.status]?.(answer);
    if (special) return special.status === 'success' ? success({ ...answer, value: special.value }) : special;
    if (answer.status === 401 && isFresh(how.madeAt, options.now())) {
      const { error } = asRefusal(explain(act, answer));
      return { status: 'retryable', error, retryAfterMs: FRESH_TOKEN_RETRY_MS, mayHaveActed: false };
    }
    if (answer.status >= 300) return explain(await withObject(act, answer.status, how.request), answer);
    const parsed = schema.safeParse(answer.data);
    if (parsed.success) return success({ ...answer, value: parsed.data });
    return explainMisshapen({ act, host }, misshape(answer.data, parsed.error));
  }

  /** Behind a 404 the whole repository may be hidden, or just one thing in it. */
  async function withObject(act: Act, status: number, request: Request): Promise<Act> {
    if (status !== 404 || act.object === undefined) return act;
    const seen = await attempt(
      acts.readRepository,
      (send) => send('GET /repos/{owner}/{repo}', place),
      request,
    );
    const isSeen = seen.status === 'success' && Repository.safeParse(seen.value.data).success;
    return isSeen ? act : { ...act, object: undefined };
  }

  const ask: GitHubClient['ask'] = async (act, schema, send, except) => {
    const known = await credential();
    if (known.status !== 'success') return known;
    const request = versioned.defaults({ headers: { authorization: `Bearer ${known.value.token}` } });
    const madeAt = 'createdAt' in known.value ? String(known.value.createdAt) : undefined;
    return answerOf(act, schema, {
      request,
      send,
      ...(except ? { except } : {}),
      ...(madeAt ? { madeAt } : {}),
    });
  };

  return {
    place,
    slug: repository.slug,
    acts,
    options,
    ask,
    call: async (act, schema, send, except) => {
      const result = await ask(act, schema, send, except);
      return result.status === 'success' ? success(result.value.value) : result;
    },
    explain,
    credential,
  };
}

function ignore(): void {}

/** The `fetch` that Octokit is given: our transport behind it, and no content type of which it could make more than text. */
function fetchBy(transport: Transport, secrets: Set<string>) {
  return async (url: string, init: { method: string; headers: Record<string, string>; body?: string }) => {
    const { method, headers, body } = init;
    const token = headers['authorization']?.replace(/^\S+\s+/, '');
    if (token) secrets.add(token);
    const answer = await transport.send({ method, url, headers, ...(body === undefined ? {} : { body }) });
    const type = /^\s*[[{]/.test(answer.body) ? 'application/json' : 'text/plain';
    const hasBody = answer.body !== '' && ![204, 205, 304].includes(answer.status);
    return new Response(hasBody ? answer.body : null, {
      status: answer.status,
      headers: { ...answer.headers, 'content-type': type },
    });
  };
}

function answered(answer: { status: number; headers: object; data?: unknown }): Omit<Answered, 'words'> {
  const headers = Object.fromEntries(
    Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
  return { status: answer.status, headers, data: answer.data };
}

function lostIn(error: unknown): RequestLost | undefined {
  if (error instanceof RequestLost) return error;
  return error instanceof Error && error.cause instanceof RequestLost ? error.cause : undefined;
}

/** Octokit throws every answer from 400 on. */
function responseIn(error: unknown): { status: number; headers: object; data?: unknown } | undefined {
  if (!(error instanceof Error) || !('response' in error)) return undefined;
  const { response } = error;
  if (
    typeof response !== 'object' ||
    response === null ||
    !('status' in response) ||
    !('headers' in response)
  ) {
    return undefined;
  }
  const { status, headers } = response;
  if (typeof status !== 'number' || typeof headers !== 'object' || headers === null) return undefined;
  return { status, headers, data: 'data' in response ? response.data : undefined };
}

function wordsOf(data: unknown): string {
  const problem = Problem.safeParse(data);
  if (!problem.success)
    return typeof data === 'string' && data.startsWith('<') ? 'its answer is a web page' : '';
  const details = (problem.data.errors ?? []).map((error) => {
    if (typeof error === 'string') return error;
    return error.message ?? [error.resource, error.field, error.code].filter(Boolean).join(' ');
  });
  return [problem.data.message, ...details].filter(Boolean).join('; ');
}

function misshape(data: unknown, error: z.ZodError): string {
  if (typeof data === 'string' && data.trimStart().startsWith('<')) return 'with a web page';
  const [issue] = error.issues;
  const place = issue?.path.join('.') || 'the whole';
  return `with something else than its API describes (${place}: ${messageOf(issue?.message ?? error)})`;
}

function isFresh(madeAt: string | undefined, now: number): boolean {
  return madeAt !== undefined && now - Date.parse(madeAt) < FRESH_TOKEN_MS;
}

function asRefusal(result: Result<never>): Exclude<Result<never>, { status: 'success' }> {
  if (result.status === 'success') throw new Error('a refusal is never a success');
  return result;
}
