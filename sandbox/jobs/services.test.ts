import { connect } from 'node:net';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refOf, valueAt, type KubeObject, type ObjectStore } from '../kube/index.ts';
import { startServiceProxy } from './service-proxy.ts';
import {
  conditionOf,
  eventually,
  holds,
  namespace,
  podsNamed,
  ref,
  scriptJob,
  startBed,
  statusOf,
  webDeployment,
  webService,
  type Bed,
} from './testing.ts';

let bed: Bed;
let store: ObjectStore;

beforeEach(async () => {
  bed = await startBed();
  store = bed.store;
});

afterEach(async () => {
  await bed.close();
  expect(bed.errors).toEqual([]);
});

describe('a Deployment', () => {
  it('becomes available through a ReplicaSet and ready Pods', async () => {
    store.apply(webDeployment('web', 'v1', { spec: { replicas: 2 } }));
    await rolledOut('web');
    expect(statusOf(store, 'Deployment', 'web')).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
    expect(conditionOf(store, 'Deployment', 'web', 'Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
    });
    const [replicaSet] = store.list({ group: 'apps', kind: 'ReplicaSet' }, { namespace });
    const hash = replicaSet?.metadata.labels?.['pod-template-hash'];
    expect(replicaSet?.metadata.name).toBe(`web-${hash}`);
    expect(podsNamed(store, `web-${hash}-`)).toHaveLength(2);
  });

  it('replaces the old version only once the new one is ready', async () => {
    store.apply(webDeployment('web', 'v1'));
    store.apply(webService('web'));
    await rolledOut('web');
    expect(await get('http://web.shop-dev.svc/')).toMatchObject({ code: 200, text: 'v1' });
    const readyCounts: number[] = [];
    const stop = store.watch(({ object }) => object.kind === 'Pod' && readyCounts.push(readyPods()));
    store.apply(webDeployment('web', 'v2'));
    await rolledOut('web');
    stop();
    expect(Math.min(...readyCounts)).toBe(1);
    expect(await get('http://web.shop-dev.svc/')).toMatchObject({ code: 200, text: 'v2' });
    await eventually(store, () => podsNamed(store, 'web-').length === 1);
    expect(
      store.get(ref('Deployment', 'web'))?.metadata.annotations?.['deployment.kubernetes.io/revision'],
    ).toBe('2');
  });

  it('keeps the old version up when the new one never gets ready, and says so after its deadline', async () => {
    store.apply(webDeployment('web', 'v1'));
    store.apply(webService('web'));
    await rolledOut('web');
    const probe = { httpGet: { path: '/', port: 9 } };
    store.apply(
      webDeployment('web', 'v2', {
        spec: { progressDeadlineSeconds: 1 },
        container: { readinessProbe: probe },
      }),
    );
    await eventually(
      store,
      () => conditionOf(store, 'Deployment', 'web', 'Progressing')?.['reason'] === 'ProgressDeadlineExceeded',
    );
    expect(conditionOf(store, 'Deployment', 'web', 'Progressing')).toMatchObject({
      status: 'False',
      message: expect.stringMatching(/^ReplicaSet "web-.*" has timed out progressing\.$/),
    });
    expect(await get('http://web.shop-dev.svc/')).toMatchObject({ text: 'v1' });
  });

  it('takes up the earlier ReplicaSet when it goes back', async () => {
    store.apply(webDeployment('web', 'v1'));
    await rolledOut('web');
    store.apply(webDeployment('web', 'v2'));
    await rolledOut('web');
    store.apply(webDeployment('web', 'v1'));
    await rolledOut('web');
    expect(store.list({ group: 'apps', kind: 'ReplicaSet' }, { namespace })).toHaveLength(2);
    expect(
      store.get(ref('Deployment', 'web'))?.metadata.annotations?.['deployment.kubernetes.io/revision'],
    ).toBe('3');
  });

  it('scales down to nothing', async () => {
    store.apply(webDeployment('web', 'v1'));
    await rolledOut('web');
    store.apply(webDeployment('web', 'v1', { spec: { replicas: 0 } }));
    await eventually(store, () => podsNamed(store, 'web-').length === 0);
    expect(bed.controllers.processes()).toEqual([]);
  });

  it('restarts a program that crashes, with waits that it shows', async () => {
    store.apply(webDeployment('crash', '', { container: { args: ['process.exit(1)'] } }));
    const waiting = await eventually(store, () =>
      podsNamed(store, 'crash-')
        .map(firstStatus)
        .find((status) => valueAt(status, ['state', 'waiting', 'reason']) === 'CrashLoopBackOff'),
    );
    expect(valueAt(waiting, ['state', 'waiting', 'message'])).toMatch(
      /^back-off \d+s restarting failed container=web pod=crash-/,
    );
    expect(valueAt(waiting, ['lastState', 'terminated', 'exitCode'])).toBe(1);
  });

  it('restarts a program that fails its liveness probe', async () => {
    const script =
      "let n = 0; require('http').createServer((q, s) => { s.statusCode = q.url === '/live' ? 500 : 200; s.end() }).listen(process.env.PORT)";
    const livenessProbe = { httpGet: { path: '/live', port: 'http' }, periodSeconds: 1, failureThreshold: 1 };
    store.apply(webDeployment('sick', '', { container: { args: [script], livenessProbe } }));
    await eventually(store, () =>
      podsNamed(store, 'sick-')
        .map(firstStatus)
        .some((status) => Number(valueAt(status, ['restartCount'])) > 0),
    );
  });

  it('says what image has no place here, and waits', async () => {
    store.apply(webDeployment('alien', '', { container: { image: 'registry.example/alien:1' } }));
    const status = await eventually(store, () =>
      podsNamed(store, 'alien-')
        .map(firstStatus)
        .find((one) => valueAt(one, ['state', 'waiting', 'reason']) === 'ErrCannotRunHere'),
    );
    expect(valueAt(status, ['state', 'waiting', 'message'])).toContain(
      'cannot run here: image registry.example/alien:1',
    );
    expect(podsNamed(store, 'alien-')).toHaveLength(1);
  });

  it('goes with everything that it made', async () => {
    store.apply(webDeployment('web', 'v1'));
    await rolledOut('web');
    store.delete(ref('Deployment', 'web'));
    await eventually(store, () => podsNamed(store, 'web-').length === 0);
    expect(store.list({ group: 'apps', kind: 'ReplicaSet' })).toEqual([]);
    expect(bed.controllers.processes()).toEqual([]);
  });
});

