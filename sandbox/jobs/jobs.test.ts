import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { valueAt, type KubeObject, type ObjectStore } from '../kube/index.ts';
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

describe('a Job', () => {
  it('runs its program and completes with the conditions of Kubernetes 1.31', async () => {
    const job = store.create(scriptJob('hello', "console.log('out'); console.error('err')"));
    await complete('hello');
    const status = statusOf(store, 'Job', 'hello');
    expect(status).toMatchObject({ succeeded: 1, ready: 0, terminating: 0 });
    expect(status['active']).toBeUndefined();
    expect(status['completionTime']).toMatch(/^\d{4}-.*Z$/);
    expect(conditions('hello')).toEqual([
      'SuccessCriteriaMet=True CompletionsReached',
      'Complete=True CompletionsReached',
    ]);
    const pod = onlyPod('hello-');
    expect(pod.metadata.name).toMatch(/^hello-[a-z0-9]{5}$/);
    expect(pod.metadata.labels).toMatchObject({
      'job-name': 'hello',
      'batch.kubernetes.io/job-name': 'hello',
      'controller-uid': job.metadata.uid,
    });
    expect(valueAt(pod, ['status', 'phase'])).toBe('Succeeded');
    expect(logOf('hello-').toSorted()).toEqual(['err', 'out']);
  });

  it('fails when its program fails, and keeps Pod and log', async () => {
    store.create(scriptJob('bad', "console.log('why'); process.exit(3)"));
    await failed('bad');
    expect(conditions('bad')).toEqual([
      'FailureTarget=True BackoffLimitExceeded',
      'Failed=True BackoffLimitExceeded',
    ]);
    expect(statusOf(store, 'Job', 'bad')).toMatchObject({ failed: 1 });
    expect(statusOf(store, 'Job', 'bad')['completionTime']).toBeUndefined();
    expect(terminated('bad-')).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(logOf('bad-')).toEqual(['why']);
  });

  it('tries again with a new Pod up to its backoffLimit', async () => {
    store.create(scriptJob('retry', 'process.exit(1)', { spec: { backoffLimit: 2 } }));
    await failed('retry');
    expect(podsNamed(store, 'retry-')).toHaveLength(3);
    expect(statusOf(store, 'Job', 'retry')['failed']).toBe(3);
  });

  it('restarts the container in its Pod under OnFailure', async () => {
    const script =
      "const fs = require('fs'); if (fs.existsSync('/data/seen')) process.exit(0); fs.writeFileSync('/data/seen', ''); process.exit(1)";
    store.create(
      scriptJob('again', script, {
        spec: { backoffLimit: 3 },
        pod: { restartPolicy: 'OnFailure', volumes: [{ name: 'data', emptyDir: {} }] },
        container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
      }),
    );
    await complete('again');
    expect(valueAt(onlyPod('again-'), ['status', 'containerStatuses'])).toMatchObject([
      { restartCount: 1, lastState: { terminated: { exitCode: 1 } } },
    ]);
  });

  it('ends at its deadline, Pod and all', async () => {
    store.create(scriptJob('slow', 'setInterval(() => {}, 1000)', { spec: { activeDeadlineSeconds: 1 } }));
    await failed('slow');
    expect(conditions('slow')).toEqual([
      'FailureTarget=True DeadlineExceeded',
      'Failed=True DeadlineExceeded',
    ]);
    expect(podsNamed(store, 'slow-')).toEqual([]);
    expect(bed.controllers.processes()).toEqual([]);
  });

  it('waits while suspended, and keeps the condition as False once resumed', async () => {
    store.create(scriptJob('gate', '0', { spec: { suspend: true } }));
    await eventually(store, () => holds(store, 'Job', 'gate', 'Suspended'));
    expect(conditionOf(store, 'Job', 'gate', 'Suspended')).toMatchObject({
      reason: 'JobSuspended',
      message: 'Job suspended',
    });
    expect(statusOf(store, 'Job', 'gate')['startTime']).toBeUndefined();
    expect(podsNamed(store, 'gate-')).toEqual([]);
    suspend('gate', false);
    await complete('gate');
    expect(conditions('gate')).toEqual([
      'Suspended=False JobResumed',
      'SuccessCriteriaMet=True CompletionsReached',
      'Complete=True CompletionsReached',
    ]);
  });

  it('stops its Pod when it is suspended, which is no failure', async () => {
    store.create(scriptJob('pause', "console.log('up'); setInterval(() => {}, 1000)"));
    await running('pause-');
    suspend('pause', true);
    await eventually(store, () => podsNamed(store, 'pause-').length === 0);
    await eventually(
      store,
      () => holds(store, 'Job', 'pause', 'Suspended') && statusOf(store, 'Job', 'pause')['terminating'] === 0,
    );
    expect(statusOf(store, 'Job', 'pause')['failed']).toBeUndefined();
    expect(statusOf(store, 'Job', 'pause')['startTime']).toBeUndefined();
    expect(holds(store, 'Job', 'pause', 'Failed')).toBe(false);
  });

  it('fails when someone sets FailureTarget, even while suspended', async () => {
    store.create(scriptJob('reject', '0', { spec: { suspend: true } }));
    await eventually(store, () => holds(store, 'Job', 'reject', 'Suspended'));
    const job = store.get(ref('Job', 'reject'));
    if (job === undefined) throw new Error('the Job is gone');
    const target = { type: 'FailureTarget', status: 'True', reason: 'Terminated', message: 'by hand' };
    store.updateStatus({ ...job, status: { ...statusOf(store, 'Job', 'reject'), conditions: [target] } });
    await failed('reject');
    expect(conditionOf(store, 'Job', 'reject', 'Failed')).toMatchObject({
      reason: 'Terminated',
      message: 'by hand',
    });
  });

  it('goes by itself some time after it has ended', async () => {
    store.create(scriptJob('brief', '0', { spec: { ttlSecondsAfterFinished: 0 } }));
    await eventually(store, () => store.get(ref('Job', 'brief')) === undefined);
    expect(podsNamed(store, 'brief-')).toEqual([]);
  });

  it('runs several Pods side by side, and others one after the other', async () => {
    store.create(scriptJob('many', '0', { spec: { parallelism: 2, completions: 3 } }));
    await complete('many');
    expect(podsNamed(store, 'many-')).toHaveLength(3);
  });

  it('fails at once, with the image’s name, where nothing can run it', async () => {
    store.create(
      scriptJob('alien', '', { spec: { backoffLimit: 6 }, container: { image: 'registry.example/alien:1' } }),
    );
    await failed('alien');
    const message = 'cannot run here: image registry.example/alien:1 (no local program and no Docker daemon)';
    expect(conditionOf(store, 'Job', 'alien', 'Failed')).toMatchObject({
      reason: 'ErrCannotRunHere',
      message,
    });
    expect(onlyPod('alien-')['status']).toMatchObject({
      phase: 'Failed',
      reason: 'ErrCannotRunHere',
      message,
    });
  });
});

