/** One HTTP request as a check makes it: no redirects, a bounded body, measured, through the proxy if one is set. */
import http from 'node:http';
import https from 'node:https';
import type { ProxySettings } from './proxy.ts';
import type { TlsOptions } from './tls.ts';

export interface HttpRequest {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  signal: AbortSignal;
  /** Bytes of the body that are kept; the rest is not read. */
  maxBytes: number;
  proxy: ProxySettings;
  tls?: TlsOptions;
}

export interface HttpAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  /** There was more than `maxBytes`. */
  truncated: boolean;
  /** From the request's start to the end of the body, in milliseconds. */
  latencyMs: number;
}

/** Sends a request. Rejects with Node's error if there is no whole answer. */
export function sendHttp(request: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const url = new URL(request.url);
    const secure = url.protocol === 'https:';
    const proxyEnv = { ...request.proxy };
    const agent = secure ? new https.Agent({ proxyEnv }) : new http.Agent({ proxyEnv });
    const startedAt = performance.now();
    const options: https.RequestOptions = {
      method: request.method ?? 'GET',
      headers: {
        'user-agent': 'stageline',
        accept: '*/*',
        ...request.headers,
        ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }),
      },
      agent,
      signal: request.signal,
      ...(secure ? request.tls : {}),
    };
    const send = secure ? https.request : http.request;
    const outgoing = send(url, options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const finish = (truncated: boolean): void => {
        agent.destroy();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
          truncated,
          latencyMs: performance.now() - startedAt,
        });
      };
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= request.maxBytes) {
          chunks.push(chunk);
          return;
        }
        chunks.push(chunk.subarray(0, chunk.length - (bytes - request.maxBytes)));
        finish(true);
        response.destroy();
      });
      response.on('end', () => finish(false));
      response.on('error', reject);
    });
    outgoing.on('error', (error) => {
      agent.destroy();
      reject(error);
    });
    outgoing.end(request.body);
  });
}
