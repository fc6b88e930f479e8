/** What a sync does to the cluster: apply, delete, and take the hook finalizer off. */
import type { KubeObject, ObjectStore } from '../../kube/types.ts';
import { HOOK_FINALIZER, hasOption } from './hooks.ts';
import { isClusterScoped, printedName, refOf } from './kinds.ts';
import type { SyncTask } from './sync-tasks.ts';

/** Applies a task's target; returns kubectl's line about it. Throws the API server's refusal. */
export function applyTask(
  task: SyncTask,
  target: KubeObject,
  { store, options }: { store: ObjectStore; options: string[] },
): string {
  const namespace = target.metadata.namespace;
  if (!isClusterScoped(target.kind) && !store.get({ group: '', kind: 'Namespace', name: namespace ?? '' })) {
    throw new Error(`namespaces "${namespace ?? ''}" not found`);
  }
  const name = printedName(task.ref);
  const asked = (option: string): boolean =>
    options.includes(option) || hasOption(target, 'sync-options', option);
  if (task.live && asked('Force=true')) {
    store.delete(task.ref, { propagationPolicy: 'Background' });
    store.create(target);
    return `${name} replaced`;
  }
  if (task.live && asked('Replace=true')) {
    store.update(target);
    return `${name} replaced`;
  }
  const { changed } = store.apply(target);
  return `${name} ${changed}`;
}

/** Why a client-side dry run would refuse an object, or undefined. */
export function dryRunProblem(target: KubeObject): string | undefined {
  if (target.metadata.name !== '') return undefined;
  if (target.metadata.generateName)
    return `from ${target.metadata.generateName}: cannot use generate name with apply`;
  return 'error when retrieving current configuration: resource name may not be empty';
}

export function deleteLive(task: SyncTask, store: ObjectStore): void {
  if (store.get(task.ref)) store.delete(task.ref, { propagationPolicy: 'Background' });
}

/** A finished hook may go: Argo CD's own finalizer comes off, those of others stay. */
export function removeHookFinalizer(task: SyncTask, store: ObjectStore): void {
  const live = store.get(task.ref);
  if (!live?.metadata.finalizers?.includes(HOOK_FINALIZER)) return;
  const finalizers = live.metadata.finalizers.filter((finalizer) => finalizer !== HOOK_FINALIZER);
  store.update({ ...live, metadata: { ...live.metadata, finalizers } });
}

/** Deletes every given object that is still there; used when an Application is deleted with its resources. */
export function deleteAll(objects: KubeObject[], store: ObjectStore): void {
  for (const object of objects) {
    const ref = refOf(object);
    const live = store.get(ref);
    if (!live) continue;
    const finalizers = (live.metadata.finalizers ?? []).filter((finalizer) => finalizer !== HOOK_FINALIZER);
    if (finalizers.length !== (live.metadata.finalizers ?? []).length) {
      store.update({ ...live, metadata: { ...live.metadata, finalizers } });
    }
    if (store.get(ref)) store.delete(ref, { propagationPolicy: 'Background' });
  }
}
