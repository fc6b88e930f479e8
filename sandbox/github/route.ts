/** What a route of the stand-in gets and gives, and what several of them need. */
import type { Caller, Needed, Refused } from './access.ts';
import type { Answers } from './answers.ts';
import type { Description } from './description.ts';
import type { JsonRecord } from './json.ts';
import type { StoredPull, StoredRepository } from './state.ts';

export interface RouteCall {
  caller: Caller;
  login: string;
  repository: StoredRepository;
  path: Record<string, string>;
  query: Record<string, string>;
  body: JsonRecord;
  answers: Answers;
  description: Description;
  /** RFC 3339; later with every call. */
  now: string;
  webUrl: string;
  nextId: () => number;
}

export interface RouteAnswer {
  status: number;
  headers?: Record<string, string>;
  /** None for an empty answer. */
  body?: unknown;
}

export interface Route {
  needs: Needed;
  handle: (call: RouteCall) => Promise<RouteAnswer> | RouteAnswer;
}

export const notFound: RouteAnswer = {
  status: 404,
  body: { message: 'Not Found', documentation_url: '', status: '404' },
};

export function invalid(errors: readonly JsonRecord[], message = 'Validation Failed'): RouteAnswer {
  return {
    status: 422,
    body: { message, errors, documentation_url: 'https://docs.github.com/rest', status: '422' },
  };
}

export function pullOf({ repository, path }: RouteCall): StoredPull | undefined {
  const number = Number(path['pull_number'] ?? path['issue_number']);
  return repository.pulls.find((pull) => pull.number === number);
}

/** One page of a list, as `page` and `per_page` ask. */
export function pageOf<T>(entries: readonly T[], query: Record<string, string>): T[] {
  const size = Math.min(Number(query['per_page'] ?? 30), 100);
  const start = (Number(query['page'] ?? 1) - 1) * size;
  return entries.slice(start, start + size);
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

export function refusedAnswer({ status, message, headers }: Refused): RouteAnswer {
  const body = { message, documentation_url: 'https://docs.github.com/rest', status: String(status) };
  return { status, body, ...(headers ? { headers } : {}) };
}