describe('ending a Job', () => {
  it('sends SIGTERM when it is deleted, and lets the program end by itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jobs-test-'));
    const script = `process.on('SIGTERM', () => { require('fs').writeFileSync(process.env.MARK, 'ended'); process.exit(0) }); console.log('up'); setInterval(() => {}, 1000)`;
    store.create(
      scriptJob('stop', script, { container: { env: [{ name: 'MARK', value: join(folder, 'mark') }] } }),
    );
    await logged('stop-', 'up');
    store.delete(ref('Job', 'stop'));
    expect(podsNamed(store, 'stop-')).toHaveLength(1);
    await eventually(store, () => podsNamed(store, 'stop-').length === 0);
    expect(readFileSync(join(folder, 'mark'), 'utf8')).toBe('ended');
    rmSync(folder, { recursive: true });
  });

  it('kills the whole process group when the grace period is over', async () => {
    const child = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
    const script = `process.on('SIGTERM', () => console.log('no')); const c = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]); console.log('child ' + c.pid); setInterval(() => {}, 1000)`;
    store.create(scriptJob('stubborn', script, { pod: { terminationGracePeriodSeconds: 1 } }));
    const line = await logged('stubborn-', 'child ');
    const pid = Number(line.split(' ')[1]);
    store.delete(ref('Job', 'stubborn'));
    await eventually(store, () => podsNamed(store, 'stubborn-').length === 0);
    expect(isRunning(pid)).toBe(false);
  });

  it('kills what the program left behind when it ends by itself', async () => {
    const script = `const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); console.log('child ' + c.pid); c.unref()`;
    store.create(scriptJob('litter', script));
    await complete('litter');
    const pid = Number(logOf('litter-')[0]?.split(' ')[1]);
    expect(isRunning(pid)).toBe(false);
  });

  it('closing ends every process and removes every file', async () => {
    const own = await startBed();
    own.store.create(
      scriptJob(
        'open',
        "console.log(process.env.HOME); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)",
      ),
    );
    const home = await logged('open-', '/', own);
    const [running_] = own.controllers.processes();
    expect(existsSync(home)).toBe(true);
    await own.close();
    expect(isRunning(running_?.pid ?? 0)).toBe(false);
    expect(existsSync(join(home, '../..'))).toBe(false);
  });
});

