/** Starts the backend in the test's own process and calls it as Argo CD's proxy extension does. */
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { PassThrough } from 'node:stream';
import { startBackend } from '../backend.ts';
import type { Backend } from '../backend.ts';
import { createLog } from '../log.ts';
import { parseSettings } from '../settings.ts';
import { NOW_MS } from './spans.ts';

export const SECRET = 'correct-horse-battery-staple';

export interface TestBackend extends Backend {
  /** What was logged so far. */
  logged(): string;
}

/** `env` has the names of the settings without their prefix. */
export async function startTestBackend(
  env: Record<string, string> = {},
  now: () => number = () => NOW_MS,
): Promise<TestBackend> {
  const all = { SECRET, LISTEN: '127.0.0.1:0', METRICS_LISTEN: '127.0.0.1:0', LOG_LEVEL: 'debug', ...env };
  const settings = parseSettings(
    Object.fromEntries(Object.entries(all).map(([name, value]) => [`STAGELINE_BACKEND_${name}`, value])),
    () => '',
  );
  const lines: string[] = [];
  const sink = new PassThrough();
  sink.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const backend = await startBackend(settings, { log: createLog(settings.logLevel, sink), now });
  return { ...backend, logged: () => lines.join('') };
}

/** Names and values in turn, so that a header can be there twice. */
export const GOOD_HEADERS: readonly string[] = [
  'X-Stageline-Secret',
  SECRET,
  'Argocd-Application-Name',
  'argocd:shop-dev',
  'Argocd-Project-Name',
  'shop',
];

/** The good headers with some set, left out (undefined) or there several times (a list). */
export function headersWith(changes: Record<string, string | readonly string[] | undefined>): string[] {
  const kept = GOOD_HEADERS.flatMap((name, index) =>
    index % 2 === 0 && !Object.hasOwn(changes, name) ? [name, GOOD_HEADERS[index + 1] ?? ''] : [],
  );
  const changed = Object.entries(changes).flatMap(([name, values]) =>
    (values === undefined ? [] : [values].flat()).flatMap((value) => [name, value]),
  );
  return [...kept, ...changed];
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
}

export interface CallOptions {
  headers?: readonly string[];
  method?: string;
}

/** fetch joins repeated headers; node:http sends them as they are. */
export function call(
  port: number,
  path: string,
  { headers = GOOD_HEADERS, method = 'GET' }: CallOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, method, headers: ['Host', '127.0.0.1', ...headers], agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes,
            text: bytes.toString('utf8'),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

/** The code of a problem that was answered. */
export function codeOf(answer: Answer): string {
  const body: { error?: { code?: string } } = JSON.parse(answer.text);
  return body.error?.code ?? '';
}
