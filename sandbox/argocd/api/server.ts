/**
 * A stand-in for argocd-server: the slice of Argo CD's HTTP API that Stageline's tab and its users call. Every
 * answer says in a header that it is a stand-in; a route that it does not have is answered with 501 and its name.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PodLogSource } from '../../kube/index.ts';
import { StagelineError } from '../../../core/errors.ts';
import { ArgoCdError } from '../engine/index.ts';
import type { ArgoCd } from '../engine/index.ts';
import type { ApiContext } from './context.ts';
import { sendStreamFailure } from './event-stream.ts';
import { extensionsScript } from './extensions-script.ts';
import { readJson, sendFailure, sendJson, sendText } from './http.ts';
import { proxyExtension } from './proxy-extension.ts';
import type { ExtensionBackend } from './proxy-extension.ts';
import { readPolicy } from './rbac.ts';
import { matchRoute } from './routes.ts';
import type { Route } from './routes.ts';
import { createSessions, tokenOf } from './sessions.ts';
import type { LocalUser } from './sessions.ts';

const STAND_IN_HEADER = 'X-Stand-In-For';
const KEEPALIVE_MS = 15_000;

/** Serves the page for paths that are no API; returns false for those that are not its own. */
export interface PageSource {
  serve(request: PageRequest): Promise<boolean>;
}
export interface PageRequest {
  request: IncomingMessage;
  response: ServerResponse;
  /** Path below the root path, with its leading slash. */
  pathname: string;
  query: URLSearchParams;
  rootPath: string;
  /** A session token for a user, so that the sandbox's page needs no login. */
  issueToken: (username: string) => string;
  /** Whether the request carries a session that is valid now. */
  signedIn: boolean;
}

export interface ArgoCdApiOptions {
  argo: ArgoCd;
  /** 0 or nothing: a free port. */
  port?: number;
  /** Path prefix under which everything is served, such as `/argocd`. */
  rootPath?: string;
  /** Default: `admin` (everything) and `readonly`, both with their name as password. */
  users?: LocalUser[];
  /** Lines like those of `policy.csv`, beside the built-in roles. */
  policy?: string;
  logs?: PodLogSource;
  extensions?: ExtensionBackend[];
  /** Bundles for `/extensions.js`. */
  extensionFiles?: string[];
  page?: PageSource;
  version?: string;
  now?: () => Date;
  keepaliveMs?: number;
}

export interface ArgoCdApi {
  /** Address with the root path, without a slash at the end. */
  url: string;
  port: number;
  /** A session token for a local user. */
  token(username: string): string;
  close(): Promise<void>;
}

const DEFAULT_USERS: LocalUser[] = [
  { username: 'admin', password: 'admin' },
  { username: 'readonly', password: 'readonly' },
];

/** Starts the API on 127.0.0.1. Throws a StagelineError when the port is taken. */
export async function startArgoCdApi(options: ArgoCdApiOptions): Promise<ArgoCdApi> {
  const now = options.now ?? (() => new Date());
  const rootPath = (options.rootPath ?? '').replace(/\/+$/, '');
  const context: ApiContext = {
    argo: options.argo,
    sessions: createSessions(options.users ?? DEFAULT_USERS, now),
    policy: readPolicy(`g, readonly, role:readonly\n${options.policy ?? ''}`),
    logs: options.logs,
    now,
    version: options.version ?? 'v3.5.1+stand-in',
    rootPath,
    keepaliveMs: options.keepaliveMs ?? KEEPALIVE_MS,
  };
  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => sendFailure(response, error));
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader(STAND_IN_HEADER, 'Argo CD (Stageline sandbox)');
    const url = new URL(request.url ?? '/', 'http://stand-in');
    if (!url.pathname.startsWith(`${rootPath}/`)) {
      if (url.pathname === rootPath || rootPath !== '')
        response.writeHead(302, { Location: `${rootPath}/` }).end();
      return;
    }
    url.pathname = url.pathname.slice(rootPath.length);
    if (url.pathname === '/api' || url.pathname.startsWith('/api/')) return serveApi(request, response, url);
    if (url.pathname === '/extensions.js') return serveExtensions(response);
    if (url.pathname.startsWith('/extensions/') && options.extensions) {
      return proxyExtension(context, options.extensions, { request, response, url });
    }
    const served = await options.page?.serve({
      request,
      response,
      pathname: url.pathname,
      query: url.searchParams,
      rootPath,
      issueToken: (username) => context.sessions.issue(username),
      signedIn: context.sessions.verify(tokenOf(request) ?? '') !== undefined,
    });
    if (!served) sendText(response, '404 page not found\n', 404);
  }

  async function serveApi(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const method = request.method ?? 'GET';
    const match = matchRoute(method, url.pathname);
    if (match.status === 'unknown') {
      sendText(response, `The stand-in for Argo CD has no route ${method} ${url.pathname}\n`, 501);
      return;
    }
    if (match.status === 'wrong-method') return sendText(response, 'Method Not Allowed\n', 405);
    if (method !== 'GET' && request.headers['content-type'] !== 'application/json') {
      return sendText(response, 'Invalid content type\n', 415);
    }
    await answer(match.route, { request, response, params: match.params, query: url.searchParams });
  }

  async function answer(
    route: Route,
    part: {
      request: IncomingMessage;
      response: ServerResponse;
      params: Record<string, string>;
      query: URLSearchParams;
    },
  ): Promise<void> {
    const { request, response } = part;
    try {
      const token = tokenOf(request);
      const session = token === undefined ? undefined : context.sessions.verify(token);
      const body = request.method === 'GET' ? undefined : await readJson(request);
      const value = await handled(route, { ...part, context, session, body });
      if (value !== undefined) sendJson(response, value);
    } catch (error) {
      if ('stream' in route) sendStreamFailure(request, response, error);
      else sendFailure(response, error);
    }
  }

  async function serveExtensions(response: ServerResponse): Promise<void> {
    const script = await extensionsScript(options.extensionFiles ?? []);
    response.writeHead(200, { 'Content-Type': 'application/javascript' });
    response.end(script);
  }

  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}${rootPath}`,
    port,
    token: (username) => context.sessions.issue(username),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type OpenParts = Parameters<Extract<Route, { access: 'open' }>['handle']>[0];

function handled(route: Route, call: OpenParts): unknown {
  if (route.access === 'open') return route.handle(call);
  if (!call.session) throw new ArgoCdError('Unauthenticated', 'no session information');
  return route.handle({ ...call, session: call.session });
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new StagelineError(`the page cannot listen on port ${port}: ${error.message}`, {
          code: error.code === 'EADDRINUSE' ? 'PORT_TAKEN' : 'LISTEN',
          hint: 'Stop what listens there, or choose another port',
          blame: 'setup',
          cause: error,
        }),
      );
    });
    server.listen(port, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