describe('a Pod’s environment', () => {
  it('comes from values, Secrets, ConfigMaps and the Pod’s own fields, and from nowhere else', async () => {
    secret('creds', { token: 'hush', user: 'me' });
    configMap('settings', { MODE: 'fast', LEVEL: '3' });
    const env = [
      { name: 'PLAIN', value: 'x' },
      { name: 'JOINED', value: '$(PLAIN)-$(MISSING)-$$(PLAIN)' },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'creds', key: 'token' } } },
      { name: 'MODE2', valueFrom: { configMapKeyRef: { name: 'settings', key: 'MODE' } } },
      { name: 'MAYBE', valueFrom: { configMapKeyRef: { name: 'none', key: 'x', optional: true } } },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'NS', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'JOB', valueFrom: { fieldRef: { fieldPath: "metadata.labels['job-name']" } } },
    ];
    const envFrom = [
      { configMapRef: { name: 'settings' } },
      { prefix: 'CRED_', secretRef: { name: 'creds' } },
    ];
    process.env['SECRET_OF_THE_CALLER'] = 'leak';
    store.create(
      scriptJob('env', 'console.log(JSON.stringify(process.env)); console.log(process.argv.at(-1))', {
        container: {
          env,
          envFrom,
          args: ['console.log(JSON.stringify(process.env)); console.log(process.argv.at(-1))', '$(PLAIN)!'],
        },
      }),
    );
    await complete('env');
    const [json = '', argument] = logOf('env-');
    const seen: Record<string, string> = JSON.parse(json);
    expect(seen).toMatchObject({
      PLAIN: 'x',
      JOINED: 'x-$(MISSING)-$(PLAIN)',
      TOKEN: 'hush',
      MODE2: 'fast',
      LEVEL: '3',
      CRED_user: 'me',
      NS: namespace,
      JOB: 'env',
      NODE_USE_ENV_PROXY: '1',
      NO_PROXY: '127.0.0.1,localhost',
    });
    expect(seen['POD']).toBe(onlyPod('env-').metadata.name);
    expect(seen).not.toHaveProperty('MAYBE');
    expect(seen).not.toHaveProperty('SECRET_OF_THE_CALLER');
    expect(argument).toBe('x!');
    delete process.env['SECRET_OF_THE_CALLER'];
  });

  it('waits for a Secret that is not there, says so, and starts when it comes', async () => {
    const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'late', key: 'token' } } }];
    store.create(scriptJob('wait', 'console.log(process.env.TOKEN)', { container: { env } }));
    await eventually(store, () => waiting('wait-')['reason'] === 'CreateContainerConfigError');
    expect(waiting('wait-')['message']).toBe('secret "late" not found');
    secret('late', { other: 'x' });
    await eventually(store, () =>
      String(waiting('wait-')['message']).startsWith("couldn't find key token in Secret shop-dev/late"),
    );
    const live = store.get(ref('Secret', 'late'));
    if (live !== undefined) store.update({ ...live, stringData: { token: 'now' } });
    await complete('wait');
    expect(logOf('wait-')).toEqual(['now']);
  });

  it('has volumes as folders, under paths that its arguments and variables name', async () => {
    configMap('files', { 'app.conf': 'a=1', other: 'b' });
    secret('key', { pem: 'PEM' });
    const script =
      "const fs = require('fs'); console.log(fs.readFileSync(process.env.CONF, 'utf8')); console.log(fs.readdirSync('/etc/app').join()); console.log(fs.readFileSync('/keys/my/pem', 'utf8')); console.log(process.env.URL)";
    store.create(
      scriptJob('files', script, {
        pod: {
          volumes: [
            {
              name: 'conf',
              configMap: { name: 'files', items: [{ key: 'app.conf', path: 'sub/app.conf' }] },
            },
            {
              name: 'keys',
              projected: { sources: [{ secret: { name: 'key', items: [{ key: 'pem', path: 'my/pem' }] } }] },
            },
          ],
        },
        container: {
          env: [
            { name: 'CONF', value: '/etc/app/sub/app.conf' },
            { name: 'URL', value: 'http://x/etc/app' },
          ],
          volumeMounts: [
            { name: 'conf', mountPath: '/etc/app' },
            { name: 'keys', mountPath: '/keys' },
          ],
        },
      }),
    );
    await complete('files');
    expect(logOf('files-')).toEqual(['a=1', 'sub', 'PEM', 'http://x/etc/app']);
  });

  it('has a kubeconfig of its service account, unless the Pod declines', async () => {
    store.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'runner', namespace } });
    store.create(
      scriptJob('with', "console.log(require('fs').readFileSync(process.env.KUBECONFIG, 'utf8'))", {
        pod: { serviceAccountName: 'runner' },
      }),
    );
    store.create(
      scriptJob('without', 'console.log(String(process.env.KUBECONFIG))', {
        pod: { automountServiceAccountToken: false },
      }),
    );
    await Promise.all([complete('with'), complete('without')]);
    const config = new KubeConfig();
    config.loadFromString(logOf('with-').join('\n'));
    await expect(config.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace })).rejects.toMatchObject({
      code: 403,
      body: expect.stringContaining('system:serviceaccount:shop-dev:runner'),
    });
    expect(logOf('without-')).toEqual(['undefined']);
  });

  it('does not start before its service account exists', async () => {
    store.create(scriptJob('early', '0', { pod: { serviceAccountName: 'later' } }));
    const event = await eventually(store, () =>
      store.list({ group: '', kind: 'Event' }, { namespace }).find((one) => one['reason'] === 'FailedCreate'),
    );
    expect(event['message']).toContain('serviceaccount "later" not found');
    store.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'later', namespace } });
    await complete('early');
  });
});

