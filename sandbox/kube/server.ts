/**
 * A stand-in for the Kubernetes API server, on loopback and without TLS: the verbs and kinds that Stageline's own
 * programs use, with Kubernetes' errors, authorization and watches. It is not Kubernetes; every answer's headers say so.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createAccess, kubeconfigYaml, type Access, type ServiceAccountRef } from './access.ts';
import { readBody } from './body.ts';
import { discoveryDocument } from './discovery.ts';
import { KubeApiError, statusOf } from './errors.ts';
import { injectFault, type Fault } from './faults.ts';
import { answerRequest, type RequestBody } from './handlers.ts';
import { servePodLog, type PodLogSource } from './pod-log.ts';
import { denied, isAllowed, type Attributes } from './rbac.ts';
import { parseRequest, type ResourceRequest } from './request.ts';
import type { ObjectStore } from './types.ts';
import { watchHistory, type WatchHistory } from './watch-history.ts';
import { streamWatch } from './watch-stream.ts';

/** One call of the API, as authorization sees it: what a Role must allow. */
export interface ApiCall {
  verb: string;
  group: string;
  /** With the subresource: `pods/log`. */
  resource: string;
  namespace: string | undefined;
  name: string | undefined;
  user: string;
}

export interface KubeApiOptions {
  store: ObjectStore;
  /** The clock of `sinceSeconds`; the system's unless told. */
  now?: () => Date;
  /** For tests: runs before each resource call is authorized. */
  beforeRequest?: (call: ApiCall) => Fault | undefined | Promise<Fault | undefined>;
}

export interface KubeApi {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** A kubeconfig as YAML, for a service account or, without one, for the administrator. */
  kubeconfig(serviceAccount?: ServiceAccountRef): string;
  token(serviceAccount?: ServiceAccountRef): string;
  /** Every resource call so far, refused ones included. */
  calls(): ApiCall[];
  /** Says who holds the Pods' logs. Until then every container is waiting to start. */
  setPodLogs(source: PodLogSource): void;
  close(): Promise<void>;
}

const standInHeaders = {
  server: 'stageline-sandbox',
  'x-stageline-stand-in': 'kubernetes-api; a stand-in, not Kubernetes',
};

interface Context {
  store: ObjectStore;
  access: Access;
  history: WatchHistory;
  now: () => Date;
  options: KubeApiOptions;
  calls: ApiCall[];
  podLogs: PodLogSource | undefined;
}

/** Starts the stand-in API server on a free loopback port. */
export async function startKubeApi(options: KubeApiOptions): Promise<KubeApi> {
  const context: Context = {
    store: options.store,
    access: createAccess(),
    history: watchHistory(options.store),
    now: options.now ?? (() => new Date()),
    options,
    calls: [],
    podLogs: undefined,
  };
  const server = createServer((request, response) => {
    handle(context, request, response).catch((error: unknown) => sendError(response, error));
  });
  // A watch is silent for as long as nothing changes.
  server.requestTimeout = 0;
  // Longer than clients keep idle connections: one that is closed under a request looks like a failing API.
  server.keepAliveTimeout = 65_000;
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    url,
    kubeconfig: (account) => kubeconfigYaml(url, context.access.token(account), account),
    token: (account) => context.access.token(account),
    calls: () => structuredClone(context.calls),
    setPodLogs(source) {
      context.podLogs = source;
    },
    close: () => close(server, context.history),
  };
}

async function handle(context: Context, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(standInHeaders)) response.setHeader(name, value);
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  if (incoming.method === 'GET' && ['/healthz', '/livez', '/readyz'].includes(url.pathname)) {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
    return;
  }
  const document = incoming.method === 'GET' ? discoveryDocument(url.pathname) : undefined;
  const user = context.access.authenticate(incoming.headers.authorization);
  if (document !== undefined) {
    sendJson(response, 200, document);
    return;
  }
  const request = parseRequest(incoming.method ?? 'GET', url);
  const wanted = attributesOf(request);
  const call: ApiCall = { ...wanted, name: request.name, user: user.name };
  context.calls.push(call);
  await injectFault(await context.options.beforeRequest?.(call), response);
  if (!isAllowed(context.store, user, wanted)) throw denied(user, wanted);
  const body = await readBody(incoming);
  serve(context, request, body, response);
}

function serve(
  context: Context,
  request: ResourceRequest,
  body: RequestBody,
  response: ServerResponse,
): void {
  if (request.verb === 'watch') {
    streamWatch(context, request, response);
    return;
  }
  if (request.subresource === 'log') {
    servePodLog(request, response, { store: context.store, source: context.podLogs, now: context.now });
    return;
  }
  const answer = answerRequest(context.store, request, body);
  sendJson(response, answer.code, answer.body, answer.headers);
}

function attributesOf(request: ResourceRequest): Attributes {
  const { verb, group, type, subresource, name, namespace } = request;
  const resource = subresource === undefined ? type.plural : `${type.plural}/${subresource}`;
  // A Namespace is its own place for authorization, as the API server's request info has it.
  const place = type.kind === 'Namespace' ? name : namespace;
  return { verb, group, resource, namespace: place, name: verb === 'create' ? '' : (name ?? '') };
}

function sendJson(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(code, { ...headers, 'content-type': 'application/json' })
    .end(`${JSON.stringify(body)}\n`);
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known =
    error instanceof KubeApiError
      ? error
      : new KubeApiError(
          `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
          {
            code: 500,
            reason: 'InternalError',
          },
        );
  // A body that was not read to its end would be taken for the next request.
  if (known.code === 413) response.setHeader('connection', 'close');
  sendJson(response, known.code, statusOf(known));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the server has no port'));
      else resolve(address.port);
    });
  });
}

function close(server: Server, history: WatchHistory): Promise<void> {
  history.close();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
