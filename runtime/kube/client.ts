/**
 * A Kubernetes API client for the few calls that Stageline makes. `@kubernetes/client-node` finds the server and
 * the credentials; the requests are made here, so that objects keep the fields that no schema knows, and so that
 * answers of an overloaded server are waited out within bounds.
 */
import http from 'node:http';
import https from 'node:https';
import { messageOf } from '../../core/errors.ts';
import { loadKubeEndpoint, type KubeEndpoint } from './config.ts';
import { KubeError, type KubeAction } from './errors.ts';
import { delay, retrying, type RetryPolicy } from './retry.ts';

export interface KubeClientOptions {
  endpoint: KubeEndpoint;
  retry?: RetryPolicy;
  /** Of one request. */
  timeoutMs?: number;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  random?: () => number;
}

export interface KubeRequest {
  action: KubeAction;
  query?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal;
  /** Tries in all, where fewer than the client's are wanted. */
  tries?: number;
  /** Answer is text, such as a log. */
  text?: boolean;
  /** Bytes of the answer that are kept; the connection is closed after them. */
  maxBytes?: number;
}

const DEFAULT_TIMEOUT_MS = 15_000;
const DEFAULT_RETRY: RetryPolicy = { tries: 8, firstMs: 200, maxMs: 10_000, deadlineMs: 90_000 };
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** One client a process; it keeps connections open and needs no closing. */
export class KubeClient {
  readonly #endpoint: KubeEndpoint;
  readonly #options: KubeClientOptions;

  constructor(options: KubeClientOptions) {
    this.#endpoint = options.endpoint;
    this.#options = options;
  }

  /** The object, or undefined if there is none. Errors: KubeError. */
  async find<T>(action: KubeAction, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return await this.request<T>({ action, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Makes a request; 429, 5xx and broken connections are tried again with jittered backoff, `Retry-After` first.
   * A create that was tried again may meet what it made before: callers take 409 for "look what is there".
   */
  async request<T>(request: KubeRequest): Promise<T> {
    const usual = this.#options.retry ?? DEFAULT_RETRY;
    const policy = { ...usual, tries: request.tries ?? usual.tries };
    const text = await retrying(() => this.#once(request), {
      policy,
      sleep: this.#options.sleep ?? delay,
      random: this.#options.random ?? Math.random,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      retryAfter: (error) =>
        error instanceof KubeError && isPassing(error.status) ? (error.retryAfterMs ?? 0) : undefined,
    });
    return (request.text ? text : parseAnswer(text, request.action)) as T;
  }

  async #once(request: KubeRequest): Promise<string> {
    const { action } = request;
    const url = new URL(this.#endpoint.server + pathOf(action));
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const base = await this.#endpoint.requestOptions();
    const options: https.RequestOptions = {
      ...base,
      method: METHODS[action.verb],
      headers: {
        ...base.headers,
        accept: request.text ? 'text/plain, */*' : 'application/json',
        'user-agent': 'stageline',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    };
    const signal = AbortSignal.any([
      AbortSignal.timeout(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
      ...(request.signal === undefined ? [] : [request.signal]),
    ]);
    const answer = await exchange(url, { options, body, signal, maxBytes: request.maxBytes }).catch(
      (cause: unknown) => {
        if (request.signal?.aborted) throw request.signal.reason;
        throw new KubeError(action, { status: 0, message: messageOf(cause), cause });
      },
    );
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new KubeError(action, {
      status: answer.status,
      message: statusMessage(answer.body),
      ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
    });
  }
}

/** A client for the surroundings that `env` describes. Errors: `KUBE_CONFIG`. */
export function connectKube(
  env: NodeJS.ProcessEnv,
  options: Omit<KubeClientOptions, 'endpoint'> = {},
): KubeClient {
  return new KubeClient({ ...options, endpoint: loadKubeEndpoint(env) });
}

const METHODS = { get: 'GET', list: 'GET', create: 'POST', update: 'PUT', delete: 'DELETE' } as const;

/** Statuses that pass by themselves; 0 is a connection that broke or took too long. */
function isPassing(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function pathOf(action: KubeAction): string {
  const [resource = '', subresource] = action.resource.split('/');
  const version = action.version ?? 'v1';
  const group = action.group === '' ? `/api/${version}` : `/apis/${action.group}/${version}`;
  const name = action.name === undefined ? '' : `/${encodeURIComponent(action.name)}`;
  const sub = subresource === undefined ? '' : `/${subresource}`;
  // Without a namespace: of all namespaces, which only a list can be.
  const place = action.namespace === '' ? '' : `/namespaces/${encodeURIComponent(action.namespace)}`;
  return `${group}${place}/${resource}${name}${sub}`;
}

interface Exchange {
  options: https.RequestOptions;
  body: string | undefined;
  signal: AbortSignal;
  maxBytes: number | undefined;
}

interface Answer {
  status: number;
  body: string;
  retryAfterMs: number | undefined;
}

function exchange(url: URL, { options, body, signal, maxBytes }: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? https.request : http.request;
    const request = send(url, { ...options, signal }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const finish = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
          retryAfterMs: retryAfter(response.headers['retry-after']),
        });
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (maxBytes !== undefined && bytes >= maxBytes) {
          chunks.push(chunk.subarray(0, chunk.length - (bytes - maxBytes)));
          finish();
          response.destroy();
        } else if (bytes > MAX_ANSWER_BYTES) {
          response.destroy(new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`));
        } else chunks.push(chunk);
      });
      response.on('end', finish);
      response.on('error', reject);
    });
    request.on('error', (error) =>
      reject(signal.aborted ? new Error('it took too long', { cause: error }) : error),
    );
    request.end(body);
  });
}

/** Seconds; the date form is not used by API servers. */
function retryAfter(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function statusMessage(body: string): string {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  } catch {
    // Not a Status object: proxies and load balancers answer in HTML or plain text.
  }
  return body.replace(/\s+/g, ' ').slice(0, 200) || 'no message';
}

function parseAnswer(text: string, action: KubeAction): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KubeError(action, {
      status: 0,
      message: `the answer is not JSON: ${text.slice(0, 80)}`,
      cause,
    });
  }
}
