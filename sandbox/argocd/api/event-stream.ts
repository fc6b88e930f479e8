/**
 * Streams as argocd-server frames them: `data: {…} ` and three line breaks for EventSource, JSON lines for
 * everybody else. Nothing, not even headers, leaves before the first message.
 */
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { failureOf } from './http.ts';

export interface EventStream {
  send(result: unknown): void;
  end(): void;
  /** Runs when the client has gone or the stream has ended. */
  onClose(stop: () => void): void;
}

export function openStream(
  request: IncomingMessage,
  response: ServerResponse,
  keepaliveMs: number,
): EventStream {
  const events = wantsEvents(request);
  const stops: (() => void)[] = [];
  let keepalive: NodeJS.Timeout | undefined;
  response.on('close', () => {
    clearInterval(keepalive);
    for (const stop of stops) stop();
  });

  function open(): void {
    if (response.headersSent) return;
    response.writeHead(200, {
      'Content-Type': events ? 'text/event-stream' : 'application/json',
      'Cache-Control': 'no-cache',
    });
    if (events) keepalive = setInterval(() => response.write(':\n'), keepaliveMs);
  }

  return {
    send(result) {
      if (response.destroyed || response.writableEnded) return;
      open();
      const text = JSON.stringify(result);
      response.write(events ? `data: ${text} \n\n\n` : `${text}\n`);
    },
    end() {
      open();
      response.end();
    },
    onClose: (stop) => void stops.push(stop),
  };
}

/** An error in a stream: its own shape, with the HTTP status if nothing was sent yet. */
export function sendStreamFailure(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const { grpc, http, message } = failureOf(error);
  const body = {
    error: { grpc_code: grpc, http_code: http, message, http_status: STATUS_CODES[http] ?? '' },
  };
  const events = wantsEvents(request);
  if (!response.headersSent) {
    response.writeHead(http, { 'Content-Type': events ? 'text/event-stream' : 'application/json' });
  }
  response.end(events ? `data: ${JSON.stringify(body)} \n\n` : JSON.stringify(body));
}

function wantsEvents(request: IncomingMessage): boolean {
  return request.headers.accept === 'text/event-stream';
}
