/** The load generator: one request over and over, on so many connections or at a rate, each answer measured. */
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
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
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

/** Sends the load. Never rejects: what fails is counted. */
export async function sendLoad(run: LoadRun): Promise<LoadMeasured> {
  const secure = run.url.startsWith('https:');
  const options = { keepAlive: true, maxSockets: run.connections, proxyEnv: { ...run.proxy } };
  const agent = secure ? new https.Agent(options) : new http.Agent(options);
  const measured = {
    latencies: new LatencyHistogram(),
    succeeded: 0,
    lost: 0,
    firstError: undefined as string | undefined,
  };
  const startedAt = performance.now();
  const endsAt = startedAt + run.durationMs;
  const over = new AbortController();
  const end = AbortSignal.any([run.signal, over.signal]);
  // Every request under way listens to it.
  setMaxListeners(0, end);
  const isOver = (): boolean => {
    const { latencies, lost } = measured;
    const most = latencies.count === 0 ? MAX_LOST_WITHOUT_ANSWER : MAX_LOST;
    return run.signal.aborted || lost >= most || performance.now() >= endsAt;
  };
  const send = async (): Promise<void> => {
    const began = performance.now();
    try {
      const status = await requestOnce(run, agent, end);
      measured.latencies.record(performance.now() - began);
      if (status >= 200 && status < 300) measured.succeeded += 1;
      else measured.firstError ??= `status ${status}`;
    } catch (error) {
      if (run.signal.aborted) return;
      measured.lost += 1;
      measured.firstError ??= over.signal.aborted ? 'no answer in time' : connectionProblem(error);
    }
  };
  let slots = 0;
  const worker = async (): Promise<void> => {
    while (!isOver()) {
      if (run.rate !== undefined) {
        const due = startedAt + (slots++ * 1000) / run.rate;
        if (due >= endsAt) return;
        // An abort ends the wait; the loop's condition ends the rest.
        if (due > performance.now())
          await run.sleep(due - performance.now(), run.signal).catch(() => undefined);
        if (isOver()) return;
      }
      await send();
    }
  };
  const timer = setTimeout(() => over.abort(), run.durationMs + LAST_ANSWERS_MS);
  await Promise.all(Array.from({ length: run.connections }, worker));
  clearTimeout(timer);
  agent.destroy();
  const seconds = (Math.min(performance.now(), endsAt) - startedAt) / 1000;
  return { ...measured, seconds, gaveUp: measured.lost >= MAX_LOST };
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
