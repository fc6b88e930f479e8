/** Calls to Gitea's API, which is Forgejo's too: authenticated, validated, and with every answer explained. */
import { z } from 'zod';
import { explainAnswer, explainLost, explainMisshapen, type Act } from '../explain.ts';
import { rateLimitWait } from '../rate-limit.ts';
import { mapResult, success } from '../result.ts';
import { remoteWords } from '../text.ts';
import { createTransport, RequestLost, type ApiAnswer } from '../transport.ts';
import type { ProviderOptions, Result } from '../types.ts';
import { giteaActs, type GiteaActs } from './acts.ts';
import { Problem, Repository } from './schema.ts';

export interface GiteaRequest {
  method: 'GET' | 'POST' | 'PATCH';
  /** Segments below `/repos/<owner>/<name>`, not yet encoded. */
  path: readonly (string | number)[];
  query?: Record<string, string | number | boolean>;
  body?: object;
}

export interface Answered {
  status: number;
  /** The host's words, bounded and without secrets. */
  words: string;
}

/** What a status means in one call; undefined leaves it to the general rules. */
type Exceptions<T> = Record<
  number,
  (answer: Answered) => Promise<Result<T> | undefined> | Result<T> | undefined
>;

export interface GiteaClient {
  slug: string;
  acts: GiteaActs;
  options: ProviderOptions;
  call<T>(act: Act, schema: z.ZodType<T>, request: GiteaRequest, except?: Exceptions<T>): Promise<Result<T>>;
  /** Every entry of a list, up to 1,000. */
  list<T>(
    act: Act,
    schema: z.ZodType<T>,
    request: GiteaRequest,
    except?: Exceptions<T[]>,
  ): Promise<Result<T[]>>;
}

interface Page<T> {
  value: T;
  /** Entries of the whole list; NaN where the host does not say. */
  total: number;
}

/** The largest page that Gitea gives by default. */
const PAGE_LIMIT = 50;
const MAX_PAGES = 20;

export function createGiteaClient(
  options: ProviderOptions,
  settings: { baseUrl: string; token: string },
): GiteaClient {
  const { owner, name, slug, host } = options.repository;
  const transport = createTransport(options);
  const acts = giteaActs(slug);

  async function send(request: GiteaRequest): Promise<ApiAnswer> {
    const path = ['repos', owner, name, ...request.path]
      .map((segment) => encodeURIComponent(segment))
      .join('/');
    const url = new URL(`${settings.baseUrl}/${path}`);
    for (const [key, value] of Object.entries(request.query ?? {})) url.searchParams.set(key, String(value));
    return transport.send({
      method: request.method,
      url: url.href,
      headers: {
        accept: 'application/json',
        authorization: `token ${settings.token}`,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
  }

  async function ask<T>(
    act: Act,
    schema: z.ZodType<T>,
    request: GiteaRequest,
    except: Exceptions<T> = {},
  ): Promise<Result<Page<T>>> {
    let answer: ApiAnswer;
    try {
      answer = await send(request);
    } catch (error) {
      if (!(error instanceof RequestLost)) throw error;
      return explainLost(error, { act, host, words: remoteWords(error.message, [settings.token]) });
    }
    if (answer.status < 300) {
      const total = Number(answer.headers['x-total-count'] ?? Number.NaN);
      return mapResult(parsed(answer, schema, { act, host }), (value) => ({ value, total }));
    }
    const words = remoteWords(wordsOf(answer.body), [settings.token]);
    const isLimited = rateLimitWait(answer, options.now()) !== undefined;
    const special = isLimited ? undefined : await except[answer.status]?.({ status: answer.status, words });
    if (special) return mapResult(special, (value) => ({ value, total: 0 }));
    const known = await withObject(act, answer.status);
    return explainAnswer(answer, { act: known, slug, host, words, now: options.now() });
  }

  async function call<T>(
    act: Act,
    schema: z.ZodType<T>,
    request: GiteaRequest,
    except?: Exceptions<T>,
  ): Promise<Result<T>> {
    return mapResult(await ask(act, schema, request, except), ({ value }) => value);
  }

  /** Behind a 404 the whole repository may be hidden, or just one thing in it. */
  async function withObject(act: Act, status: number): Promise<Act> {
    if (status !== 404 || act.object === undefined) return act;
    const seen = await call(acts.readRepository, Repository, { method: 'GET', path: [] });
    return seen.status === 'success' ? act : { ...act, object: undefined };
  }

  async function list<T>(
    act: Act,
    schema: z.ZodType<T>,
    request: GiteaRequest,
    except?: Exceptions<T[]>,
  ): Promise<Result<T[]>> {
    const all: T[] = [];
    const query = { ...request.query, limit: PAGE_LIMIT };
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const paged = { ...request, query: { ...query, page } };
      const result = await ask(act, z.array(schema), paged, except);
      if (result.status !== 'success') return result;
      all.push(...result.value.value);
      // A host may be set to smaller pages than asked for: without a total, only an empty one is surely the last.
      if (result.value.value.length === 0 || all.length >= result.value.total) break;
    }
    return success(all);
  }

  return { slug, acts, options, call, list };
}

function parsed<T>(answer: ApiAnswer, schema: z.ZodType<T>, about: { act: Act; host: string }): Result<T> {
  const data = jsonOf(answer.body);
  if (data === NOT_JSON) return explainMisshapen(about, 'with a page or text that is no JSON');
  const result = schema.safeParse(data);
  if (result.success) return success(result.data);
  const [issue] = result.error.issues;
  const place = issue?.path.join('.') || 'the whole';
  const what = `with something else than its API describes (${place}: ${issue?.message ?? 'invalid'})`;
  return explainMisshapen(about, what);
}

const NOT_JSON = Symbol('not JSON');

function jsonOf(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    const data: unknown = JSON.parse(text);
    return data;
  } catch {
    return NOT_JSON;
  }
}

function wordsOf(body: string): string {
  const problem = Problem.safeParse(jsonOf(body));
  if (problem.success) return problem.data.message;
  return body.trimStart().startsWith('<') ? 'its answer is a web page' : '';
}
