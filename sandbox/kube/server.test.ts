import {
  ApiException,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  PatchStrategy,
  RbacAuthorizationV1Api,
  Watch,
  setHeaderOptions,
} from '@kubernetes/client-node';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from './faults.ts';
import type { ContainerLog } from './pod-log.ts';
import { startKubeApi, type ApiCall, type KubeApi } from './server.ts';
import { createObjectStore } from './store.ts';
import type { ObjectStore } from './types.ts';

const namespace = 'shop-dev';
let store: ObjectStore;
let api: KubeApi;
let core: CoreV1Api;
let batch: BatchV1Api;
let fault: ((call: ApiCall) => Fault | undefined) | undefined;

beforeEach(async () => {
  fault = undefined;
  store = createObjectStore({ now: () => new Date('2026-08-22T10:00:00Z') });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  api = await startKubeApi({ store, beforeRequest: (call) => fault?.(call) });
  core = config().makeApiClient(CoreV1Api);
  batch = config().makeApiClient(BatchV1Api);
});

afterEach(() => api.close());

describe('with the official client', () => {
  it('creates, reads, replaces, lists and deletes a ConfigMap', async () => {
    const made = await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'a', labels: { app: 'x' } }, data: { k: '1' } },
    });
    expect(made.metadata?.uid).toBeDefined();
    expect(made.metadata?.creationTimestamp).toEqual(new Date('2026-08-22T10:00:00Z'));
    await core.replaceNamespacedConfigMap({ name: 'a', namespace, body: { ...made, data: { k: '2' } } });
    expect((await core.readNamespacedConfigMap({ name: 'a', namespace })).data).toEqual({ k: '2' });
    const listed = await core.listNamespacedConfigMap({ namespace, labelSelector: 'app in (x,y),!gone' });
    expect(listed.items.map((item) => item.metadata?.name)).toEqual(['a']);
    expect(await core.deleteNamespacedConfigMap({ name: 'a', namespace })).toMatchObject({
      status: 'Success',
      details: { name: 'a', kind: 'configmaps' },
    });
    await expect(core.readNamespacedConfigMap({ name: 'a', namespace })).rejects.toMatchObject({ code: 404 });
  });

  it('answers a conflict as an ApiException with code 409 and a Status', async () => {
    const made = await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'a' }, data: { k: '1' } },
    });
    await core.replaceNamespacedConfigMap({ name: 'a', namespace, body: { ...made, data: { k: '2' } } });
    const error = await core
      .replaceNamespacedConfigMap({ name: 'a', namespace, body: { ...made, data: { k: '3' } } })
      .catch((caught: unknown) => caught);
    if (!(error instanceof ApiException)) throw new Error('not an ApiException');
    expect(error.code).toBe(409);
    expect(JSON.parse(String(error.body))).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Conflict',
      code: 409,
    });
  });

  it('creates a Job with a generated name, and writes its status apart from its spec', async () => {
    const body = {
      metadata: { generateName: 'check-' },
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'app:1' }] } },
      },
    };
    const made = await batch.createNamespacedJob({ namespace, body });
    const name = made.metadata?.name ?? '';
    expect(name).toMatch(/^check-.{5}$/);
    expect(made.spec?.template.metadata?.labels?.['batch.kubernetes.io/job-name']).toBe(name);
    await batch.replaceNamespacedJobStatus({ name, namespace, body: { ...made, status: { active: 1 } } });
    expect((await batch.readNamespacedJob({ name, namespace })).status?.active).toBe(1);
  });

  it('orphans a Job’s Pods unless the deletion says otherwise, and warns', async () => {
    const made = store.create({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'j', namespace },
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'app:1' }] } },
      },
    });
    const ownerReferences = [
      { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: made.metadata.uid ?? '' },
    ];
    store.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'j-1', namespace, ownerReferences },
      spec: { containers: [{ name: 'main', image: 'app:1' }] },
    });
    const response = await raw('DELETE', `/apis/batch/v1/namespaces/${namespace}/jobs/j`);
    expect(response.headers.get('warning')).toContain(
      'child pods are preserved by default when jobs are deleted',
    );
    expect(store.get({ group: '', kind: 'Pod', namespace, name: 'j-1' })).toBeDefined();
  });

  it('merges patches: merge, strategic by container name, and JSON patch', async () => {
    await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'a' }, data: { keep: '1', drop: '1' } },
    });
    const objects = KubernetesObjectApi.makeApiClient(config());
    const patch = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace },
      data: { drop: null, add: '1' },
    };
    await objects.patch(patch, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
    await core.patchNamespacedConfigMap(
      { name: 'a', namespace, body: [{ op: 'replace', path: '/data/keep', value: '2' }] },
      setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
    );
    expect((await core.readNamespacedConfigMap({ name: 'a', namespace })).data).toEqual({
      keep: '2',
      add: '1',
    });

    store.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: {
        selector: { matchLabels: { app: 'w' } },
        template: {
          metadata: { labels: { app: 'w' } },
          spec: {
            containers: [
              { name: 'one', image: 'a:1' },
              { name: 'two', image: 'b:1' },
            ],
          },
        },
      },
    });
    const response = await raw('PATCH', `/apis/apps/v1/namespaces/${namespace}/deployments/web`, {
      type: 'application/strategic-merge-patch+json',
      body: { spec: { template: { spec: { containers: [{ name: 'two', image: 'b:2' }] } } } },
    });
    expect(await response.json()).toMatchObject({
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'one', image: 'a:1' },
              { name: 'two', image: 'b:2' },
            ],
          },
        },
      },
    });
  });

  it('watches from a version on, and shows objects that enter and leave the selection', async () => {
    const before = await core.listNamespacedConfigMap({ namespace });
    const made = store.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace, labels: { app: 'x' } },
    });
    const seen: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const watching = await new Watch(config()).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: before.metadata?.resourceVersion, labelSelector: 'app=x' },
      (type: string, object: { metadata: { name: string } }) => {
        seen.push(`${type} ${object.metadata.name}`);
        if (type === 'ADDED') store.update({ ...made, metadata: { ...made.metadata, labels: { app: 'y' } } });
        if (type === 'DELETED') resolve();
      },
      () => undefined,
    );
    await promise;
    watching.abort();
    expect(seen).toEqual(['ADDED a', 'DELETED a']);
  });

  it('tells a watch to list again when its changes are no longer kept', async () => {
    const from = store.resourceVersion();
    const made = store.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'busy', namespace } });
    for (let index = 0; index < 5001; index += 1)
      store.update({
        ...made,
        metadata: { ...made.metadata, resourceVersion: '' },
        data: { k: String(index) },
      });
    const expired = await raw(
      'GET',
      `/api/v1/namespaces/${namespace}/configmaps?watch=1&resourceVersion=${from}`,
    );
    expect(await expired.json()).toMatchObject({
      type: 'ERROR',
      object: { code: 410, message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/) },
    });
  });

  it('ends a watch after timeoutSeconds, and tells one from too long ago to list again', async () => {
    const ended = await raw('GET', `/api/v1/namespaces/${namespace}/configmaps?watch=1&timeoutSeconds=1`);
    expect(await ended.text()).toBe('');
    const expired = await raw('GET', `/api/v1/namespaces/${namespace}/configmaps?watch=1&resourceVersion=1`);
    expect(await expired.json()).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    });
  });

  it('reads a Pod’s log, whole, its tail, and on as it grows', async () => {
    store.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace },
      spec: { containers: [{ name: 'main', image: 'app:1' }] },
    });
    await expect(core.readNamespacedPodLog({ name: 'p', namespace })).rejects.toMatchObject({
      code: 400,
      body: expect.stringContaining('container \\"main\\" in pod \\"p\\" is waiting to start'),
    });
    const log = growingLog(['one', 'two']);
    api.setPodLogs({ open: () => log.reader });
    expect(await core.readNamespacedPodLog({ name: 'p', namespace })).toBe('one\ntwo\n');
    expect(await core.readNamespacedPodLog({ name: 'p', namespace, tailLines: 1, timestamps: true })).toBe(
      '2026-08-22T10:00:00.000000001Z two\n',
    );
    const stream = new PassThrough();
    await new Log(config()).log(namespace, 'p', 'main', stream, { follow: true, tailLines: 1 });
    log.append('three');
    log.end();
    expect((await stream.toArray()).join('')).toBe('two\nthree\n');
  });
});

