/**
 * An OTLP/HTTP trace receiver on loopback: keeps what it gets, writes every body to a folder, hands it on to the
 * user's own collector where one is set, and answers Jaeger's query API v3 for it. A stand-in for an
 * OpenTelemetry Collector with Jaeger behind it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decodeTraces, type ReceivedSpan } from './decode.ts';
import { answerQuery } from './jaeger-query.ts';

export interface OtlpReceiver {
  /** What OTEL_EXPORTER_OTLP_ENDPOINT must be, and the base address of Jaeger's query API. */
  url: string;
  /** Every span so far; one that came twice is there twice. */
  spans(): ReceivedSpan[];
  close(): Promise<void>;
}

export interface OtlpReceiverOptions {
  /** Folder for the bodies as they came, `0001.pb` and so on. */
  directory?: string;
  /** OTLP/HTTP endpoint that gets every body too; its failures are told once to `onForwardError`. */
  forwardTo?: string;
  onForwardError?: (reason: string) => void;
}

const TRACES_PATH = '/v1/traces';

/** Starts the receiver on a free port. */
export async function startOtlpReceiver(options: OtlpReceiverOptions = {}): Promise<OtlpReceiver> {
  const received: ReceivedSpan[] = [];
  const forwards = new Set<Promise<void>>();
  let count = 0;
  let told = false;
  if (options.directory !== undefined) mkdirSync(options.directory, { recursive: true });

  const keep = (body: Buffer): void => {
    received.push(...decodeTraces(body));
    count += 1;
    if (options.directory !== undefined) {
      writeFileSync(path.join(options.directory, `${String(count).padStart(4, '0')}.pb`), body);
    }
    if (options.forwardTo !== undefined) {
      const sending = forward(options.forwardTo, body).catch((error: unknown) => {
        if (!told) options.onForwardError?.(error instanceof Error ? error.message : String(error));
        told = true;
      });
      forwards.add(sending);
      void sending.finally(() => forwards.delete(sending));
    }
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'GET') {
        const { status, type, body } = answerQuery(new URL(request.url ?? '/', 'http://stand-in'), received);
        response.writeHead(status, { 'content-type': type, 'x-stand-in-for': 'Jaeger' }).end(body);
        return;
      }
      if (request.method !== 'POST' || request.url !== TRACES_PATH) {
        response.writeHead(404).end();
        return;
      }
      try {
        const raw = Buffer.concat(chunks);
        keep(request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw);
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      } catch {
        response.writeHead(400).end('not an OTLP trace request in protobuf\n');
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans: () => [...received],
    async close() {
      await Promise.all(forwards);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function forward(endpoint: string, body: Buffer): Promise<void> {
  const response = await fetch(`${endpoint.replace(/\/+$/, '')}${TRACES_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok) throw new Error(`${endpoint} answered ${response.status}`);
}
