/** Requests to Argo CD's own API, with the user's session, relative to the page's base address. */

/** No answer after this is a failure that the user is told of. */
const TIMEOUT_MS = 30_000;
const TEXT_LIMIT = 4_000_000;

/** Address of an API route under the sub-path that Argo CD is served from. */
export function apiUrl(path: string, query: Record<string, string>): string {
  const url = new URL(path, document.baseURI);
  for (const [key, value] of Object.entries(query)) if (value !== '') url.searchParams.set(key, value);
  return url.href;
}

/** Address of one of Argo CD's own pages. */
export function pageUrl(path: string): string {
  return new URL(path, document.baseURI).href;
}

export type ApiAnswer =
  | { kind: 'answer'; status: number; body: string }
  | { kind: 'unreachable'; reason: string };

export interface ApiCall {
  url: string;
  method?: 'GET' | 'POST' | 'DELETE';
  /** JSON text. */
  body?: string;
  headers?: Record<string, string>;
  /** Characters after which reading ends. */
  limit?: number;
}

/** Reads a route as text. Rejects only when `signal` aborts. `limit`: characters after which reading ends. */
export function getText(url: string, signal: AbortSignal, limit = TEXT_LIMIT): Promise<ApiAnswer> {
  return callApi({ url, limit }, signal);
}

/** Calls a route and reads its answer as text. Rejects only when `signal` aborts. */
export async function callApi(call: ApiCall, signal: AbortSignal): Promise<ApiAnswer> {
  const timeout = new AbortController();
  const stop = (): void => timeout.abort();
  signal.addEventListener('abort', stop);
  const timer = setTimeout(stop, TIMEOUT_MS);
  try {
    const response = await fetch(call.url, {
      signal: timeout.signal,
      method: call.method ?? 'GET',
      headers: {
        Accept: 'application/json',
        // Exactly this, also without a body: Argo CD refuses other types of whatever is not a GET.
        ...(call.method === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: call.body }),
    });
    return {
      kind: 'answer',
      status: response.status,
      body: await readUpTo(response, call.limit ?? TEXT_LIMIT),
    };
  } catch (cause) {
    if (signal.aborted) throw cause;
    return {
      kind: 'unreachable',
      reason: timeout.signal.aborted ? 'Argo CD did not answer in time' : 'Argo CD could not be reached',
    };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

async function readUpTo(response: Response, limit: number): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let body = '';
  for (;;) {
    const part = await reader.read();
    if (part.done) return body + decoder.decode();
    body += decoder.decode(part.value, { stream: true });
    if (body.length > limit) {
      await reader.cancel();
      return body.slice(0, limit);
    }
  }
}
