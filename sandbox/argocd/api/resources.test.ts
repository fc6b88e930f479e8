/** One application's resources over HTTP: tree, live manifests, logs, events, actions, commits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../engine/json.ts';
import { startTestApi } from './test-api.ts';
import type { TestApi } from './test-api.ts';

let test: TestApi;
beforeAll(async () => {
  test = await startTestApi();
});
afterAll(() => test.close());

const APP = '/api/v1/applications/shop';
const GATE = 'namespace=web&resourceName=gate&version=v1&group=batch&kind=Job';
const TEXT: unknown = expect.any(String);

function parsedManifest(json: unknown): unknown {
  const manifest: unknown = JSON.parse(String(at(json, 'manifest')));
  return manifest;
}

describe('resource-tree', () => {
  it('has tracked objects, hook Jobs and what they own, with parents, images, info and health', async () => {
    const { json } = await test.call('GET', `${APP}/resource-tree`);
    expect(json).toMatchObject({ shardsCount: 1 });
    expect(at(json, 'nodes')).toEqual(
      expect.arrayContaining([
        {
          version: 'v1',
          kind: 'Pod',
          namespace: 'web',
          name: 'gate-x1',
          uid: TEXT,
          parentRefs: [
            { group: 'batch', version: 'v1', kind: 'Job', namespace: 'web', name: 'gate', uid: TEXT },
          ],
          info: [
            { name: 'Status Reason', value: 'Pending' },
            { name: 'Node', value: 'n1' },
            { name: 'Containers', value: '0/1' },
          ],
          networkingInfo: { labels: { 'job-name': 'gate' } },
          resourceVersion: TEXT,
          images: ['busybox:1'],
          health: { status: 'Progressing' },
          createdAt: TEXT,
        },
        {
          group: 'batch',
          version: 'v1',
          kind: 'Job',
          namespace: 'web',
          name: 'gate',
          uid: TEXT,
          resourceVersion: TEXT,
          health: { status: 'Healthy', message: 'job completed' },
          createdAt: TEXT,
        },
      ]),
    );
  });

  it('streams only changes', async () => {
    const stream = test.stream('/api/v1/stream/applications/shop/resource-tree');
    // The connection is open once a request that came after it is answered.
    await test.call('GET', `${APP}/resource-tree`);
    const settings = test.bed.store.get({ group: '', kind: 'ConfigMap', namespace: 'web', name: 'settings' });
    const { name = '', uid = '' } = settings?.metadata ?? {};
    test.bed.store.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'child',
        namespace: 'web',
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid }],
      },
    });
    const text = await stream.until((seen) => seen.endsWith(' \n\n\n'));
    expect(text).toMatch(/^data: \{"result":\{"nodes":\[/);
    expect(text).toContain('"name":"child"');
    const { json } = await test.call(
      'GET',
      `${APP}/resource?namespace=web&resourceName=child&version=v1&kind=ConfigMap`,
    );
    expect(parsedManifest(json)).toMatchObject({ metadata: { name: 'child' } });
  });

  it('refuses a stream of a missing application in the stream’s own shape', async () => {
    const stream = test.stream('/api/v1/stream/applications/none/resource-tree');
    const text = await stream.until((seen) => seen.includes('error'));
    expect(text).toBe(
      'data: {"error":{"grpc_code":7,"http_code":403,"message":"permission denied","http_status":"Forbidden"}} \n\n',
    );
    expect((await stream.response).statusCode).toBe(403);
  });
});

describe('resource', () => {
  it('is the live object as a JSON string; a Secret loses its values', async () => {
    const { json } = await test.call('GET', `${APP}/resource?${GATE}`);
    expect(parsedManifest(json)).toMatchObject({
      kind: 'Job',
      metadata: { name: 'gate' },
      status: { conditions: [{}] },
    });
    const secret = await test.call(
      'GET',
      `${APP}/resource?namespace=web&resourceName=token&version=v1&kind=Secret`,
    );
    expect(parsedManifest(secret.json)).toMatchObject({ data: { key: '++++++++' } });
    expect(secret.text).not.toContain(Buffer.from('hush').toString('base64'));
    expect(secret.text).not.toContain('hush');
  });

  it('is refused outside the tree', async () => {
    const { status, json } = await test.call(
      'GET',
      `${APP}/resource?namespace=web&resourceName=no&group=batch&kind=Job`,
    );
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: 3, message: 'Job batch no not found as part of application shop' });
  });
});

describe('managed-resources', () => {
  it('has both states as JSON strings and no hooks', async () => {
    const { json } = await test.call('GET', `${APP}/managed-resources`);
    const items = at(json, 'items');
    expect(items).toMatchObject([{ kind: 'ConfigMap', name: 'settings' }, { kind: 'Secret' }]);
    const [settings] = Array.isArray(items) ? items : [];
    for (const field of ['targetState', 'liveState', 'normalizedLiveState', 'predictedLiveState']) {
      expect(JSON.parse(String(at(settings, field)))).toMatchObject({ data: { v: '1' } });
    }
    expect(settings).not.toHaveProperty('modified');
    const one = await test.call('GET', `${APP}/managed-resources?kind=Secret`);
    expect(at(one.json, 'items')).toHaveLength(1);
    expect(one.text).not.toContain('hush');
  });
});

describe('logs', () => {
  it('streams the lines of a Job’s pod and ends with an empty last one', async () => {
    const stream = test.stream(`${APP}/logs?${GATE}`);
    const text = await stream.until((seen) => seen.includes('"last":true'));
    const messages = text.split(' \n\n\n').filter((part) => part !== '');
    expect(messages[0]).toBe(
      'data: {"result":{"content":"one","timeStamp":"2026-08-22T10:00:01Z","last":false,"timeStampStr":"2026-08-22T10:00:01.123456789Z","podName":"gate-x1"}}',
    );
    expect(messages).toHaveLength(3);
    expect(messages[2]).toContain('"content":"","timeStamp"');
  });

  it('follows, tails, filters, and downloads as plain text', async () => {
    const content = async (query: string): Promise<string[]> => {
      const text = (await test.call('GET', `${APP}/logs?${GATE}&${query}`)).text;
      return [...text.matchAll(/"content":"((?:[^"\\]|\\.)+)"/g)].map(([, line = '']) => line);
    };
    expect(await content('follow=true')).toEqual(['one', 'Two', 'three']);
    expect(await content('tailLines=1')).toEqual(['Two']);
    expect(await content('filter=two')).toEqual(['Two']);
    expect(await content('filter=two&matchCase=true')).toEqual([]);
    expect(await content('filter=!two')).toEqual(['one']);
    expect(await content('container=other')).toEqual([expect.stringContaining('is waiting to start')]);
    expect((await test.call('GET', `${APP}/logs?podName=gate-x1&namespace=web&download=true`)).text).toBe(
      'one\nTwo\n',
    );
  });

  it('has an empty body where there is no pod', async () => {
    expect(await test.call('GET', `${APP}/logs?podName=none`)).toMatchObject({ status: 200, text: '' });
  });
});

describe('manifests and commits', () => {
  it('renders a revision, hooks included', async () => {
    const { json } = await test.call('GET', `${APP}/manifests?revision=main`);
    expect(Object.keys(json ?? {})).toEqual(['manifests']);
    expect(JSON.stringify(json)).toContain('tracking-id');
    expect(at(json, 'manifests')).toHaveLength(3);
  });

  it('tells of a commit and of the one that its trailers refer to', async () => {
    const message = [
      'bump',
      '',
      'Argocd-reference-commit-repourl: https://git.example.com/src',
      'Argocd-reference-commit-author: Ann <a@x.io>',
      'Argocd-reference-commit-date: 2026-08-22T09:40:00Z',
      'Argocd-reference-commit-subject: feat',
      'Argocd-reference-commit-body: "more\\nlines"',
      'Argocd-reference-commit-sha: not a sha',
    ].join('\n');
    const sha = test.bed.commit({ 'README.md': 'x' }, message);
    const { json } = await test.call('GET', `${APP}/revisions/${sha}/metadata`);
    expect(json).toEqual({
      author: 'Ann <ann@example.com>',
      date: expect.stringMatching(/Z$/) as unknown,
      message: expect.stringMatching(/^bump\n/) as unknown,
      references: [
        {
          commit: {
            author: 'Ann <a@x.io>',
            date: '2026-08-22T09:40:00Z',
            subject: 'feat',
            body: 'more\nlines',
            repoUrl: 'https://git.example.com/src',
          },
        },
      ],
    });
    const head = await test.call('GET', `${APP}/revisions/HEAD/metadata`);
    expect(head).toMatchObject({ status: 500, json: { message: 'revision HEAD must be resolved' } });
  });

  it('has no sync windows', async () => {
    expect((await test.call('GET', `${APP}/syncwindows`)).json).toEqual({ canSync: true });
  });
});

describe('actions and events', () => {
  it('lists, runs and records them', async () => {
    const { json } = await test.call('GET', `${APP}/resource/actions?${GATE}`);
    expect(json).toEqual({
      actions: [
        { name: 'resume', iconClass: 'fa fa-fw fa-play', disabled: true },
        { name: 'suspend', iconClass: 'fa fa-fw fa-pause' },
        { name: 'terminate', iconClass: 'fa fa-fw fa-stop', disabled: true },
      ],
    });
    const none = await test.call(
      'GET',
      `${APP}/resource/actions?namespace=web&resourceName=settings&kind=ConfigMap`,
    );
    expect(none.json).toEqual({});

    const body = {
      namespace: 'web',
      resourceName: 'gate',
      version: 'v1',
      group: 'batch',
      kind: 'Job',
      action: 'suspend',
    };
    const ran = await test.call('POST', `${APP}/resource/actions/v2`, { body });
    expect(ran).toMatchObject({ status: 200, json: {} });
    const gate = { group: 'batch', kind: 'Job', namespace: 'web', name: 'gate' };
    expect(at(test.bed.store.get(gate), 'spec', 'suspend')).toBe(true);
    const old = await test.call('POST', `${APP}/resource/actions?${GATE}`, { body: '"resume"' });
    expect(old.json).toEqual({});
    expect(at(test.bed.store.get(gate), 'spec', 'suspend')).toBe(false);

    const uid = test.bed.store.get(gate)?.metadata.uid ?? '';
    const events = await test.call(
      'GET',
      `${APP}/events?resourceName=gate&resourceUID=${uid}&resourceNamespace=web`,
    );
    expect(events.json).toMatchObject({
      metadata: {},
      items: expect.arrayContaining([
        expect.objectContaining({
          reason: 'ResourceActionRan',
          message: 'admin ran action suspend',
          involvedObject: expect.objectContaining({ kind: 'Job', name: 'gate' }) as unknown,
          source: { component: 'argocd-server' },
          count: 1,
          type: 'Normal',
          eventTime: null,
        }),
      ]) as unknown,
    });
    expect((await test.call('GET', `${APP}/events?resourceName=none`)).status).toBe(400);
    expect((await test.call('GET', `${APP}/events`)).json).toEqual({ metadata: {}, items: null });
  });

  it('terminates a Job by its failure target', async () => {
    const body = { namespace: 'web', resourceName: 'gate', group: 'batch', kind: 'Job', action: 'terminate' };
    await test.call('POST', `${APP}/resource/actions/v2`, { body });
    const job = test.bed.store.get({ group: 'batch', kind: 'Job', namespace: 'web', name: 'gate' });
    expect(JSON.stringify(job?.['status'])).toContain('FailureTarget');
  });

  it('are refused by name, by right and outside the tree', async () => {
    const body = { namespace: 'web', resourceName: 'gate', group: 'batch', kind: 'Job', action: 'resume' };
    const denied = await test.call('POST', `${APP}/resource/actions/v2`, { body, user: 'readonly' });
    expect(denied.status).toBe(403);
    expect(at(denied.json, 'message')).toContain(
      'permission denied: applications, action/batch/Job/resume, default/shop',
    );
    expect(
      (await test.call('POST', `${APP}/resource/actions/v2`, { body: { ...body, action: 'no' } })).status,
    ).toBe(500);
    const outside = await test.call('POST', `${APP}/resource/actions/v2`, {
      body: { ...body, resourceName: 'no' },
    });
    expect(outside.status).toBe(400);
    // The tab relies on it: the right is looked at first, also for what is not there.
    const both = await test.call('POST', `${APP}/resource/actions/v2`, {
      body: { ...body, resourceName: 'no' },
      user: 'readonly',
    });
    expect(both.status).toBe(403);
  });
});

describe('what Argo CD’s own page asks for besides', () => {
  it('has no deep links, and one cluster', async () => {
    expect((await test.call('GET', `${APP}/links?namespace=argocd`)).json).toEqual({});
    const server = encodeURIComponent('https://kubernetes.default.svc');
    expect((await test.call('GET', `/api/v1/clusters/${server}?id.type=url`)).json).toMatchObject({
      server: 'https://kubernetes.default.svc',
      connectionState: { status: 'Successful' },
    });
  });
});

describe('deleting a resource', () => {
  const removed = { group: '', kind: 'ConfigMap', namespace: 'web', name: 'settings' };
  const query = 'namespace=web&resourceName=settings&version=v1&group=&kind=ConfigMap';

  it('is refused by right, outside the tree and with a flag that is none', async () => {
    const denied = await test.call('DELETE', `${APP}/resource?${query}`, { user: 'readonly' });
    expect(denied.status).toBe(403);
    expect(at(denied.json, 'message')).toContain(
      'permission denied: applications, delete//ConfigMap/web/settings, default/shop',
    );
    const outside = await test.call('DELETE', `${APP}/resource?${query.replace('settings', 'no')}`);
    expect(outside.status).toBe(400);
    const both = await test.call('DELETE', `${APP}/resource?${query.replace('settings', 'no')}`, {
      user: 'readonly',
    });
    expect(both.status).toBe(403);
    expect((await test.call('DELETE', `${APP}/resource?${query}&force=`)).status).toBe(400);
    expect(test.bed.store.get(removed)).toBeDefined();
  });

  it('deletes it, and leaves an Event at the application', async () => {
    const uid = test.bed.store.get(removed)?.metadata.uid;
    expect(await test.call('DELETE', `${APP}/resource?${query}`)).toMatchObject({ status: 200, json: {} });
    expect(test.bed.store.get(removed)?.metadata.uid).not.toBe(uid);
    const { json } = await test.call('GET', `${APP}/events`);
    expect(json).toMatchObject({
      items: [{ reason: 'ResourceDeleted', message: "admin deleted resource /ConfigMap 'settings'" }],
    });
  });
});