describe('authorization', () => {
  const account = { namespace, name: 'stageline' };

  it('refuses a service account what no Role gives it, in Kubernetes’ words', async () => {
    const own = config(account).makeApiClient(CoreV1Api);
    const error = await own
      .replaceNamespacedConfigMap({ name: 'x', namespace, body: {} })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 403 });
    expect(error instanceof ApiException && JSON.parse(String(error.body))).toMatchObject({
      reason: 'Forbidden',
      message: `configmaps "x" is forbidden: User "system:serviceaccount:shop-dev:stageline" cannot update resource "configmaps" in API group "" in the namespace "shop-dev"`,
      details: { name: 'x', kind: 'configmaps' },
    });
    await expect(own.listConfigMapForAllNamespaces()).rejects.toMatchObject({
      body: expect.stringContaining('at the cluster scope'),
    });
  });

  it('allows exactly what its Role names, by name too, and in its namespace only', async () => {
    const rbac = config().makeApiClient(RbacAuthorizationV1Api);
    await rbac.createNamespacedRole({
      namespace,
      body: {
        metadata: { name: 'r' },
        rules: [
          {
            apiGroups: [''],
            resources: ['configmaps', 'pods/log'],
            resourceNames: ['mine'],
            verbs: ['get', 'list'],
          },
        ],
      },
    });
    await rbac.createNamespacedRoleBinding({
      namespace,
      body: {
        metadata: { name: 'r' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
        subjects: [{ kind: 'ServiceAccount', ...account }],
      },
    });
    for (const place of [namespace, 'default'])
      store.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine', namespace: place } });
    const own = config(account).makeApiClient(CoreV1Api);
    expect((await own.readNamespacedConfigMap({ name: 'mine', namespace })).metadata?.name).toBe('mine');
    expect(
      (await own.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=mine' })).items,
    ).toHaveLength(1);
    await expect(own.listNamespacedConfigMap({ namespace })).rejects.toMatchObject({ code: 403 });
    await expect(own.readNamespacedConfigMap({ name: 'other', namespace })).rejects.toMatchObject({
      code: 403,
    });
    await expect(own.readNamespacedConfigMap({ name: 'mine', namespace: 'default' })).rejects.toMatchObject({
      code: 403,
    });
    await expect(own.readNamespacedPod({ name: 'mine', namespace })).rejects.toMatchObject({ code: 403 });
    await expect(own.readNamespacedPodLog({ name: 'mine', namespace })).rejects.toMatchObject({ code: 404 });
  });

  it('records every call with its user, refused ones too', async () => {
    await core.listNamespacedConfigMap({ namespace });
    const own = config(account).makeApiClient(CoreV1Api);
    await own.readNamespacedPodLog({ name: 'p', namespace }).catch(() => undefined);
    expect(api.calls()).toEqual([
      {
        verb: 'list',
        group: '',
        resource: 'configmaps',
        namespace,
        name: undefined,
        user: 'kubernetes-admin',
      },
      {
        verb: 'get',
        group: '',
        resource: 'pods/log',
        namespace,
        name: 'p',
        user: 'system:serviceaccount:shop-dev:stageline',
      },
    ]);
  });

  it('knows neither strangers nor their tokens', async () => {
    const stranger = await fetch(`${api.url}/api/v1/namespaces/${namespace}/configmaps`);
    expect(await stranger.json()).toMatchObject({
      code: 403,
      message: expect.stringContaining('User "system:anonymous" cannot list'),
    });
    const forged = await fetch(`${api.url}/api/v1/namespaces`, {
      headers: { authorization: 'Bearer forged' },
    });
    expect(await forged.json()).toMatchObject({ code: 401, reason: 'Unauthorized' });
  });
});

