/**
 * A forward HTTP proxy that gives processes on this machine the cluster's Service names: `http://name.namespace.svc/`
 * and CONNECT. Hosts that are no Service of the stand-in cluster are refused.
 */
import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type RequestOptions,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ObjectStore } from '../kube/index.ts';
import { resolveHost, type Resolution } from './endpoints.ts';
import type { ProxyAddress } from './host.ts';

export interface ServiceProxyOptions {
  store: ObjectStore;
  /** Processes that these controllers start from now on use the proxy. */
  controllers?: { useProxy(proxy: ProxyAddress): void };
}

export interface ServiceProxy {
  /** For callers outside any namespace: names need one. */
  url: string;
  /** For callers inside the namespace: its Services' short names work too. */
  urlFor(namespace: string): Promise<string>;
  close(): Promise<void>;
}

/** Headers that concern one connection only (RFC 9110, 7.6.1). */
const hopHeaders = [
  'connection',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
];

type Resolve = (target: { host: string; port: number }) => { port: number } | { code: number; why: string };

/** Starts the proxy on a free loopback port. */
export async function startServiceProxy(options: ServiceProxyOptions): Promise<ServiceProxy> {
  const resolver = createResolver(options.store);
  const agent = new Agent({ keepAlive: true });
  const listeners = new Map<string, Promise<{ server: Server; url: string }>>();
  const sockets = new Set<Duplex>();
  let isClosed = false;

  function listenFor(namespace: string | undefined): Promise<{ server: Server; url: string }> {
    const key = namespace ?? '';
    const known = listeners.get(key);
    if (known !== undefined) return known;
    const resolve: Resolve = (target) => resolver.resolve(target, namespace);
    const server = createServer((incoming, response) => forward(incoming, response, { resolve, agent }));
    server.requestTimeout = 0;
    server.keepAliveTimeout = 65_000;
    server.on('connect', (incoming, socket, head) => tunnel(incoming, { socket, head, sockets }, resolve));
    const started = listen(server).then(async (port) => {
      // The controllers end after the proxy: a container that starts meanwhile finds nobody there.
      if (isClosed) await closeServer(server);
      return { server, url: `http://127.0.0.1:${port}` };
    });
    listeners.set(key, started);
    return started;
  }

  const { url } = await listenFor(undefined);
  const urlFor = async (namespace: string) => (await listenFor(namespace)).url;
  options.controllers?.useProxy(urlFor);
  return {
    url,
    urlFor,
    async close() {
      isClosed = true;
      resolver.close();
      for (const socket of sockets) socket.destroy();
      const all = await Promise.all(listeners.values());
      await Promise.all(all.map(({ server }) => closeServer(server)));
      agent.destroy();
    },
  };
}

function createResolver(store: ObjectStore): {
  resolve(target: { host: string; port: number }, namespace: string | undefined): ReturnType<Resolve>;
  close(): void;
} {
  const cache = new Map<string, Resolution>();
  const turns = new Map<string, number>();
  const stop = store.watch(({ object }) => {
    if (object.kind === 'Pod' || object.kind === 'Service') cache.clear();
  });

  function resolve(
    target: { host: string; port: number },
    namespace: string | undefined,
  ): ReturnType<Resolve> {
    const key = `${namespace ?? ''}|${target.host}|${target.port}`;
    const found = cache.get(key) ?? resolveHost(store, target, namespace);
    cache.set(key, found);
    switch (found.kind) {
      case 'loopback':
        return { port: found.port };
      case 'unknown':
        return { code: 403, why: `"${target.host}" is no Service of the stand-in cluster` };
      case 'unavailable':
        return { code: 502, why: found.why };
      case 'endpoints': {
        const turn = turns.get(found.service) ?? 0;
        turns.set(found.service, turn + 1);
        return { port: found.ports[turn % found.ports.length] ?? 0 };
      }
    }
  }

  return { resolve, close: stop };
}

function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  parts: { resolve: Resolve; agent: Agent },
): void {
  const url = URL.parse(incoming.url ?? '');
  if (url === null || url.protocol !== 'http:') {
    refuse(response, 400, 'this is a forward proxy: it takes absolute http:// addresses and CONNECT');
    return;
  }
  const found = parts.resolve({ host: bareHost(url.hostname), port: Number(url.port || 80) });
  if ('code' in found) {
    refuse(response, found.code, found.why);
    return;
  }
  const call: UpstreamCall = {
    authority: url.host,
    options: {
      host: '127.0.0.1',
      port: found.port,
      ...(incoming.method === undefined ? {} : { method: incoming.method }),
      path: url.pathname + url.search,
      headers: { ...withoutHops(incoming), host: url.host },
      agent: parts.agent,
    },
  };
  exchange(incoming, response, call, true);
}

interface UpstreamCall {
  authority: string;
  options: RequestOptions;
}

/** Sends the request on and its answer back. `again`: may be repeated once, on a new connection. */
function exchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  call: UpstreamCall,
  again: boolean,
): void {
  const upstream = request(call.options);
  const repeatable = again && (incoming.method === 'GET' || incoming.method === 'HEAD');
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, withoutHops(answer));
    // A stream may be silent for long; its caller has to know that it is there.
    if (answer.headers['content-length'] === undefined) response.flushHeaders();
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  upstream.on('error', (error) => {
    if (response.headersSent || response.destroyed) response.destroy();
    // The server closed the idle connection just as it was taken up again: no fault of the request.
    else if (repeatable && upstream.reusedSocket)
      exchange(incoming, response, { ...call, options: { ...call.options, agent: false } }, false);
    else refuse(response, 502, `${call.authority} does not answer: ${error.message}`);
  });
  response.on('close', () => {
    // The caller went away before its answer was complete.
    if (!response.writableFinished) upstream.destroy();
  });
  incoming.pipe(upstream);
}

function tunnel(
  incoming: IncomingMessage,
  client: { socket: Duplex; head: Buffer; sockets: Set<Duplex> },
  resolve: Resolve,
): void {
  const { socket, head, sockets } = client;
  const url = URL.parse(`http://${incoming.url ?? ''}`);
  const port = /:(\d+)$/.exec(incoming.url ?? '')?.[1];
  const found =
    url === null || port === undefined
      ? { code: 400, why: 'CONNECT needs host:port' }
      : resolve({ host: bareHost(url.hostname), port: Number(port) });
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  if ('code' in found) {
    socket.on('error', () => socket.destroy());
    const body = `${found.why}\n`;
    socket.end(
      `HTTP/1.1 ${found.code} Refused\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
    return;
  }
  join(socket, connect(found.port, '127.0.0.1'), head);
}

/** Two connections as one; the end of either is the end of both. */
function join(socket: Duplex, upstream: Socket, head: Buffer): void {
  let open = false;
  upstream.on('connect', () => {
    open = true;
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on('error', () =>
    open ? socket.destroy() : socket.end('HTTP/1.1 502 Refused\r\ncontent-length: 0\r\n\r\n'),
  );
  socket.on('error', () => upstream.destroy());
  socket.on('close', () => upstream.destroy());
}

function withoutHops(message: IncomingMessage): Record<string, string | string[]> {
  const named = String(message.headers.connection ?? '')
    .toLowerCase()
    .split(/\s*,\s*/);
  const entries = Object.entries(message.headers).flatMap(([name, value]) =>
    value === undefined || hopHeaders.includes(name) || named.includes(name) ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

function refuse(response: ServerResponse, code: number, why: string): void {
  response
    .writeHead(code, { 'content-type': 'text/plain', 'x-stageline-stand-in': 'service-proxy' })
    .end(`${why}\n`);
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
