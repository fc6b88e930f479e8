/** The engine as a whole: from a commit to the cluster, and back when either changes. */
import { afterEach, describe, expect, it } from 'vitest';
import { configMap, startTestBed } from './test-bed.ts';
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

describe('the engine', () => {
  it('applies a first commit, tracks it and writes history', async () => {
    const { store, finished, until } = await start({
      files: { 'app/a.yaml': configMap('settings', { v: '1' }) },
    });
    const state = await finished();
    expect(state.phase).toBe('Succeeded');
    expect(state.message).toBe('successfully synced (all tasks run)');
    expect(state.syncResult?.resources).toMatchObject([
      { kind: 'ConfigMap', status: 'Synced', message: 'configmap/settings created', syncPhase: 'Sync' },
    ]);
    const live = store.get(settings);
    expect(live?.metadata.annotations?.['argocd.argoproj.io/tracking-id']).toBe(
      'shop:/ConfigMap:web/settings',
    );
    const application = await until(({ status }) => status?.sync?.status === 'Synced');
    expect(application.status?.health?.status).toBe('Healthy');
    expect(application.status?.history).toMatchObject([{ id: 0, initiatedBy: { automated: true } }]);
  });

  it('syncs a new commit once the webhook tells of it, and prunes what is gone', async () => {
    const { argo, commit, store, finished, until } = await start({
      files: { 'app/a.yaml': configMap('settings', { v: '1' }), 'app/b.yaml': configMap('old', { v: '1' }) },
    });
    await finished();
    const revision = commit({ 'app/a.yaml': configMap('settings', { v: '2' }), 'app/b.yaml': undefined });
    argo.webhook();
    const application = await until(({ status }) => status?.history?.at(-1)?.revision === revision);
    expect(store.get(settings)?.['data']).toEqual({ v: '2' });
    expect(store.get({ ...settings, name: 'old' })).toBeUndefined();
    expect(application.status?.operationState?.syncResult?.resources).toMatchObject([
      { name: 'old', status: 'Pruned', message: 'pruned' },
      { name: 'settings', message: 'configmap/settings configured' },
    ]);
  });

  it('finds new commits by polling', async () => {
    const { commit, finished, until } = await start({
      files: { 'app/a.yaml': configMap('settings', { v: '1' }) },
      argo: { intervals: { pollMs: 20 } },
    });
    await finished();
    const revision = commit({ 'app/a.yaml': configMap('settings', { v: '2' }) });
    const application = await until(({ status }) => status?.history?.at(-1)?.revision === revision);
    expect(application.status?.sync?.revision).toBe(revision);
  });

  it('does not sync when a commit leaves what it renders alone', async () => {
    const { argo, commit, finished, until } = await start({
      files: { 'app/a.yaml': configMap('settings', {}) },
    });
    await finished();
    const revision = commit({ 'README.md': 'hello' });
    argo.webhook();
    const application = await until(({ status }) => status?.sync?.revision === revision);
    await argo.idle();
    expect(application.status?.sync?.status).toBe('Synced');
    expect(argo.application('shop')?.status?.history).toHaveLength(1);
  });

  it('leaves drift alone without self-heal, and heals it with', async () => {
    const { store, argo, finished, until } = await start({
      files: { 'app/a.yaml': configMap('settings', { v: '1' }) },
    });
    await finished();
    const live = store.get(settings);
    if (live) store.update({ ...live, data: { v: 'drifted' } });
    await until(({ status }) => status?.sync?.status === 'OutOfSync');
    await argo.idle();
    expect(store.get(settings)?.['data']).toEqual({ v: 'drifted' });

    const object = store.get({
      group: 'argoproj.io',
      kind: 'Application',
      namespace: 'argocd',
      name: 'shop',
    });
    const spec = argo.application('shop')?.spec;
    if (object) store.update({ ...object, spec: { ...spec, syncPolicy: { automated: { selfHeal: true } } } });
    const healed = await until(({ status }) => status?.sync?.status === 'Synced');
    expect(store.get(settings)?.['data']).toEqual({ v: '1' });
    expect(healed.status?.operationState?.operation.sync?.resources).toMatchObject([{ name: 'settings' }]);
    expect(healed.status?.history).toHaveLength(1);
  });

  it('says why a render failed, keeps its last resources, and does not sync', async () => {
    const { argo, commit, finished, until } = await start({
      files: { 'app/a.yaml': configMap('settings', {}) },
      argo: {
        plugin: {
          command: ['sh', '-c', 'test ! -e fail || { echo boom >&2; exit 3; }; cat *.yaml'],
          env: {},
        },
      },
    });
    await finished();
    commit({ 'app/fail': '' });
    argo.webhook();
    const application = await until(({ status }) => Boolean(status?.conditions?.length));
    expect(application.status?.sync?.status).toBe('Unknown');
    expect(application.status?.resources).toHaveLength(1);
    expect(application.status?.conditions?.[0]).toMatchObject({ type: 'ComparisonError' });
    expect(application.status?.conditions?.[0]?.message).toMatch(/`sh -c ".*"` failed exit status 3: boom$/);
    await argo.idle();
    expect(argo.application('shop')?.status?.history).toHaveLength(1);
  });

  it('never wipes out everything by itself', async () => {
    const { argo, commit, store, finished, until } = await start({
      files: { 'app/a.yaml': configMap('settings', {}) },
    });
    await finished();
    commit({ 'app/a.yaml': '' });
    argo.webhook();
    const application = await until(({ status }) => Boolean(status?.conditions?.length));
    expect(application.status?.conditions?.[0]?.message).toContain('auto-sync will wipe out all resources');
    expect(store.get(settings)).toBeDefined();
  });

  it('renders from the cache until a hard refresh asks for more', async () => {
    const { argo, repository, finished, until, logs } = await start({
      files: { 'app/a.yaml': configMap('settings', {}) },
      argo: {
        plugin: {
          command: ['sh', '-c', 'echo rendered >&2; cat *.yaml'],
          env: { PATH: process.env['PATH'] ?? '' },
        },
      },
    });
    await finished();
    const renders = (): number => logs.filter((line) => line.includes('rendered')).length;
    expect(renders()).toBe(1);
    argo.refresh('shop');
    await argo.idle();
    expect(renders()).toBe(1);
    argo.refresh('shop', { hard: true });
    await argo.idle();
    expect(renders()).toBe(2);
    expect(repository).not.toBe('');
    const application = await until(
      ({ metadata }) => metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined,
    );
    expect(application.status?.sync?.status).toBe('Synced');
  });

  it('creates the namespace when asked, and fails without it', async () => {
    const files = { 'app/a.yaml': configMap('settings', {}) };
    const destination = { server: 'https://kubernetes.default.svc', namespace: 'fresh' };
    const retry = { limit: 0 };
    const { store, finished } = await start({
      files,
      application: {
        destination,
        syncPolicy: { automated: {}, retry, syncOptions: ['CreateNamespace=true'] },
      },
      others: {
        bare: { destination: { ...destination, namespace: 'nowhere' }, syncPolicy: { automated: {}, retry } },
      },
    });
    expect((await finished()).phase).toBe('Succeeded');
    expect(store.get({ ...settings, namespace: 'fresh' })).toBeDefined();
    const failed = await finished('bare');
    expect(failed).toMatchObject({
      phase: 'Failed',
      message: 'one or more objects failed to apply, reason: namespaces "nowhere" not found',
    });
  });

  it('deletes what an application owns when it goes with its finalizer', async () => {
    const { store, argo, finished } = await start({ files: { 'app/a.yaml': configMap('settings', {}) } });
    await finished();
    const ref = { group: 'argoproj.io', kind: 'Application', namespace: 'argocd', name: 'shop' };
    const object = store.get(ref);
    if (!object) throw new Error('no application');
    const finalizers = ['resources-finalizer.argocd.argoproj.io'];
    store.update({ ...object, metadata: { ...object.metadata, finalizers } });
    store.delete(ref);
    await argo.idle();
    expect(store.get(ref)).toBeUndefined();
    expect(store.get(settings)).toBeUndefined();
  });
});
