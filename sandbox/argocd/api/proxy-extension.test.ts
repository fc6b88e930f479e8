/** The proxy extension: what it refuses, what the backend receives, and the defect it keeps. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi } from './test-api.ts';
import type { Answer, TestApi } from './test-api.ts';

interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

let test: TestApi;
let backend: Server;
let received: Received;
const folder = mkdtempSync(join(tmpdir(), 'extensions-test-'));

beforeAll(async () => {
  backend = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      response.writeHead(418, { 'X-Backend': 'yes' });
      response.end('teapot');
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const address = backend.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  writeFileSync(join(folder, 'extension-b.js'), 'window.b = 1;');
  writeFileSync(join(folder, 'extension-a.js'), 'window.a = 1;');
  test = await startTestApi({
    bed: { application: { syncPolicy: {} } },
    api: {
      users: [
        { username: 'admin', password: 'admin' },
        { username: 'bob', password: 'b', groups: ['dev', 'ops'] },
        { username: 'eve', password: 'e' },
      ],
      policy: 'g, bob, role:admin\np, eve, applications, get, */*, allow',
      extensions: [
        { name: 'stageline', url: `http://127.0.0.1:${port}/ignored`, headers: { 'X-Secret': 'hush' } },
        { name: 'down', url: 'http://127.0.0.1:1' },
        { name: 'nowhere' },
      ],
      extensionFiles: [
        join(folder, 'extension-b.js'),
        join(folder, 'extension-a.js'),
        join(folder, 'extension-c.js'),
      ],
    },
  });
});
afterAll(async () => {
  await test.close();
  await new Promise((resolve) => backend.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const NAMES = { 'Argocd-Application-Name': 'argocd:shop', 'Argocd-Project-Name': 'default' };
function invoke(
  path: string,
  options: { user?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { user = 'admin', headers = NAMES, body } = options;
  const cookie = { cookie: `argocd.token=${test.api.token(user)}` };
  return test.call(body === undefined ? 'GET' : 'POST', `/extensions/${path}`, {
    user: '',
    headers: { ...cookie, ...headers },
    ...(body !== undefined && { body }),
  });
}

describe('the proxy extension', () => {
  it('forwards method, path, query and body, adds identity, and strips credentials', async () => {
    const answer = await invoke('stageline/api/traces?id=7', {
      user: 'bob',
      body: '{"a":1}',
      headers: { ...NAMES, Authorization: 'Bearer x', 'Argocd-User-Groups': 'admins' },
    });
    expect(answer).toMatchObject({ status: 418, text: 'teapot' });
    expect(answer.headers.get('x-backend')).toBe('yes');
    expect(received).toMatchObject({ method: 'POST', url: '/api/traces?id=7', body: '{"a":1}' });
    expect(received.headers).toMatchObject({
      'argocd-application-name': 'argocd:shop',
      'argocd-project-name': 'default',
      'argocd-namespace': 'argocd',
      'argocd-username': 'bob',
      'argocd-user-id': 'bob',
      'argocd-user-groups': 'dev,ops',
      'argocd-target-cluster-url': 'https://kubernetes.default.svc',
      'x-secret': 'hush',
    });
    expect(received.headers).not.toHaveProperty('cookie');
    expect(received.headers).not.toHaveProperty('authorization');
  });

  it('passes on groups that a user without groups has forged, as Argo CD does', async () => {
    await invoke('stageline/x', { headers: { ...NAMES, 'Argocd-User-Groups': 'admins' } });
    expect(received.headers['argocd-user-groups']).toBe('admins');
  });

  it('refuses in Argo CD’s order and words', async () => {
    const bearer = await test.call('GET', '/extensions/stageline/x', { headers: NAMES });
    expect(bearer).toMatchObject({ status: 400, text: 'Auth cookie not found' });
    const forged = await test.call('GET', '/extensions/stageline/x', {
      user: '',
      headers: { ...NAMES, cookie: 'argocd.token=a.b.c' },
    });
    expect(forged).toMatchObject({ status: 401, text: 'Invalid session' });
    expect(await invoke('stageline/x', { headers: {} })).toMatchObject({
      status: 400,
      text: 'Invalid headers: header "Argocd-Application-Name" must be provided',
    });
    const wrongProject = { ...NAMES, 'Argocd-Project-Name': 'other' };
    const missing = { ...NAMES, 'Argocd-Application-Name': 'argocd:none' };
    for (const refused of [
      await invoke('stageline/x', { headers: wrongProject }),
      await invoke('stageline/x', { headers: missing }),
      await invoke('stageline/x', { user: 'eve' }),
    ]) {
      expect(refused).toMatchObject({ status: 401, text: 'Unauthorized extension request' });
    }
    expect(await invoke('unknown/x')).toMatchObject({ status: 404, text: 'Extension not found' });
    expect(await invoke('nowhere/x')).toMatchObject({ status: 400, text: 'invalid extension' });
    expect(await invoke('down/x')).toMatchObject({ status: 502, text: '' });
  });
});

describe('/extensions.js', () => {
  it('joins the files by name, each in a try of its own, and survives a missing one', async () => {
    const { text, status } = await test.call('GET', '/extensions.js', { user: '' });
    expect(status).toBe(200);
    const order = ['window.a', 'window.b', 'extension-c.js'].map((part) => text.indexOf(part));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(text.match(/try \{/g)).toHaveLength(2);
    expect(text).toContain('cannot be read');
  });
});
