/** Gives every namespace its `default` service account, which Pods use that name none. */
import type { KubeObject } from '../kube/index.ts';
import type { Host } from './host.ts';
import type { Controller } from './job-controller.ts';

export function startNamespaceController(host: Host): Controller {
  const { store } = host;
  for (const namespace of store.list({ group: '', kind: 'Namespace' })) ensureAccount(namespace);
  const stop = store.watch(({ type, object }) => {
    if (object.kind === 'Namespace' && type === 'ADDED') ensureAccount(object);
  });

  function ensureAccount(object: KubeObject): void {
    const namespace = object.metadata.name;
    if (object.metadata.deletionTimestamp !== undefined) return;
    const account = { group: '', kind: 'ServiceAccount', namespace, name: 'default' };
    if (
      store.get({ group: '', kind: 'Namespace', name: namespace }) === undefined ||
      store.get(account) !== undefined
    )
      return;
    store.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
  }

  return { close: stop };
}