describe('the Service proxy', () => {
  beforeEach(async () => {
    store.apply(echoDeployment());
    store.apply(webService('echo'));
    await rolledOut('echo');
  });

  it.each([
    'http://echo.shop-dev.svc/p?q=1',
    'http://echo.shop-dev.svc.cluster.local:80/p?q=1',
    'http://echo.shop-dev/p?q=1',
  ])('forwards %s', async (url) => {
    const answer = await get(url);
    expect(JSON.parse(answer.text)).toMatchObject({ method: 'GET', url: '/p?q=1', host: new URL(url).host });
  });

  it('listens for nobody who asks while it ends', async () => {
    const proxy = await startServiceProxy({ store });
    await proxy.close();
    const via = await proxy.urlFor('late');
    await expect(get('http://echo.shop-dev.svc/', { via })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('forwards methods, bodies and status codes, and no header of the hop', async () => {
    const answer = await get('http://echo.shop-dev.svc/teapot', {
      method: 'PUT',
      body: 'hello',
      headers: { 'proxy-authorization': 'secret', 'x-own': 'yes' },
    });
    expect(answer.code).toBe(418);
    const seen = JSON.parse(answer.text);
    expect(seen).toMatchObject({ method: 'PUT', body: 'hello', own: 'yes' });
    expect(seen.proxyAuthorization).toBeUndefined();
  });

  it('knows short names from inside the namespace only', async () => {
    expect(await get('http://echo/', { via: await bed.proxy.urlFor(namespace) })).toMatchObject({
      code: 200,
    });
    expect(await get('http://echo/')).toMatchObject({ code: 403 });
  });

  it('takes turns between ready Pods', async () => {
    const live = store.get(ref('Deployment', 'echo'));
    if (live === undefined) throw new Error('no Deployment');
    store.update({ ...live, spec: { ...Object(live['spec']), replicas: 2 } });
    await eventually(store, () => readyPods() === 2);
    const answers = await Promise.all([get('http://echo.shop-dev.svc/'), get('http://echo.shop-dev.svc/')]);
    expect(new Set(answers.map(({ text }) => JSON.parse(text).pod)).size).toBe(2);
  });

  it('answers 502 and why, when no Pod is ready and when there is no such port', async () => {
    store.apply(webService('empty'));
    expect(await get('http://empty.shop-dev.svc/')).toMatchObject({
      code: 502,
      text: 'no endpoint of service shop-dev/empty is ready (0 of 0 Pods)\n',
    });
    expect(await get('http://echo.shop-dev.svc:81/')).toMatchObject({
      code: 502,
      text: 'service shop-dev/echo has no port 81\n',
    });
  });

  it('refuses hosts that are no Service of the cluster', async () => {
    expect(await get('http://example.com/')).toMatchObject({
      code: 403,
      text: '"example.com" is no Service of the stand-in cluster\n',
    });
    expect(await get('http://nobody.shop-dev.svc/')).toMatchObject({ code: 403 });
  });

  it('tunnels CONNECT to Services, and refuses the rest', async () => {
    expect(await tunnelled('echo.shop-dev.svc:80')).toMatch(
      /^HTTP\/1\.1 200 Connection Established\r\n\r\nHTTP\/1\.1 200 OK/,
    );
    expect(await tunnelled('example.com:443')).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('shows a stream while it is silent, and lets go of it when the caller does', async () => {
    const script =
      "let open = 0; require('http').createServer((q, s) => { if (q.url === '/open') return s.end(String(open)); open += 1; s.on('close', () => (open -= 1)); s.writeHead(200, { 'content-type': 'text/event-stream' }); s.flushHeaders() }).listen(process.env.PORT)";
    store.apply(
      webDeployment('stream', '', {
        container: { args: [script], readinessProbe: { httpGet: { path: '/open', port: 'http' } } },
      }),
    );
    store.apply(webService('stream'));
    await rolledOut('stream');
    const proxy = new URL(bed.proxy.url);
    await new Promise<void>((resolve) => {
      const call = request(
        { host: proxy.hostname, port: proxy.port, path: 'http://stream.shop-dev.svc/', agent: false },
        (response) => {
          expect(response.statusCode).toBe(200);
          response.on('error', () => resolve());
          call.destroy();
        },
      );
      call.end();
    });
    await expect.poll(async () => (await get('http://stream.shop-dev.svc/open')).text).toBe('0');
  });

  it('hides that a server closed a connection between two requests', async () => {
    const script =
      "require('http').createServer((q, s) => { if (q.socket.used) return q.socket.destroy(); q.socket.used = q.url !== '/ready'; s.end('once') }).listen(process.env.PORT)";
    const readinessProbe = { httpGet: { path: '/ready', port: 'http' } };
    store.apply(webDeployment('hasty', '', { container: { args: [script], readinessProbe } }));
    store.apply(webService('hasty'));
    await rolledOut('hasty');
    for (const _round of [1, 2, 3])
      expect(await get('http://hasty.shop-dev.svc/')).toMatchObject({ code: 200, text: 'once' });
  });

  it('is what programs of the cluster use without being told', async () => {
    const script =
      "fetch('http://echo/from-job').then((r) => r.json()).then((seen) => console.log(seen.url))";
    store.create(scriptJob('caller', script));
    await eventually(store, () => holds(store, 'Job', 'caller', 'Complete'));
    const name = podsNamed(store, 'caller-')[0]?.metadata.name ?? '';
    expect(bed.controllers.podLog(namespace, name)?.map(({ text }) => text)).toEqual(['/from-job']);
  });
});

function echoDeployment(): KubeObject {
  const script = `require('http').createServer((q, s) => {
    let body = '';
    q.on('data', (d) => (body += d)).on('end', () => {
      s.statusCode = q.url === '/teapot' ? 418 : 200;
      s.end(JSON.stringify({ pod: process.env.HOSTNAME, method: q.method, url: q.url, host: q.headers.host, own: q.headers['x-own'], proxyAuthorization: q.headers['proxy-authorization'], body }));
    });
  }).listen(process.env.PORT)`;
  return webDeployment('echo', '', { container: { args: [script] } });
}

function get(
  url: string,
  options: { via?: string; method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<{ code: number; text: string }> {
  const { via = bed.proxy.url, method = 'GET', body, headers = {} } = options;
  const proxy = new URL(via);
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: proxy.hostname,
        port: proxy.port,
        path: url,
        method,
        headers: { ...headers, host: new URL(url).host },
        agent: false,
      },
      async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        resolve({ code: response.statusCode ?? 0, text });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

async function tunnelled(authority: string): Promise<string> {
  const proxy = new URL(bed.proxy.url);
  const socket = connect(Number(proxy.port), proxy.hostname);
  socket.write(
    `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n\r\nGET / HTTP/1.1\r\nhost: echo\r\nconnection: close\r\n\r\n`,
  );
  return Buffer.concat(await socket.toArray()).toString();
}

function rolledOut(name: string): Promise<unknown> {
  return eventually(store, () => {
    const deployment = store.get(ref('Deployment', name));
    const current = valueAt(deployment, ['status', 'observedGeneration']) === deployment?.metadata.generation;
    return (
      current &&
      conditionOf(store, 'Deployment', name, 'Progressing')?.['reason'] === 'NewReplicaSetAvailable'
    );
  });
}

function readyPods(): number {
  return store
    .list({ group: '', kind: 'Pod' }, { namespace })
    .filter(
      (pod) =>
        pod.metadata.deletionTimestamp === undefined &&
        conditionOf(store, 'Pod', refOf(pod).name, 'Ready')?.['status'] === 'True',
    ).length;
}

function firstStatus(pod: KubeObject): unknown {
  return Object.values(valueAt(pod, ['status', 'containerStatuses']) ?? [])[0];
}