describe('what is not there', () => {
  it.each([
    ['GET', '/openapi/v3'],
    ['DELETE', '/api/v1/namespaces/shop-dev/configmaps'],
    ['GET', '/apis/apps/v1/namespaces/shop-dev/statefulsets'],
    ['POST', '/api/v1/namespaces/shop-dev/pods/p/exec'],
    ['PATCH', '/apis/apps/v1/namespaces/shop-dev/deployments/web/scale'],
  ])('answers %s %s with 501 and its name', async (method, path) => {
    const response = await raw(method, path);
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({
      kind: 'Status',
      code: 501,
      message: `the stand-in cluster does not implement ${method} ${path}`,
    });
  });

  it('says in every answer that it is a stand-in', async () => {
    const response = await raw('GET', '/version');
    expect(response.headers.get('x-stageline-stand-in')).toContain('not Kubernetes');
    expect(await response.json()).toMatchObject({ gitVersion: expect.stringContaining('sandbox') });
  });

  it('refuses a body over 3 MiB and a body that is no JSON', async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const large = await raw('POST', path, {
      type: 'application/json',
      body: { data: { k: 'x'.repeat(3 * 1024 * 1024) } },
    });
    expect(await large.json()).toMatchObject({
      code: 413,
      message: 'Request entity too large: limit is 3145728',
    });
    const headers = { authorization: `Bearer ${api.token()}`, 'content-type': 'application/json' };
    const broken = await fetch(api.url + path, { method: 'POST', headers, body: '{' });
    expect(await broken.json()).toMatchObject({ code: 400, reason: 'BadRequest' });
  });

  it('lists in pages', async () => {
    for (const name of ['a', 'b', 'c'])
      store.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
    const first = await core.listNamespacedConfigMap({ namespace, limit: 2 });
    expect(first.metadata?.remainingItemCount).toBe(1);
    const second = await core.listNamespacedConfigMap({
      namespace,
      limit: 2,
      _continue: first.metadata?._continue,
    });
    expect([...first.items, ...second.items].map((item) => item.metadata?.name)).toEqual(['a', 'b', 'c']);
  });

  it('shows one event in both of its API groups', async () => {
    store.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e', namespace },
      message: 'started',
      involvedObject: { kind: 'Job', name: 'j' },
    });
    const response = await raw('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events/e`);
    expect(await response.json()).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      note: 'started',
      regarding: { name: 'j' },
    });
  });
});

