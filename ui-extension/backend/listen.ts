/** HTTP servers that stop without cutting off who is being answered. */
import { createServer } from 'node:http';
import type { RequestListener, ServerResponse } from 'node:http';
import { StagelineError, messageOf } from '../../core/errors.ts';
import type { ListenAddress } from './settings.ts';

export interface RunningServer {
  port: number;
  /** Takes no new connections, lets requests finish for at most `graceMs`, then cuts. True if none was cut. */
  stop(graceMs: number): Promise<boolean>;
}

/** Argo CD keeps idle connections for 60 s; ours must live longer, or it sends into a closing one. */
const KEEP_ALIVE_MS = 65_000;
const HEADERS_MS = 10_000;
const REQUEST_MS = 20_000;
const MAX_CONNECTIONS = 512;

/** @throws StagelineError LISTEN_FAILED, such as when the port is taken */
export async function listen(handler: RequestListener, address: ListenAddress): Promise<RunningServer> {
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS },
    handler,
  );
  server.maxConnections = MAX_CONNECTIONS;
  const answering = new Set<ServerResponse>();
  let stopping = false;
  server.prependListener('request', (_, response) => {
    answering.add(response);
    if (stopping) partAfter(response);
    response.once('close', () => {
      answering.delete(response);
      if (stopping) server.closeIdleConnections();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenFailed(address, cause)));
    server.listen({ port: address.port, host: address.host }, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;

  async function stop(graceMs: number): Promise<boolean> {
    let cut = false;
    stopping = true;
    for (const response of answering) partAfter(response);
    // Closes the idle connections too.
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const deadline = setTimeout(() => {
      cut = true;
      server.closeAllConnections();
    }, graceMs);
    await closed;
    clearTimeout(deadline);
    return !cut;
  }

  return { port, stop };
}

/** The answer's connection is not kept, and who keeps it at the other end is told so. */
function partAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

function listenFailed({ host, port }: ListenAddress, cause: Error): StagelineError {
  return new StagelineError(`cannot listen on ${host ?? '*'}:${port}: ${messageOf(cause)}`, {
    code: 'LISTEN_FAILED',
    hint: 'Give another address in STAGELINE_BACKEND_LISTEN or STAGELINE_BACKEND_METRICS_LISTEN',
    blame: 'setup',
    cause,
  });
}
