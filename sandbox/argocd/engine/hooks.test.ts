/** Hooks as Argo CD runs them: phases, waves, names, deletion, retries, and when they are skipped. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../kube/types.ts';
import { startArgoCd } from './engine.ts';
import { configMap, hookJob, startTestBed } from './test-bed.ts';
import type { TestBed, TestBedOptions } from './test-bed.ts';

let bed: TestBed | undefined;
afterEach(async () => {
  await bed?.close();
  bed = undefined;
});
async function start(options: TestBedOptions): Promise<TestBed> {
  bed = await startTestBed(options);
  return bed;
}
const settings = { group: '', kind: 'ConfigMap', namespace: 'web', name: 'settings' };
const policy = (name: string): Record<string, string> => ({ 'argocd.argoproj.io/hook-delete-policy': name });
const wave = (number: number): Record<string, string> => ({ 'argocd.argoproj.io/sync-wave': String(number) });
const once = { syncPolicy: { automated: { prune: true }, retry: { limit: 0 } } };
const retried = (limit: number): Record<string, unknown> => ({
  syncPolicy: {
    automated: {},
    retry: { limit, backoff: { duration: '10ms', factor: 1, maxDuration: '20ms' } },
  },
});
function jobs({ store }: TestBed): string[] {
  return store.list({ group: 'batch', kind: 'Job' }).map((job: KubeObject) => job.metadata.name);
}

describe('hooks', () => {
  it('gate the sync before it and follow after it', async () => {
    const running = await start({
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml': hookJob('before', 'PreSync'),
        'app/c.yaml': hookJob('after', 'PostSync'),
      },
    });
    const before = await running.job('before');
    await running.argo.idle();
    expect(running.store.get(settings)).toBeUndefined();
    const waiting = await running.until(({ status }) => status?.operationState?.phase === 'Running');
    expect(waiting.status?.operationState?.message).toBe('waiting for completion of hook batch/Job/before');
    running.finishJob(before, 'Complete', 'Reached expected number of succeeded pods');

    const after = await running.job('after');
    expect(running.store.get(settings)).toBeDefined();
    running.finishJob(after, 'Complete');
    const state = await running.finished();
    expect(state.phase).toBe('Succeeded');
    expect(state.syncResult?.resources).toMatchObject([
      {
        name: 'before',
        hookType: 'PreSync',
        hookPhase: 'Succeeded',
        syncPhase: 'PreSync',
        status: 'Synced',
        message: 'Reached expected number of succeeded pods',
        images: ['busybox:1'],
      },
      { name: 'settings', syncPhase: 'Sync' },
      { name: 'after', hookType: 'PostSync', hookPhase: 'Succeeded' },
    ]);
    const application = running.argo.application('shop');
    expect(application?.status?.sync?.status).toBe('Synced');
    expect(application?.status?.resources).toContainEqual(
      expect.objectContaining({ name: 'before', hook: true }),
    );
  });

  it('run one wave after the other within a phase', async () => {
    const running = await start({
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml': hookJob('second', 'PreSync', wave(2)) + hookJob('first', 'PreSync', wave(-1)),
      },
    });
    const first = await running.job('first');
    await running.argo.idle();
    expect(jobs(running)).toEqual(['first']);
    running.finishJob(first, 'Complete');
    running.finishJob(await running.job('second'), 'Complete');
    expect((await running.finished()).phase).toBe('Succeeded');
  });

  it('get a generated name with revision, phase and start time, a tracking annotation and the finalizer', async () => {
    const running = await start({
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml': hookJob({ generateName: 'check-' }, 'PreSync'),
      },
    });
    const job = await running.job('check-');
    const state = (await running.until(({ status }) => Boolean(status?.operationState?.syncResult))).status
      ?.operationState;
    const unix = Date.parse(state?.startedAt ?? '') / 1000;
    expect(job.metadata.name).toBe(`check-${state?.syncResult?.revision.slice(0, 7)}-presync-${unix}`);
    expect(job.metadata.finalizers).toEqual(['argocd.argoproj.io/hook-finalizer']);
    expect(job.metadata.annotations?.['argocd.argoproj.io/tracking-id']).toBe('shop:batch/Job:web/');
    running.finishJob(job, 'Complete');
    await running.finished();
    expect(
      running.store.get({ group: 'batch', kind: 'Job', namespace: 'web', name: job.metadata.name })?.metadata
        .finalizers,
    ).toBeUndefined();
    expect(running.argo.tree('shop').nodes?.map(({ kind, name }) => `${kind} ${name}`)).toContain(
      `Job ${job.metadata.name}`,
    );
  });

  it('stop the sync when they fail, with the Job’s own message, and run SyncFail', async () => {
    const running = await start({
      application: once,
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml': hookJob('gate', 'PreSync') + hookJob('alarm', 'SyncFail'),
      },
    });
    running.finishJob(await running.job('gate'), 'Failed', 'Job has reached the specified backoff limit');
    const alarm = await running.job('alarm');
    await running.argo.idle();
    expect(running.argo.application('shop')?.status?.operationState?.phase).toBe('Running');
    running.finishJob(alarm, 'Complete');
    const state = await running.finished();
    expect(state).toMatchObject({
      phase: 'Failed',
      message: 'one or more synchronization tasks completed unsuccessfully',
    });
    expect(state.syncResult?.resources?.[0]).toMatchObject({
      name: 'gate',
      hookPhase: 'Failed',
      message: 'Job has reached the specified backoff limit',
    });
    expect(running.store.get(settings)).toBeUndefined();
    const application = running.argo.application('shop');
    expect(application?.status?.history).toBeUndefined();
    expect(application?.status?.conditions?.[0]).toMatchObject({ type: 'SyncError' });
  });

  it('leave the application Synced when PostSync fails, without a rollback and without history', async () => {
    const running = await start({
      application: once,
      files: { 'app/a.yaml': configMap('settings', {}), 'app/b.yaml': hookJob('after', 'PostSync') },
    });
    running.finishJob(await running.job('after'), 'Failed', 'no');
    expect((await running.finished()).phase).toBe('Failed');
    await running.argo.idle();
    const application = running.argo.application('shop');
    expect(application?.status).toMatchObject({ sync: { status: 'Synced' }, health: { status: 'Healthy' } });
    expect(application?.status?.history).toBeUndefined();
  });

  it('all run again on a retry, under the same names and start time, SyncFail included', async () => {
    const running = await start({
      application: retried(1),
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml':
          hookJob({ generateName: 'gate-' }, 'PreSync') + hookJob({ generateName: 'alarm-' }, 'SyncFail'),
      },
    });
    const seen: string[] = [];
    const uids = new Set<string>();
    for (const prefix of ['gate-', 'alarm-', 'gate-', 'alarm-']) {
      const job = await freshJob(running, prefix, uids);
      seen.push(job.metadata.name);
      running.finishJob(job, prefix === 'gate-' ? 'Failed' : 'Complete', 'no');
    }
    const state = await running.finished();
    expect(state.phase).toBe('Failed');
    expect(state.message).toBe(
      'one or more synchronization tasks completed unsuccessfully (retried 1 times).',
    );
    expect(state.retryCount).toBe(1);
    expect(seen[0]).toBe(seen[2]);
    expect(seen[1]).toBe(seen[3]);
    await running.argo.idle();
    expect(running.argo.application('shop')?.operation).toBeUndefined();
  });

  it('say when the next retry is due', async () => {
    const running = await start({
      application: {
        syncPolicy: {
          automated: {},
          retry: { limit: 2, backoff: { duration: '1h', factor: 2, maxDuration: '2h' } },
        },
      },
      files: { 'app/a.yaml': configMap('settings', {}), 'app/b.yaml': hookJob('gate', 'PreSync') },
    });
    running.finishJob(await running.job('gate'), 'Failed', 'no');
    const application = await running.until(({ status }) => status?.operationState?.finishedAt !== undefined);
    expect(application.status?.operationState).toMatchObject({ phase: 'Running', retryCount: 1 });
    expect(application.status?.operationState?.message).toMatch(
      /^one or more synchronization tasks completed unsuccessfully\. Retrying attempt #1 at \d+:\d\d[AP]M\.$/,
    );
    expect(application.operation).toBeDefined();
  });

  it('go when the whole sync succeeded, or failed, as their delete policy says', async () => {
    const running = await start({
      application: once,
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml':
          hookJob('tidy', 'PreSync', policy('HookSucceeded')) +
          hookJob('kept', 'PreSync', policy('HookFailed')) +
          hookJob('after', 'PostSync'),
      },
    });
    running.finishJob(await running.job('tidy'), 'Complete');
    running.finishJob(await running.job('kept'), 'Complete');
    const after = await running.job('after');
    expect(jobs(running)).toContain('tidy');
    running.finishJob(after, 'Complete');
    await running.finished();
    expect(jobs(running)).toEqual(['after', 'kept']);
  });

  it('read an old Job’s result again when nothing deletes it first', async () => {
    const running = await start({
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml': hookJob('gate', 'PreSync', policy('HookSucceeded,HookFailed')),
      },
      application: once,
    });
    running.finishJob(await running.job('gate'), 'Complete');
    await running.finished();
    const stale = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'gate', namespace: 'web' },
      spec: {},
    };
    running.store.create({
      ...stale,
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1' }] } },
      },
    });
    running.finishJob(stale, 'Failed', 'old failure');
    running.argo.sync('shop');
    const application = await running.until(({ status }) => status?.operationState?.phase === 'Failed');
    expect(application.status?.operationState?.syncResult?.resources?.[0]?.message).toBe('old failure');
  });

  it('pass at once after a resume, unless the health override mends it', async () => {
    const files = {
      'app/a.yaml': configMap('settings', {}),
      'app/b.yaml': hookJob('gate', 'PreSync'),
    };
    for (const jobHealthOverride of [false, true]) {
      const running = await start({ files, application: once, argo: { jobHealthOverride } });
      const job = await running.job('gate');
      const suspended = (status: 'True' | 'False'): void => {
        const live = running.store.get({ group: 'batch', kind: 'Job', namespace: 'web', name: 'gate' });
        if (live)
          running.store.updateStatus({ ...live, status: { conditions: [{ type: 'Suspended', status }] } });
      };
      suspended('True');
      await running.argo.idle();
      expect(running.argo.application('shop')?.status?.operationState?.phase).toBe('Running');
      suspended('False');
      await running.argo.idle();
      const phase = running.argo.application('shop')?.status?.operationState?.phase;
      expect(phase).toBe(jobHealthOverride ? 'Running' : 'Succeeded');
      running.finishJob(job, 'Complete');
      await running.finished();
      await running.close();
      bed = undefined;
    }
  });

  it('are skipped by self-heal, a selective sync and a rollback, and run in a full sync', async () => {
    const running = await start({
      application: { syncPolicy: {} },
      files: { 'app/a.yaml': configMap('settings', { v: '1' }), 'app/b.yaml': hookJob('gate', 'PreSync') },
    });
    running.argo.sync('shop', { resources: [{ kind: 'ConfigMap', name: 'settings' }] });
    expect((await running.finished()).phase).toBe('Succeeded');
    expect(jobs(running)).toEqual([]);

    running.argo.sync('shop', { username: 'ann' });
    running.finishJob(await running.job('gate'), 'Complete');
    const full = await running.until(({ status }) => status?.history?.length === 1);
    expect(full.status?.history?.[0]).toMatchObject({ id: 0, initiatedBy: { username: 'ann' } });
    await running.argo.idle();

    running.commit({ 'app/a.yaml': configMap('settings', { v: '2' }) });
    running.argo.sync('shop');
    const gate = await freshJob(running, 'gate', new Set());
    running.finishJob(gate, 'Complete');
    await running.until(({ status }) => status?.history?.length === 2);
    await running.argo.idle();

    running.argo.rollback('shop', { id: 0 });
    const application = await running.until(({ status }) => status?.history?.length === 3);
    expect(running.store.get(settings)?.['data']).toEqual({ v: '1' });
    expect(application.status?.operationState?.syncResult?.resources?.some(({ hookType }) => hookType)).toBe(
      false,
    );
    expect(
      (await running.until(({ status }) => status?.sync?.status === 'OutOfSync')).status?.history,
    ).toHaveLength(3);
  });

  it('get a new name in each operation, however soon it follows', async () => {
    const running = await start({
      application: { syncPolicy: {} },
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml': hookJob({ generateName: 'gate-' }, 'PreSync'),
      },
    });
    const seen = new Set<string>();
    const names = new Set<string>();
    for (let operation = 1; operation <= 3; operation += 1) {
      running.argo.sync('shop');
      const job = await freshJob(running, 'gate-', seen);
      names.add(job.metadata.name);
      running.finishJob(job, 'Complete');
      await running.until(({ status }) => status?.history?.length === operation);
      await running.argo.idle();
    }
    expect(names.size).toBe(3);
  });

  it('survive a restart of the controller without running twice', async () => {
    const running = await start({
      application: once,
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml': hookJob({ generateName: 'gate-' }, 'PreSync'),
      },
    });
    const job = await running.job('gate-');
    await running.argo.idle();
    await running.argo.close();
    const second = await startArgoCd({
      store: running.store,
      plugin: { command: ['sh', '-c', 'cat *.yaml'], env: { PATH: process.env['PATH'] ?? '' } },
      workDir: join(running.repository, '../second'),
      intervals: { pollMs: 0, debounceMs: 1 },
    });
    running.finishJob(job, 'Complete');
    await new Promise<void>((resolve) => {
      const stop = second.onChange(() => {
        if (second.application('shop')?.status?.history?.length !== 1) return;
        stop();
        resolve();
      });
    });
    await second.close();
    expect(jobs(running)).toEqual([job.metadata.name]);
    expect(running.store.get(settings)).toBeDefined();
  });

  it('do not make an application OutOfSync when only they change', async () => {
    const running = await start({
      application: once,
      files: { 'app/a.yaml': configMap('settings', {}), 'app/b.yaml': hookJob('gate', 'PreSync') },
    });
    running.finishJob(await running.job('gate'), 'Complete');
    await running.finished();
    const revision = running.commit({ 'app/b.yaml': hookJob('other', 'PreSync') });
    running.argo.webhook();
    await running.until(({ status }) => status?.sync?.revision === revision);
    await running.argo.idle();
    expect(jobs(running)).toEqual(['gate']);
  });

  it('are deleted while they run when the operation is terminated; nothing is retried and SyncFail does not run', async () => {
    const running = await start({
      application: retried(5),
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml': hookJob('gate', 'PreSync') + hookJob('alarm', 'SyncFail'),
      },
    });
    await running.job('gate');
    await running.argo.idle();
    running.argo.terminate('shop');
    const state = await running.finished();
    expect(state).toMatchObject({ phase: 'Failed', message: 'Operation terminated' });
    expect(jobs(running)).toEqual([]);
    expect(() => running.argo.terminate('shop')).toThrow(
      'Unable to terminate operation. No operation is in progress',
    );
  });

  it('do not run at all when the dry run fails', async () => {
    const running = await start({
      application: once,
      files: {
        'app/a.yaml': '---\n{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"settings-"}}\n',
        'app/b.yaml': hookJob('gate', 'PreSync') + hookJob('alarm', 'SyncFail'),
      },
    });
    const state = await running.finished();
    expect(state).toMatchObject({
      phase: 'Failed',
      message: 'one or more objects failed to apply (dry run)',
    });
    expect(jobs(running)).toEqual([]);
  });

  it('of Helm count where no Argo CD hook is named, and those without a phase never run', async () => {
    const running = await start({
      files: {
        'app/a.yaml': configMap('settings', {}),
        'app/b.yaml': helmHook('migrate', 'pre-install,pre-upgrade') + helmHook('smoke', 'test'),
      },
    });
    running.finishJob(await running.job('migrate'), 'Complete');
    expect((await running.finished()).phase).toBe('Succeeded');
    expect(jobs(running)).toEqual(['migrate']);
    expect(running.argo.application('shop')?.status?.sync?.status).toBe('Synced');
  });
});

function helmHook(name: string, hook: string): string {
  return hookJob(name, '').replace('"argocd.argoproj.io/hook":""', `"helm.sh/hook":"${hook}"`);
}

/** The next Job with this prefix that has not been seen yet; remembers it. */
function freshJob(running: TestBed, prefix: string, seen: Set<string>): Promise<KubeObject> {
  return new Promise((resolve) => {
    const check = (): void => {
      const found = running.store
        .list({ group: 'batch', kind: 'Job' })
        .find(
          ({ metadata, ...rest }) =>
            metadata.name.startsWith(prefix) &&
            !seen.has(metadata.uid ?? '') &&
            !metadata.deletionTimestamp &&
            !JSON.stringify(rest).includes('"conditions":'),
        );
      if (!found) return;
      seen.add(found.metadata.uid ?? '');
      stop();
      resolve(found);
    };
    const stop = running.store.watch(check);
    check();
  });
}
