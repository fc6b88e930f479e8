/**
 * Sends load with autocannon: one request over and over, on so many connections or at a rate. The library takes any
 * certificate, knows no proxy and forgets what is under way when its time is over. So it sends to a gateway in this
 * process, which asks the service as the other checks do and measures each answer itself.
 */
import { setMaxListeners } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { connectionProblem } from '../http/connection-problem.ts';
import type { ProxySettings } from '../http/proxy.ts';
import type { TlsOptions } from '../http/tls.ts';
import { LatencyHistogram } from './latency-histogram.ts';

export interface LoadRun {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: string;
  proxy: ProxySettings;
  tls?: TlsOptions;
  connections: number;
  /** Requests a second in all; without it as fast as answers come. */
  rate?: number;
  durationMs: number;
  /** Ends it at once. */
  signal: AbortSignal;
}

export interface LoadMeasured {
  /** Of every request that got an answer, whatever its status. */
  latencies: LatencyHistogram;
  /** Answers from 200 to 299. */
  succeeded: number;
  /** Requests without a whole answer. */
  lost: number;
  firstError: string | undefined;
  seconds: number;
  /** So many requests were lost that it ended early. */
  gaveUp: boolean;
}

/** A dead address gives errors as fast as the machine can; so many end the test, fewer where nothing ever answered. */
export const MAX_LOST = 1000;
const MAX_LOST_WITHOUT_ANSWER = 100;
/** What is on its way when the time is over may still be answered; then it counts as lost. */
const LAST_ANSWERS_MS = 5000;
/** The generator looks so often whether its time is over. */
const SAMPLE_MS = 100;

/** Sends the load. Never rejects: what fails is counted. */
export async function sendLoad(run: LoadRun): Promise<LoadMeasured> {
  const { default: autocannon } = await import('autocannon');
  const secure = run.url.startsWith('https:');
  const options = { keepAlive: true, maxSockets: run.connections, proxyEnv: { ...run.proxy } };
  const agent = secure ? new https.Agent(options) : new http.Agent(options);
  const latencies = new LatencyHistogram();
  const measured = { latencies, succeeded: 0, lost: 0, firstError: undefined as string | undefined };
  const over = new AbortController();
  const end = AbortSignal.any([run.signal, over.signal]);
  // Every request under way listens to it.
  setMaxListeners(0, end);
  const underWay = new Set<Promise<number>>();
  const send = async (): Promise<number> => {
    const began = performance.now();
    try {
      const status = await requestOnce(run, agent, end);
      latencies.record(performance.now() - began);
      if (status >= 200 && status < 300) measured.succeeded += 1;
      else measured.firstError ??= `status ${status}`;
      return status;
    } catch (error) {
      if (run.signal.aborted) return 503;
      measured.lost += 1;
      measured.firstError ??= over.signal.aborted ? 'no answer in time' : connectionProblem(error);
      if (measured.lost >= (latencies.count === 0 ? MAX_LOST_WITHOUT_ANSWER : MAX_LOST)) stop();
      return 502;
    }
  };
  const gateway = await startGateway(async () => {
    const sent = send();
    underWay.add(sent);
    const status = await sent;
    underWay.delete(sent);
    return status;
  });
  const startedAt = performance.now();
  const cannon = autocannon({
    url: gateway.url,
    connections: run.connections,
    duration: run.durationMs / 1000,
    sampleInt: SAMPLE_MS,
    timeout: (run.durationMs + LAST_ANSWERS_MS) / 1000,
    ...(run.rate === undefined ? {} : { overallRate: run.rate }),
  });
  const stop = (): void => void setImmediate(() => cannon.stop());
  if (run.signal.aborted) stop();
  run.signal.addEventListener('abort', stop, { once: true });
  await cannon;
  const seconds = Math.min(performance.now() - startedAt, run.durationMs) / 1000;
  run.signal.removeEventListener('abort', stop);
  const timer = setTimeout(() => over.abort(), LAST_ANSWERS_MS);
  await Promise.all(underWay);
  clearTimeout(timer);
  await gateway.close();
  agent.destroy();
  return { ...measured, seconds, gaveUp: measured.lost >= MAX_LOST };
}

/** Where the generator sends its requests: each is passed on as `answer` does, and answered with its status. */
async function startGateway(
  answer: () => Promise<number>,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = http.createServer((request, response) => {
    request.resume();
    void answer().then((status) => response.writeHead(status).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A server may close an idle connection just when it is used again; that one is asked anew on a fresh one. */
async function requestOnce(run: LoadRun, agent: http.Agent, signal: AbortSignal): Promise<number> {
  const first = await request(run, agent, signal);
  const answer = first.isIdleClose ? await request(run, agent, signal) : first;
  if (answer.error !== undefined) throw answer.error;
  return answer.status;
}

interface Answer {
  status: number;
  error?: Error;
  isIdleClose: boolean;
}

function request(run: LoadRun, agent: http.Agent, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const secure = run.url.startsWith('https:');
    const outgoing = (secure ? https.request : http.request)(
      run.url,
      {
        method: run.method,
        headers: {
          'user-agent': 'stageline',
          accept: '*/*',
          ...run.headers,
          ...(run.body === undefined ? {} : { 'content-length': Buffer.byteLength(run.body) }),
        },
        agent,
        signal,
        ...(secure ? run.tls : {}),
      },
      (response) => {
        const status = response.statusCode ?? 0;
        response.on('end', () => resolve({ status, isIdleClose: false }));
        response.on('error', (error) => resolve({ status, error, isIdleClose: false }));
        response.resume();
      },
    );
    outgoing.on('error', (error) => {
      const isReset = 'code' in error && error.code === 'ECONNRESET';
      resolve({ status: 0, error, isIdleClose: outgoing.reusedSocket && isReset });
    });
    outgoing.end(run.body);
  });
}
