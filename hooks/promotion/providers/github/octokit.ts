/** Between Octokit and Stageline: what it sends by, and what it gives and throws, as plain answers. */
import type { z } from 'zod';
import { messageOf } from '../../../../core/errors.ts';
import { RequestLost, type Transport } from '../transport.ts';
import { Problem } from './schema.ts';

/** GitHub's answer as it came. */
export interface Answered {
  status: number;
  headers: Record<string, string>;
  data: unknown;
  /** GitHub's words, bounded and without secrets. */
  words: string;
}

function ignore(): void {}

/** Octokit's own lines would bypass our logger and its redaction. */
export const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** The `fetch` that Octokit is given: our transport behind it, and no content type of which it could make more than text. */
export function fetchBy(transport: Transport, secrets: Set<string>) {
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

export function answered(answer: {
  status: number;
  headers: object;
  data?: unknown;
}): Omit<Answered, 'words'> {
  const headers = Object.fromEntries(
    Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
  return { status: answer.status, headers, data: answer.data };
}

export function lostIn(error: unknown): RequestLost | undefined {
  if (error instanceof RequestLost) return error;
  return error instanceof Error && error.cause instanceof RequestLost ? error.cause : undefined;
}

/** Octokit throws every answer from 400 on. */
export function responseIn(error: unknown): { status: number; headers: object; data?: unknown } | undefined {
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

export function wordsOf(data: unknown): string {
  const problem = Problem.safeParse(data);
  if (!problem.success)
    return typeof data === 'string' && data.startsWith('<') ? 'its answer is a web page' : '';
  const details = (problem.data.errors ?? []).map((error) => {
    if (typeof error === 'string') return error;
    return error.message ?? [error.resource, error.field, error.code].filter(Boolean).join(' ');
  });
  return [problem.data.message, ...details].filter(Boolean).join('; ');
}

export function misshape(data: unknown, error: z.ZodError): string {
  if (typeof data === 'string' && data.trimStart().startsWith('<')) return 'with a web page';
  const [issue] = error.issues;
  const place = issue?.path.join('.') || 'the whole';
  return `with something else than its API describes (${place}: ${messageOf(issue?.message ?? error)})`;
}
