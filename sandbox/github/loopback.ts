/** The HTTP side of the stand-ins for Git hosts: JSON on loopback, what was asked, and the faults that tests ask for. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { takeFault, type Fault } from './faults.ts';

export interface SeenRequest {
  method: string;
  path: string;
  /** With its query. */
  url: string;
  authorization: string | undefined;
  body: unknown;
}

export interface Asked {
  method: string;
  target: URL;
  authorization: string | undefined;
  body: unknown;
}

export interface LoopbackAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** What a stand-in keeps for its tests. */
export interface Witness {
  faults: Fault[];
  requests: SeenRequest[];
  violations: string[];
}

/** Serves on a free port; an error of `act` is a violation. */
export async function startLoopback(
  witness: Witness,
  act: (asked: Asked) => Promise<LoopbackAnswer>,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    serve(witness, act, { request, response }).catch((error: unknown) => {
      witness.violations.push(`the stand-in failed: ${String(error)}`);
      send(response, { status: 500, body: { message: String(error) } });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stand-in has no port');
  return { url: `http://127.0.0.1:${address.port}`, close: () => closeServer(server) };
}

async function serve(
  witness: Witness,
  act: (asked: Asked) => Promise<LoopbackAnswer>,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const method = request.method ?? 'GET';
  const url = request.url ?? '/';
  const target = new URL(url, 'http://host.local');
  const body = await readJson(request);
  const { authorization } = request.headers;
  const path = target.pathname;
  witness.requests.push({ method, path, url, authorization, body });
  const fault = takeFault(witness.faults, { method, path });
  if (fault?.kind === 'answer') {
    response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    return;
  }
  if (fault?.kind === 'drop' && fault.when === 'before') {
    response.destroy();
    return;
  }
  const answer = await act({ method, target, authorization, body });
  if (fault?.kind === 'silence') return;
  if (fault?.kind === 'drop') response.destroy();
  else send(response, answer);
}

function send(response: ServerResponse, { status, headers, body }: LoopbackAnswer): void {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  response
    .writeHead(status, { ...headers, 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  const value: unknown = text === '' ? undefined : JSON.parse(text);
  return value;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
