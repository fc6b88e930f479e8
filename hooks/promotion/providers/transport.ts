/**
 * One request to a Git host and its whole answer: bounded in time and size, redirected only within the host, tried
 * again where that can do no harm. Reads are repeated after faults; writes only after a rate limit refused them.
 */
import { messageOf } from '../../../core/errors.ts';
import { backoffMs } from '../../../runtime/kube/retry.ts';
import { proxySettings } from '../../http/proxy.ts';
import { sendHttp, type HttpAnswer } from '../../http/send.ts';
import { rateLimitWait, retryAfterWait } from './rate-limit.ts';
import type { ProviderOptions } from './types.ts';

export interface ApiRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export interface ApiAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface Transport {
  /** Throws `RequestLost` without a whole answer, and what `signal` was aborted with. */
  send(request: ApiRequest): Promise<ApiAnswer>;
}

/** No whole answer arrived; if it was `sent`, the host may have carried the request out all the same. */
export class RequestLost extends Error {
  readonly sent: boolean;

  constructor(reason: string, sent: boolean) {
    super(reason);
    this.name = 'RequestLost';
    this.sent = sent;
  }
}

const TIMEOUT_MS = 30_000;
const WAIT_BUDGET_MS = 60_000;
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_TRIES = 4;
const MAX_REDIRECTS = 3;
const BACKOFF = { firstMs: 500, maxMs: 10_000 };
/** There was no connection at all. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];
const SAFE_METHODS = ['GET', 'HEAD'];

type Tried = { answer: ApiAnswer } | { lost: RequestLost };

export function createTransport(options: ProviderOptions): Transport {
  return { send: (request) => sendPatiently(request, options) };
}

async function sendPatiently(request: ApiRequest, options: ProviderOptions): Promise<ApiAnswer> {
  let budget = options.waitBudgetMs ?? WAIT_BUDGET_MS;
  for (let attempt = 1; ; attempt += 1) {
    const tried = await sendOnce(request, options);
    const waitMs = attempt < MAX_TRIES ? waitBefore(request, tried, { options, attempt }) : undefined;
    if (waitMs === undefined || waitMs > budget) {
      if ('lost' in tried) throw tried.lost;
      return tried.answer;
    }
    budget -= waitMs;
    options.log.warn('the Git host is asked again', {
      host: new URL(request.url).host,
      reason: 'lost' in tried ? tried.lost.message : `status ${tried.answer.status}`,
      waitMs,
      attempt,
    });
    await options.sleep(waitMs, options.signal);
  }
}

/** Milliseconds until the next try; undefined if there is none. */
function waitBefore(
  request: ApiRequest,
  tried: Tried,
  known: { options: ProviderOptions; attempt: number },
): number | undefined {
  const { options, attempt } = known;
  const limited = 'answer' in tried ? rateLimitWait(tried.answer, options.now()) : undefined;
  if (limited !== undefined) return limited;
  const isFault = 'lost' in tried || tried.answer.status >= 500;
  if (!isFault || !SAFE_METHODS.includes(request.method)) return undefined;
  const asked = 'answer' in tried ? retryAfterWait(tried.answer, options.now()) : undefined;
  return asked ?? backoffMs(BACKOFF, attempt, options.random);
}

async function sendOnce(request: ApiRequest, options: ProviderOptions): Promise<Tried> {
  let url = request.url;
  for (let redirects = 0; ; redirects += 1) {
    const tried = await exchange({ ...request, url }, options);
    if ('lost' in tried || redirects === MAX_REDIRECTS) return tried;
    const next = redirectTarget({ ...request, url }, tried.answer);
    if (next === undefined) return tried;
    url = next;
  }
}

/** Only within the same origin, since the token goes along; a write only where the method must stay (RFC 9110, 15.4). */
function redirectTarget(request: ApiRequest, answer: ApiAnswer): string | undefined {
  const { location } = answer.headers;
  const mayRepeat = SAFE_METHODS.includes(request.method) ? [301, 302, 307, 308] : [307, 308];
  if (!location || !mayRepeat.includes(answer.status) || !URL.canParse(location, request.url))
    return undefined;
  const target = new URL(location, request.url);
  return target.origin === new URL(request.url).origin ? target.href : undefined;
}

async function exchange(request: ApiRequest, options: ProviderOptions): Promise<Tried> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    const answer = await (options.send ?? sendHttp)({
      ...request,
      signal: AbortSignal.any([options.signal, deadline.signal]),
      maxBytes: MAX_BYTES,
      proxy: proxySettings(options.env),
    });
    if (answer.truncated) {
      return { lost: new RequestLost(`the answer has more than ${MAX_BYTES / 1024 / 1024} MiB`, true) };
    }
    return { answer: { status: answer.status, headers: plainHeaders(answer), body: answer.body } };
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    if (deadline.signal.aborted)
      return { lost: new RequestLost(`no answer within ${timeoutMs / 1000} s`, true) };
    return { lost: networkFault(error) };
  } finally {
    clearTimeout(timer);
  }
}

function plainHeaders(answer: HttpAnswer): Record<string, string> {
  return Object.fromEntries(
    Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

/** Node's AggregateError of several addresses has no message of its own. */
function networkFault(error: unknown): RequestLost {
  if (error instanceof AggregateError && error.errors.length > 0) return networkFault(error.errors[0]);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return new RequestLost(messageOf(error) || 'the connection failed', !NEVER_SENT.includes(code));
}