describe('commands and images', () => {
  it('replaces the entrypoint only of a program that allows it', async () => {
    store.create(
      scriptJob('shell', '', {
        container: { image: 'shell:1', command: ['sh', '-c'], args: ['echo one; exit 0'] },
      }),
    );
    store.create(scriptJob('fixed', '', { container: { command: ['sh'] } }));
    await complete('shell');
    expect(logOf('shell-')).toEqual(['one']);
    await failed('fixed');
    expect(conditionOf(store, 'Job', 'fixed', 'Failed')?.['message']).toContain(
      'its local program has a fixed command',
    );
  });

  it('says when a program cannot be started at all', async () => {
    store.create(scriptJob('none', '', { container: { image: 'shell:1', command: ['/does/not/exist'] } }));
    await failed('none');
    expect(terminated('none-')).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: expect.stringContaining('/does/not/exist'),
    });
  });

  it('runs init containers first, and not the others if one fails', async () => {
    const init = (script: string) => ({
      pod: { initContainers: [{ name: 'init', image: 'script:1', args: [script] }] },
    });
    store.create(scriptJob('good', '0', init("console.log('first')")));
    store.create(scriptJob('broken', '0', init('process.exit(4)')));
    await complete('good');
    expect(
      bed.controllers.podLog(namespace, onlyPod('good-').metadata.name, 'init')?.map(({ text }) => text),
    ).toEqual(['first']);
    await failed('broken');
    expect(valueAt(onlyPod('broken-'), ['status', 'containerStatuses'])).toMatchObject([
      { state: { waiting: { reason: 'PodInitializing' } } },
    ]);
  });
});

