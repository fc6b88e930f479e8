/** The comparison of what is wanted with what is live. */
import { describe, expect, it } from 'vitest';
import { createObjectStore } from '../../kube/index.ts';
import type { KubeObject, ObjectStore } from '../../kube/index.ts';
import { parseApplication } from './application.ts';
import type { Application } from './application.ts';
import { ClusterCache } from './cluster-cache.ts';
import { compareApplication } from './compare.ts';
import type { Comparison } from './compare.ts';

const TRACKING = 'argocd.argoproj.io/tracking-id';

function application(spec: Record<string, unknown> = {}): Application {
  const parsed = parseApplication({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'argocd' },
    spec: { source: { repoURL: '/r' }, destination: { namespace: 'web' }, ...spec },
  });
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.application;
}
function settings(data: Record<string, string>, metadata: Partial<KubeObject['metadata']> = {}): KubeObject {
  const annotations = { [TRACKING]: 'shop:/ConfigMap:web/settings', ...metadata.annotations };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'web', ...metadata, annotations },
    data,
  };
}
function cluster(): ObjectStore {
  const store = createObjectStore({ now: () => new Date(0) });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
  return store;
}
function compare(store: ObjectStore, rendered: KubeObject[], spec: Record<string, unknown> = {}): Comparison {
  const cache = new ClusterCache();
  cache.follow(store, () => undefined);
  return compareApplication({
    application: application(spec),
    instance: 'shop',
    revision: 'r',
    rendered,
    cache,
    health: { jobHealthOverride: false },
  });
}

describe('a comparison', () => {
  it('calls a missing object OutOfSync and Missing', () => {
    const result = compare(cluster(), [settings({})]);
    expect(result).toMatchObject({
      syncStatus: 'OutOfSync',
      health: 'Missing',
      resources: [{ status: 'OutOfSync' }],
    });
  });

  it('is Synced after an apply, whatever the cluster adds', () => {
    const store = cluster();
    const deployment: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'ui', annotations: { [TRACKING]: 'shop:apps/Deployment:web/ui' } },
      spec: {
        selector: { matchLabels: { app: 'ui' } },
        template: {
          metadata: { labels: { app: 'ui' } },
          spec: { containers: [{ name: 'ui', image: 'ui:1' }] },
        },
      },
    };
    store.apply({ ...deployment, metadata: { ...deployment.metadata, namespace: 'web' } });
    const live = store.get({ group: 'apps', kind: 'Deployment', namespace: 'web', name: 'ui' });
    if (!live) throw new Error('not applied');
    store.update({ ...live, metadata: { ...live.metadata, labels: { added: 'later' } } });
    expect(compare(store, [deployment])).toMatchObject({
      syncStatus: 'Synced',
      resources: [{ status: 'Synced' }],
    });
  });

  it('sees a changed field, and one that the render dropped', () => {
    const store = cluster();
    store.apply(settings({ a: '1', b: '2' }));
    expect(compare(store, [settings({ a: '1', b: '2' })]).syncStatus).toBe('Synced');
    expect(compare(store, [settings({ a: '1', b: '3' })]).syncStatus).toBe('OutOfSync');
    expect(compare(store, [settings({ a: '1' })]).syncStatus).toBe('OutOfSync');
  });

  it('leaves out what the application ignores', () => {
    const store = cluster();
    store.apply(settings({}, { annotations: { 'example.com/commit': 'a' } }));
    const next = [settings({}, { annotations: { 'example.com/commit': 'b' } })];
    const ignoreDifferences = [
      { kind: 'ConfigMap', jsonPointers: ['/metadata/annotations/example.com~1commit'] },
    ];
    expect(compare(store, next).syncStatus).toBe('OutOfSync');
    expect(compare(store, next, { ignoreDifferences }).syncStatus).toBe('Synced');
  });

  it('wants to prune what it tracks and does not render, but not copies, owned objects and hooks', () => {
    const store = cluster();
    const [owner] = [store.create(settings({}))];
    store.create(settings({}, { name: 'copy' }));
    const { uid = '', name } = owner?.metadata ?? { name: '' };
    store.create(
      settings({}, { name: 'owned', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid }] }),
    );
    store.create(settings({}, { name: 'hook', annotations: { 'argocd.argoproj.io/hook': 'PreSync' } }));
    const { resources, syncStatus } = compare(store, []);
    expect(syncStatus).toBe('OutOfSync');
    expect(resources).toEqual([
      {
        version: 'v1',
        kind: 'ConfigMap',
        namespace: 'web',
        name: 'settings',
        status: 'OutOfSync',
        requiresPruning: true,
      },
      { version: 'v1', kind: 'ConfigMap', namespace: 'web', name: 'hook', hook: true },
    ]);
  });

  it('shows an extraneous object that asks to be left alone without minding it', () => {
    const store = cluster();
    store.create(settings({}, { annotations: { 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' } }));
    const { resources, syncStatus } = compare(store, []);
    expect(resources).toHaveLength(1);
    expect(syncStatus).toBe('Synced');
  });

  it('warns of an object that is rendered twice and takes the last', () => {
    const { conditions, managed } = compare(cluster(), [settings({ v: '1' }), settings({ v: '2' })]);
    expect(managed).toHaveLength(1);
    expect(managed[0]?.target?.['data']).toEqual({ v: '2' });
    expect(conditions[0]?.type).toBe('RepeatedResourceWarning');
  });
});
