/** A bed for the API's tests: an application with a Deployment-less set of resources, and clients for it. */
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { ContainerLog, KubeObject, LogLine, PodLogSource } from '../../kube/index.ts';
import { configMap, hookJob, manifest, startTestBed } from '../engine/test-bed.ts';
import type { TestBed, TestBedOptions } from '../engine/test-bed.ts';
import { startArgoCdApi } from './server.ts';
import type { ArgoCdApi, ArgoCdApiOptions } from './server.ts';

export interface TestApi {
  bed: TestBed;
  api: ArgoCdApi;
  /** Sends a request as a user ('' sends no session) and reads the whole answer. */
  call(
    method: string,
    path: string,
    options?: { user?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>;
  /** Opens a stream as EventSource does and gathers its raw bytes. */
  stream(path: string, options?: { accept?: string }): RawStream;
  close(): Promise<void>;
}
export interface Answer {
  status: number;
  type: string;
  headers: Headers;
  text: string;
  json: unknown;
}
export interface RawStream {
  /** Resolves with all text so far once it satisfies the condition. */
  until(condition: (text: string) => boolean): Promise<string>;
  response: Promise<IncomingMessage>;
  close(): void;
}

export const FILES = {
  'app/a.yaml': configMap('settings', { v: '1' }),
  'app/b.yaml': manifest({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'token', annotations: { 'argocd.argoproj.io/sync-wave': '1' } },
    stringData: { key: 'hush' },
  }),
  'app/c.yaml': hookJob('gate', 'PreSync'),
};

/** Starts engine and API with a finished first sync, whose hook Job `gate` has a finished pod `gate-x1`. */
export async function startTestApi(
  options: { bed?: Partial<TestBedOptions>; api?: Partial<ArgoCdApiOptions> } = {},
): Promise<TestApi> {
  const bed = await startTestBed({ files: FILES, ...options.bed });
  const api = await startArgoCdApi({ argo: bed.argo, logs: podLogs(), ...options.api });
  if (!options.bed) await finishFirstSync(bed);

  const call: TestApi['call'] = async (method, path, { user = 'admin', body, headers = {} } = {}) => {
    const response = await fetch(api.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(user !== '' && { Authorization: `Bearer ${api.token(user)}` }),
        ...(method !== 'GET' && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const json: unknown =
      type === 'application/json' && text !== '' && !text.endsWith('\n') ? JSON.parse(text) : undefined;
    return { status: response.status, type, headers: response.headers, text, json };
  };

  const streams: RawStream[] = [];
  return {
    bed,
    api,
    call,
    stream(path, { accept = 'text/event-stream' } = {}) {
      const opened = openRaw(api, path, accept);
      streams.push(opened);
      return opened;
    },
    async close() {
      for (const opened of streams) opened.close();
      await api.close();
      await bed.close();
    },
  };
}

async function finishFirstSync(bed: TestBed): Promise<void> {
  const job = await bed.job('gate');
  bed.store.create(pod(job));
  bed.finishJob(job, 'Complete', 'job completed');
  await bed.finished();
}

function pod(job: KubeObject): KubeObject {
  const { name, uid = '' } = job.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'gate-x1',
      namespace: 'web',
      labels: { 'job-name': 'gate' },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }],
    },
    spec: { restartPolicy: 'Never', nodeName: 'n1', containers: [{ name: 'main', image: 'busybox:1' }] },
  };
}

function podLogs(): PodLogSource {
  const lines: LogLine[] = [
    { time: '2026-08-22T10:00:01.123456789Z', text: 'one' },
    { time: '2026-08-22T10:00:02.000000000Z', text: 'Two' },
  ];
  const log: ContainerLog = {
    lines: () => lines,
    follow(onLine, onEnd) {
      onLine({ time: '2026-08-22T10:00:03.000000000Z', text: 'three' });
      onEnd();
      return () => undefined;
    },
  };
  return { open: (_pod, container) => (container === 'main' ? log : undefined) };
}

function openRaw(api: ArgoCdApi, path: string, accept: string): RawStream {
  let text = '';
  let check: () => void = () => undefined;
  const request = httpRequest(api.url + path, {
    headers: { accept, cookie: `argocd.token=${api.token('admin')}` },
  });
  const response = new Promise<IncomingMessage>((resolve) => {
    request.on('response', (answer) => {
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
        check();
      });
      resolve(answer);
    });
  });
  // The test ends a stream by destroying it, which is an error only to Node.
  request.on('error', () => undefined);
  request.end();
  return {
    response,
    until: (condition) =>
      new Promise((resolve) => {
        check = () => {
          if (condition(text)) resolve(text);
        };
        check();
      }),
    close: () => request.destroy(),
  };
}