describe('logs', () => {
  it('are served while they grow, and end with the program', async () => {
    const script =
      "console.log('one'); process.on('SIGTERM', () => { console.log('two'); process.exit(0) }); setInterval(() => {}, 1000)";
    store.create(scriptJob('talk', script));
    await logged('talk-', 'one');
    const name = onlyPod('talk-').metadata.name;
    const headers = { authorization: `Bearer ${bed.api.token()}` };
    const response = await fetch(
      `${bed.api.url}/api/v1/namespaces/${namespace}/pods/${name}/log?follow=true&timestamps=true`,
      { headers },
    );
    store.delete(ref('Job', 'talk'));
    expect(await response.text()).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z one\n\S+ two\n$/);
  });

  it('are copied into files when asked for', async () => {
    const logsDir = mkdtempSync(join(tmpdir(), 'jobs-test-'));
    const own = await startBed({ logsDir });
    own.store.create(scriptJob('kept', "console.log('for later')"));
    await eventually(own.store, () => holds(own.store, 'Job', 'kept', 'Complete'));
    await own.close();
    const [file = ''] = readdirSync(logsDir);
    expect(file).toMatch(/^shop-dev_kept-.{5}_main\.log$/);
    expect(readFileSync(join(logsDir, file), 'utf8')).toMatch(/Z for later\n$/);
    rmSync(logsDir, { recursive: true });
  });
});

/** Whether the process lives; one that has ended and waits for init to take note of it does not. */
function isRunning(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

function complete(name: string): Promise<unknown> {
  return eventually(store, () => {
    if (holds(store, 'Job', name, 'Failed'))
      throw new Error(`${name} failed: ${JSON.stringify(store.get(ref('Job', name)))}`);
    return holds(store, 'Job', name, 'Complete');
  });
}

function failed(name: string): Promise<unknown> {
  return eventually(store, () => holds(store, 'Job', name, 'Failed'));
}

function running(prefix: string): Promise<unknown> {
  return eventually(store, () =>
    podsNamed(store, prefix).some((pod) => valueAt(pod, ['status', 'phase']) === 'Running'),
  );
}

/** The first line of the Pod's log that begins so, as soon as it is there. */
async function logged(prefix: string, start: string, where: Bed = bed): Promise<string> {
  const pod = await eventually(where.store, () =>
    podsNamed(where.store, prefix).find((one) => valueAt(one, ['status', 'phase']) === 'Running'),
  );
  const log = where.controllers.podLogs.open({ namespace, name: pod.metadata.name }, 'main', false);
  const present = log?.lines().find(({ text }) => text.startsWith(start));
  if (present !== undefined) return present.text;
  return new Promise((resolve) =>
    log?.follow(
      ({ text }) => text.startsWith(start) && resolve(text),
      () => resolve(''),
    ),
  );
}

function conditions(name: string): string[] {
  const list = statusOf(store, 'Job', name)['conditions'];
  return Array.isArray(list)
    ? list.map(
        (one: { type: string; status: string; reason: string }) => `${one.type}=${one.status} ${one.reason}`,
      )
    : [];
}

function onlyPod(prefix: string): KubeObject {
  const [pod, ...others] = podsNamed(store, prefix);
  if (pod === undefined || others.length > 0) throw new Error(`not one Pod ${prefix}`);
  return pod;
}

function logOf(prefix: string): string[] {
  return (bed.controllers.podLog(namespace, onlyPod(prefix).metadata.name) ?? []).map(({ text }) => text);
}

function terminated(prefix: string): unknown {
  const [status] = Object.values(valueAt(onlyPod(prefix), ['status', 'containerStatuses']) ?? []);
  return valueAt(status, ['state', 'terminated']);
}

function waiting(prefix: string): Record<string, unknown> {
  const [pod] = podsNamed(store, prefix);
  const [status] = Object.values(valueAt(pod, ['status', 'containerStatuses']) ?? []);
  return { ...Object(valueAt(status, ['state', 'waiting'])) };
}

function suspend(name: string, value: boolean): void {
  const job = store.get(ref('Job', name));
  if (job === undefined) throw new Error(`no Job ${name}`);
  store.update({ ...job, spec: { ...Object(job['spec']), suspend: value } });
}

function secret(name: string, stringData: Record<string, string>): void {
  store.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData });
}

function configMap(name: string, data: Record<string, string>): void {
  store.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data });
}