describe('injected faults', () => {
  it('answer in place of the store, with their headers', async () => {
    fault = ({ verb }) => (verb === 'get' ? { status: 429, headers: { 'retry-after': '7' } } : undefined);
    const error = await core
      .readNamespacedConfigMap({ name: 'a', namespace })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 429, headers: { 'retry-after': '7' } });
    expect((await core.listNamespacedConfigMap({ namespace })).items).toEqual([]);
  });
});

function config(account?: { namespace: string; name: string }): KubeConfig {
  const made = new KubeConfig();
  made.loadFromString(api.kubeconfig(account));
  return made;
}

function raw(method: string, path: string, content?: { type: string; body: unknown }): Promise<Response> {
  const headers = {
    authorization: `Bearer ${api.token()}`,
    ...(content === undefined ? {} : { 'content-type': content.type }),
  };
  return fetch(api.url + path, {
    method,
    headers,
    ...(content === undefined ? {} : { body: JSON.stringify(content.body) }),
  });
}

function growingLog(first: string[]): {
  reader: ContainerLog;
  append: (text: string) => void;
  end: () => void;
} {
  const lines = first.map((text, index) => ({ time: `2026-08-22T10:00:00.00000000${index}Z`, text }));
  const followers: { onLine: (line: { time: string; text: string }) => void; onEnd: () => void }[] = [];
  return {
    reader: {
      lines: () => lines,
      follow(onLine, onEnd) {
        followers.push({ onLine, onEnd });
        return () => undefined;
      },
    },
    append: (text) => followers.forEach(({ onLine }) => onLine({ time: '2026-08-22T10:00:01Z', text })),
    end: () => followers.forEach(({ onEnd }) => onEnd()),
  };
}
