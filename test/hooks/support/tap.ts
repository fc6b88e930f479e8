/** A reverse proxy that stands before a server, so that a test can act before and after each request to it. */
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Moment = 'before' | 'after';

export interface Tap {
  url: string;
  close(): Promise<void>;
}

/**
 * Forwards to `upstream`. `at` is called before a request is handed on, and again when it has been answered but
 * the answer not yet given; if it returns true the connection breaks instead.
 */
export async function startTap(
  upstream: string,
  at: (label: string, moment: Moment) => boolean,
): Promise<Tap> {
  const server = createServer((incoming, outgoing) => {
    const label = `${incoming.method ?? ''} ${(incoming.url ?? '').split('?')[0] ?? ''}`;
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      if (at(label, 'before')) outgoing.destroy();
      else forward(upstream, { incoming, outgoing, body: Buffer.concat(chunks) }, () => at(label, 'after'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function forward(
  upstream: string,
  exchange: { incoming: IncomingMessage; outgoing: ServerResponse; body: Buffer },
  breaks: () => boolean,
): void {
  const { incoming, outgoing, body } = exchange;
  const options = { method: incoming.method ?? 'GET', headers: { ...incoming.headers, connection: 'close' } };
  const onward = send(new URL(incoming.url ?? '/', upstream), options, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => {
      if (breaks()) {
        outgoing.destroy();
        return;
      }
      const headers = { ...answer.headers };
      delete headers['transfer-encoding'];
      outgoing.writeHead(answer.statusCode ?? 502, headers).end(Buffer.concat(chunks));
    });
  });
  onward.on('error', () => outgoing.destroy());
  onward.end(body);
}
