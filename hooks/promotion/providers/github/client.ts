/** Calls to GitHub's API: authenticated, validated, and with every answer explained. */
import { Octokit } from '@octokit/core';
import type { z } from 'zod';
import { explainAnswer, explainLost, explainMisshapen, type Act } from '../explain.ts';
import { rateLimitWait } from '../rate-limit.ts';
import { success } from '../result.ts';
import { remoteWords } from '../text.ts';
import { createTransport, type ApiAnswer } from '../transport.ts';
import type { ProviderOptions, Result } from '../types.ts';
import { acceptedRight, githubActs, type GitHubActs } from './acts.ts';
import { createAppTokens, type AppToken } from './app.ts';
import type { GitHubCredentials } from './credentials.ts';
import { answered, fetchBy, lostIn, misshape, quiet, responseIn, wordsOf, type Answered } from './octokit.ts';
import { Installation, Repository } from './schema.ts';

export type { Answered } from './octokit.ts';

type Request = Octokit['request'];
type Send = (request: Request) => Promise<{ status: number; headers: object; data?: unknown }>;

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

function isFresh(madeAt: string | undefined, now: number): boolean {
  return madeAt !== undefined && now - Date.parse(madeAt) < FRESH_TOKEN_MS;
}

function asRefusal(result: Result<never>): Exclude<Result<never>, { status: 'success' }> {
  if (result.status === 'success') throw new Error('a refusal is never a success');
  return result;
}
