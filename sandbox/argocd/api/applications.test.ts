/** Reading and changing Applications over HTTP, field by field as Argo CD's UI relies on them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, recordsAt } from '../engine/json.ts';
import { startTestApi } from './test-api.ts';
import type { TestApi } from './test-api.ts';

let test: TestApi;
beforeAll(async () => {
  test = await startTestApi();
});
afterAll(() => test.close());

const APP = '/api/v1/applications/shop';
const REVISION: unknown = expect.stringMatching(/^[0-9a-f]{40}$/);
const TIME: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

describe('GET /api/v1/applications', () => {
  it('lists everything the user may get, without apiVersion, kind and live health', async () => {
    const { status, json } = await test.call('GET', '/api/v1/applications');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) as unknown },
      items: [{ metadata: { name: 'shop', namespace: 'argocd' }, status: { sync: { status: 'Synced' } } }],
    });
    const [item] = recordsAt(json, 'items');
    expect(item).not.toHaveProperty('kind');
    expect(item).not.toHaveProperty('apiVersion');
    expect(JSON.stringify(at(item, 'status', 'resources'))).not.toContain('health');
  });

  it('answers null for no match, and filters by project, name, repository and label', async () => {
    for (const query of [
      'projects=other',
      'name=none',
      'repo=none',
      'selector=tier%3Dgold',
      'appNamespace=web',
    ]) {
      const { json } = await test.call('GET', `/api/v1/applications?${query}`);
      expect(json, query).toMatchObject({ items: null });
    }
    const { json } = await test.call(
      'GET',
      '/api/v1/applications?projects=other&projects=default&selector=!tier',
    );
    expect(json).toMatchObject({ items: [{ metadata: { name: 'shop' } }] });
  });

  it('reduces itself to the fields asked for; operation.sync answers with the result', async () => {
    const fields = 'items.metadata.name,items.status.operationState.operation.sync,items.status.history';
    const { json } = await test.call('GET', `/api/v1/applications?fields=${fields}`);
    expect(json).toEqual({
      metadata: {},
      items: [
        {
          metadata: { name: 'shop' },
          status: {
            operationState: {
              operation: { sync: expect.objectContaining({ revision: REVISION }) as unknown },
            },
          },
        },
      ],
    });
  });

  it('hides what a user without rights asks for, and refuses nobody but strangers', async () => {
    expect((await test.call('GET', '/api/v1/applications', { user: '' })).status).toBe(401);
    expect((await test.call('GET', '/api/v1/applications', { user: 'readonly' })).json).toMatchObject({
      items: [{ metadata: { name: 'shop' } }],
    });
  });
});

describe('GET /api/v1/applications/{name}', () => {
  it('has every part of the sample', async () => {
    const { json } = await test.call('GET', APP);
    expect(json).toMatchObject({
      metadata: {
        name: 'shop',
        namespace: 'argocd',
        uid: expect.any(String) as unknown,
        creationTimestamp: TIME,
      },
      spec: {
        project: 'default',
        source: { path: 'app', plugin: { name: 'test' } },
        destination: { namespace: 'web' },
      },
      status: {
        resources: expect.arrayContaining([
          { version: 'v1', kind: 'ConfigMap', namespace: 'web', name: 'settings', status: 'Synced' },
          { version: 'v1', kind: 'Secret', namespace: 'web', name: 'token', status: 'Synced', syncWave: 1 },
          {
            group: 'batch',
            version: 'v1',
            kind: 'Job',
            namespace: 'web',
            name: 'gate',
            hook: true,
            health: { status: 'Healthy', message: 'job completed' },
          },
        ]) as unknown,
        sync: { status: 'Synced', revision: REVISION, comparedTo: { source: { path: 'app' } } },
        health: { status: 'Healthy', lastTransitionTime: TIME },
        history: [
          {
            id: 0,
            revision: REVISION,
            deployStartedAt: TIME,
            deployedAt: TIME,
            initiatedBy: { automated: true },
          },
        ],
        reconciledAt: TIME,
        operationState: {
          operation: { sync: { revision: REVISION }, initiatedBy: { automated: true }, retry: { limit: 5 } },
          phase: 'Succeeded',
          message: 'successfully synced (all tasks run)',
          startedAt: TIME,
          finishedAt: TIME,
          syncResult: {
            revision: REVISION,
            resources: [
              {
                group: 'batch',
                version: 'v1',
                kind: 'Job',
                namespace: 'web',
                name: 'gate',
                status: 'Synced',
                message: 'job completed',
                hookType: 'PreSync',
                hookPhase: 'Succeeded',
                syncPhase: 'PreSync',
                images: ['busybox:1'],
              },
              {
                kind: 'ConfigMap',
                status: 'Synced',
                message: 'configmap/settings created',
                syncPhase: 'Sync',
              },
              { kind: 'Secret', status: 'Synced', message: 'secret/token created' },
            ],
          },
        },
        sourceType: 'Plugin',
        summary: { images: ['busybox:1'] },
        resourceHealthSource: 'appTree',
        controllerNamespace: 'argocd',
        sourceHydrator: {},
      },
    });
    expect(json).not.toHaveProperty('kind');
  });

  it('answers 403 for a missing application, 404 when the project is named, 403 for the wrong project', async () => {
    expect((await test.call('GET', '/api/v1/applications/none')).json).toEqual({
      error: 'permission denied',
      code: 7,
      message: 'permission denied',
    });
    const missing = await test.call('GET', '/api/v1/applications/none?project=default');
    expect(missing.status).toBe(404);
    expect(missing.json).toMatchObject({ code: 5, message: 'applications.argoproj.io "none" not found' });
    expect((await test.call('GET', `${APP}?project=other`)).status).toBe(403);
    expect((await test.call('GET', `${APP}?project=a&project=b`)).status).toBe(400);
  });

  it('compares again when asked to refresh, and leaves no annotation behind', async () => {
    const { json, status } = await test.call('GET', `${APP}?refresh=hard`);
    expect(status).toBe(200);
    expect(at(json, 'metadata', 'annotations')).not.toHaveProperty(['argocd.argoproj.io/refresh']);
    expect((await test.call('GET', `${APP}?refresh=`)).status).toBe(200);
  });
});

describe('PATCH /api/v1/applications/{name}', () => {
  it('takes a merge patch in a string and keeps spec, labels and annotations only', async () => {
    const patch = JSON.stringify({
      metadata: { annotations: { team: 'web' }, labels: { tier: 'gold' } },
      status: { sync: { status: 'Unknown' } },
    });
    const { json, status } = await test.call('PATCH', APP, { body: { patch, patchType: 'merge' } });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      metadata: { annotations: { team: 'web' }, labels: { tier: 'gold' } },
      status: { sync: { status: 'Synced' } },
    });
    const undo = JSON.stringify([{ op: 'remove', path: '/metadata/labels/tier' }]);
    expect((await test.call('PATCH', APP, { body: { patch: undo } })).status).toBe(200);
    expect(test.bed.argo.application('shop')?.metadata.labels).toBeUndefined();
  });

  it('refuses other types with 400, malformed patches with 500, and users without the right with 403', async () => {
    const other = await test.call('PATCH', APP, { body: { patch: '{}', patchType: 'strategic' } });
    expect(other).toMatchObject({
      status: 400,
      json: { message: "Patch type 'strategic' is not supported" },
    });
    expect((await test.call('PATCH', APP, { body: { patch: 'no', patchType: 'merge' } })).status).toBe(500);
    expect((await test.call('PATCH', APP, { body: { patch: 5 } })).status).toBe(400);
    const denied = await test.call('PATCH', APP, {
      user: 'readonly',
      body: { patch: '{}', patchType: 'merge' },
    });
    expect(denied.status).toBe(403);
    expect(at(denied.json, 'message')).toMatch(
      /^permission denied: applications, update, default\/shop, sub: readonly, iat: \d{4}-/,
    );
  });
});

describe('GET /api/v1/stream/applications', () => {
  it('sends each match as ADDED and then every change, framed for EventSource', async () => {
    const stream = test.stream('/api/v1/stream/applications?name=shop');
    const first = await stream.until((text) => text.includes('ADDED'));
    expect(first).toMatch(/^data: \{"result":\{"type":"ADDED","application":\{.*\}\}\} \n\n\n$/s);
    test.bed.argo.refresh('shop');
    const later = await stream.until((text) => text.includes('MODIFIED'));
    expect(later).not.toMatch(/^(event|id|retry):/m);
    const response = await stream.response;
    expect(response.headers['content-type']).toBe('text/event-stream');
  });

  it('sends JSON lines to everybody else, reduced to the fields asked for', async () => {
    const stream = test.stream(
      '/api/v1/stream/applications?fields=result.type,result.application.metadata.name',
      {
        accept: '*/*',
      },
    );
    const text = await stream.until((seen) => seen.includes('\n'));
    expect(text).toBe('{"result":{"type":"ADDED","application":{"metadata":{"name":"shop"}}}}\n');
  });

  it('keeps the connection alive with comments, from the first message on', async () => {
    const quick = await startTestApi({ bed: {}, api: { keepaliveMs: 5 } });
    const stream = quick.stream('/api/v1/stream/applications');
    expect(await stream.until((text) => text.endsWith(':\n:\n'))).toContain(' \n\n\n:\n');
    await quick.close();
  });
});

describe('every route', () => {
  it('says that it is a stand-in, and answers unknown ones with 501 and their name', async () => {
    const { status, text, type, headers } = await test.call('GET', '/api/v1/clusters');
    expect(headers.get('x-stand-in-for')).toContain('Argo CD');
    expect(status).toBe(501);
    expect(type).toContain('text/plain');
    expect(text).toContain('GET /api/v1/clusters');
  });

  it('answers 405 to the wrong method and 415 to the wrong content type, as text', async () => {
    expect(await test.call('PUT', APP)).toMatchObject({ status: 405, text: 'Method Not Allowed\n' });
    const headers = { 'Content-Type': 'application/json; charset=utf-8' };
    const answer = await test.call('POST', `${APP}/sync`, { headers, body: '{}' });
    expect(answer).toMatchObject({ status: 415, text: 'Invalid content type\n' });
    expect((await test.call('DELETE', `${APP}/operation`, { headers })).status).toBe(415);
  });
});
