/** Container tasks as child Jobs of the stand-in cluster. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckRecord } from '../../core/ledger/types.ts';
import type { CheckSpec } from '../../core/plan.ts';
import { deliverySpans } from '../../core/spans.ts';
import type { KubeObject } from '../../sandbox/kube/index.ts';
import { runTaskJobs, type JobRunner, type TaskEnd } from './support/job-runner.ts';
import { check, NAMESPACE, OPERATION, planFor, startHookWorld, type HookWorld } from './support/world.ts';

let world: HookWorld;
let jobs: JobRunner;
let end: (job: KubeObject) => TaskEnd | Promise<TaskEnd>;
let made: KubeObject[];
let log: string;

beforeEach(async () => {
  made = [];
  log = '';
  end = () => ({ exitCode: 0 });
  world = await startHookWorld();
  jobs = runTaskJobs(world.store, (job) => {
    made.push(job);
    return end(job);
  });
  world.api.setPodLogs({
    open: () => ({
      lines: () => log.split('\n').map((text) => ({ time: '2030-01-01T00:00:00.000000000Z', text })),
      follow: () => () => undefined,
    }),
  });
});

afterEach(async () => {
  jobs.stop();
  await world.close();
});

async function run(more: Parameters<typeof check>[2] = {}): Promise<CheckRecord> {
  await runHookLog(more);
  return record();
}

async function runHookLog(more: Parameters<typeof check>[2] = {}): Promise<string[]> {
  const spec: CheckSpec = { kind: 'task', image: 'shop/smoke:1', args: ['--all'], env: { TARGET: 'dev' } };
  const { log: lines } = await world.run('pre', planFor(world, { pre: [[check('smoke', spec, more)]] }));
  return lines;
}

function record(): CheckRecord {
  const found = world.ledger().deliveries[0]?.attempts.at(-1)?.phases[0]?.checks[0];
  if (!found) throw new Error('no record');
  return found;
}

describe('a task', () => {
  it('runs as a child Job of the hook Job, without a token, with the trace of its check', async () => {
    expect(await run()).toMatchObject({ status: 'passed', job: made[0]?.metadata.name });
    const [job] = made;
    const owner = world.store
      .list({ group: 'batch', kind: 'Job' })
      .find(({ metadata }) => metadata.name.endsWith(`-presync-${OPERATION}`));
    expect(job?.metadata.ownerReferences).toEqual([
      { apiVersion: 'batch/v1', kind: 'Job', name: owner?.metadata.name, uid: owner?.metadata.uid },
    ]);
    const spec = job?.['spec'] as { template: { spec: Record<string, unknown> }; backoffLimit: number };
    expect(spec.backoffLimit).toBe(0);
    expect(spec.template.spec).toMatchObject({ restartPolicy: 'Never', automountServiceAccountToken: false });
    const [container] = spec.template.spec['containers'] as {
      image: string;
      env: { name: string; value: string }[];
    }[];
    const env = new Map(container?.env.map(({ name, value }) => [name, value]));
    expect(env.get('TARGET')).toBe('dev');
    const ledger = world.ledger();
    const [delivery] = ledger.deliveries;
    const span = delivery && deliverySpans(ledger, delivery).find(({ name }) => name === 'smoke');
    expect(env.get('TRACEPARENT')).toBe(`00-${span?.traceId}-${span?.spanId}-01`);
  });

  it('is failed with its exit code and its termination message when it fails', async () => {
    end = () => ({ exitCode: 7, message: 'GET /cart\ngave 500\n' });
    expect(await run()).toMatchObject({
      status: 'failed',
      message: 'task "smoke" failed with exit code 7: GET /cart gave 500',
    });
  });

  it('leaves nothing of its log in the ledger, and its end in the log of the hook', async () => {
    end = () => ({ exitCode: 7 });
    log = 'begins\nlogged in with hunter22\n';
    const hookLog = await runHookLog();
    expect(record().message).toBe('task "smoke" failed with exit code 7');
    expect(JSON.stringify(world.store.list({ group: '', kind: 'ConfigMap' }))).not.toContain('hunter22');
    expect(hookLog.join('\n')).toContain('logged in with hunter22');
  });

  it('repeats little of its log, however much it printed', { timeout: 30_000 }, async () => {
    end = () => ({ exitCode: 1 });
    log = `${'x'.repeat(100 * 1024 * 1024)}\nlast`;
    const hookLog = (await runHookLog()).join('\n');
    expect(hookLog).toContain('xxx');
    expect(hookLog.length).toBeLessThan(10_000);
  });

  it('is failed all the same when its log may not be read', async () => {
    await world.close();
    world = await startHookWorld({
      beforeRequest: ({ resource }) => (resource === 'pods/log' ? { status: 403 } : undefined),
    });
    jobs = runTaskJobs(world.store, () => ({ exitCode: 1 }));
    expect(await run()).toMatchObject({
      status: 'failed',
      message: 'task "smoke" failed with exit code 1',
    });
  });

  it('is errored when its pod is evicted', async () => {
    end = () => ({ podReason: 'Evicted' });
    expect(await run()).toMatchObject({
      status: 'errored',
      message: expect.stringMatching(/^TASK_INTERRUPTED: .*Evicted/),
    });
  });

  it('is errored, and its Job deleted, when its pod never starts', async () => {
    end = () => ({ waiting: { reason: 'ImagePullBackOff', message: 'no such image' } });
    const ended = await run({ timeoutMs: 1000 });
    expect(ended).toMatchObject({
      status: 'errored',
      message: expect.stringMatching(/^TASK_NOT_STARTED: .*ImagePullBackOff \(no such image\)/),
    });
    expect(
      world.store.get({ group: 'batch', kind: 'Job', namespace: NAMESPACE, name: ended.job ?? '' }),
    ).toBeUndefined();
  });

  it('is errored, not failed, when Kubernetes makes no pod for it, whoever notices first', async () => {
    jobs.stop();
    expect(await run({ timeoutMs: 700 })).toMatchObject({
      status: 'errored',
      message: expect.stringMatching(/^TASK_NOT_STARTED: .*made no pod for Job sl-task-.*ServiceAccount/),
    });
    const stop = world.store.watch(({ type, object }) => {
      if (type !== 'ADDED' || object.metadata.labels?.['stageline.dev/part'] !== 'task') return;
      setTimeout(() => {
        const status = { conditions: [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }] };
        world.store.updateStatus({ ...object, status });
      }, 300);
    });
    const plan = planFor(world, { version: 'v3', pre: [[check('late', { kind: 'task', image: 'x' })]] });
    const ended = await world.run('pre', plan);
    stop();
    expect(ended.line).toContain('TASK_NOT_STARTED');
  });

  it('is errored when someone deletes its Job', async () => {
    end = (job) => {
      world.store.delete({ group: 'batch', kind: 'Job', namespace: NAMESPACE, name: job.metadata.name });
      return { exitCode: 0 };
    };
    expect(await run()).toMatchObject({
      status: 'errored',
      message: expect.stringMatching(/^TASK_DELETED: /),
    });
  });

  it('gets a Job of its own for each try', async () => {
    end = (job) => ({ exitCode: job.metadata.name.endsWith('-t2') ? 0 : 1 });
    expect(await run({ retries: 3 })).toMatchObject({
      status: 'passed',
      tries: 2,
      job: expect.stringMatching(/-t2$/),
    });
    expect(jobs.ran).toHaveLength(2);
  });

  it('is waited for, not made again, by a runner that starts anew in the same Job', async () => {
    const plan = planFor(world, { pre: [[check('smoke', { kind: 'task', image: 'x' })]] });
    let release: () => void = () => undefined;
    end = () => new Promise<TaskEnd>((resolve) => (release = () => resolve({ exitCode: 0 })));
    world.createHookJob('pre', OPERATION);
    // The first runner is left hanging, as if it had been killed.
    void world.run('pre', plan, { keepJob: true });
    while (made.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = world.run('pre', plan, { keepJob: true });
    release();
    expect((await second).exitCode).toBe(0);
    expect(jobs.ran).toHaveLength(1);
  });

  it('gives a Keptn task the context that it expects', async () => {
    const keptn = {
      workloadName: '',
      appName: 'shop',
      appVersion: 'v2',
      workloadVersion: '',
      taskType: 'pre',
      objectType: 'App',
    } as const;
    const plan = planFor(world, { pre: [[check('smoke', { kind: 'task', image: 'x', keptn })]] });
    await world.run('pre', plan);
    const spec = made[0]?.['spec'] as {
      template: { spec: { containers: { env: { name: string; value: string }[] }[] } };
    };
    const text =
      spec.template.spec.containers[0]?.env.find(({ name }) => name === 'KEPTN_CONTEXT')?.value ?? '';
    expect(Object.keys(JSON.parse(text) as object)).toEqual([
      'workloadName',
      'appName',
      'appVersion',
      'workloadVersion',
      'taskType',
      'objectType',
      'metadata',
    ]);
    expect(JSON.parse(text)).toMatchObject({
      ...keptn,
      metadata: { team: 'shop', traceparent: expect.any(String) },
    });
  });
});
