/** The tasks of one sync operation: what to apply, prune or run as a hook, in Argo CD's order. */
import type { KubeObject, ObjectRef, ObjectStore } from '../../kube/types.ts';
import type { OperationState, ResourceResult, SyncOperation } from './application.ts';
import { placed } from './compare.ts';
import type { Comparison } from './compare.ts';
import { HOOK_FINALIZER, hasOption, hookTypes, SYNC_PHASES, waveOf } from './hooks.ts';
import type { HookType, SyncPhase } from './hooks.ts';
import { kindOrder, refKey, refOf, versionOf } from './kinds.ts';

export interface SyncTask {
  ref: ObjectRef;
  version: string;
  phase: SyncPhase;
  wave: number;
  hookType?: HookType;
  /** What to apply; a task without a target prunes its live object. */
  target?: KubeObject;
  live?: KubeObject;
}

export interface SyncInput {
  store: ObjectStore;
  comparison: Comparison;
  state: OperationState;
  sync: SyncOperation;
  destinationNamespace: string;
}

/** All tasks of an operation, sorted by phase, wave, kind and name, with the live objects of this moment. */
export function syncTasks(input: SyncInput): SyncTask[] {
  const tasks = [...resourceTasks(input), ...hookTasks(input)];
  placePruning(tasks.filter((task) => !task.target));
  const namespace = namespaceTask(input, tasks);
  return (namespace ? [namespace, ...tasks] : tasks).sort(byPhaseWaveKindName);
}

/** Selective sync and the `apply` strategy (rollback) run no hooks. */
function skipsHooks(sync: SyncOperation): boolean {
  return (sync.resources?.length ?? 0) > 0 || Boolean(sync.syncStrategy?.apply);
}

/** The recorded result of a task, or undefined while it is pending. */
export function resultOf(task: SyncTask, state: OperationState): ResourceResult | undefined {
  return state.syncResult?.resources?.find(
    (result) =>
      result.syncPhase === task.phase &&
      result.kind === task.ref.kind &&
      result.group === task.ref.group &&
      result.name === task.ref.name &&
      result.namespace === (task.ref.namespace ?? ''),
  );
}

function resourceTasks({ comparison, sync, store, state }: SyncInput): SyncTask[] {
  const selected = sync.resources ?? [];
  const onlyOutOfSync = sync.syncOptions?.includes('ApplyOutOfSyncOnly=true') ?? false;
  const tasks: SyncTask[] = [];
  for (const resource of comparison.managed) {
    const object = resource.target ?? resource.live;
    if (!object) continue;
    const ref = refOf(object);
    if (selected.length > 0 && !selected.some((wanted) => names(wanted, ref))) continue;
    const task: SyncTask = {
      ref,
      version: versionOf(object.apiVersion),
      phase: 'Sync',
      wave: waveOf(object),
    };
    if (resource.target) task.target = resource.target;
    const live = store.get(ref);
    if (live) task.live = live;
    const started = resultOf(task, state) !== undefined;
    if (onlyOutOfSync && !resource.modified && live && !started) continue;
    if (!task.target && !live && !started) continue;
    tasks.push(task);
  }
  return tasks;
}

function names(
  wanted: { group?: string | undefined; kind: string; name: string; namespace?: string | undefined },
  ref: ObjectRef,
): boolean {
  const sameNamespace = !wanted.namespace || wanted.namespace === ref.namespace;
  return (
    (wanted.group ?? '') === ref.group &&
    wanted.kind === ref.kind &&
    wanted.name === ref.name &&
    sameNamespace
  );
}

function hookTasks({ comparison, sync, state, store, destinationNamespace }: SyncInput): SyncTask[] {
  if (skipsHooks(sync)) return [];
  return comparison.hooks.flatMap((hook) => {
    const types = hookTypes(hook);
    return SYNC_PHASES.filter((phase) => types.includes(phase)).map((phase) => {
      const target = namedHook(placed(hook, destinationNamespace), phase, state);
      const ref = refOf(target);
      const task: SyncTask = {
        ref,
        version: versionOf(target.apiVersion),
        phase,
        wave: waveOf(hook),
        hookType: phase,
        target,
      };
      const live = store.get(ref);
      if (live) task.live = live;
      return task;
    });
  });
}

/** Names a `generateName` hook `<prefix><rev7>-<phase>-<startedAtUnix>` and adds the hook finalizer. */
function namedHook(hook: KubeObject, phase: SyncPhase, state: OperationState): KubeObject {
  const { generateName, ...metadata } = structuredClone(hook.metadata);
  if (metadata.name === '' && generateName !== undefined) {
    const revision = (state.syncResult?.revision ?? '').slice(0, 7);
    const startedAt = Math.floor(Date.parse(state.startedAt) / 1000);
    metadata.name = `${generateName}${revision}-${phase}-${startedAt}`.toLowerCase();
  }
  const finalizers = [...new Set([...(metadata.finalizers ?? []), HOOK_FINALIZER])];
  return { ...structuredClone(hook), metadata: { ...metadata, finalizers } };
}

/** Pruning goes through its waves backwards; `PruneLast=true` comes after everything else. */
function placePruning(tasks: SyncTask[]): void {
  const waves = [...new Set(tasks.map((task) => task.wave))].sort((a, b) => a - b);
  const mirrored = new Map(waves.map((wave, index) => [wave, waves[waves.length - 1 - index] ?? wave]));
  for (const task of tasks) {
    const last = task.live && hasOption(task.live, 'sync-options', 'PruneLast=true');
    task.wave = last ? Number.MAX_SAFE_INTEGER : (mirrored.get(task.wave) ?? task.wave);
  }
}

function namespaceTask(
  { sync, store, destinationNamespace, state }: SyncInput,
  tasks: SyncTask[],
): SyncTask | undefined {
  if (!sync.syncOptions?.includes('CreateNamespace=true') || destinationNamespace === '') return undefined;
  const ref: ObjectRef = { group: '', kind: 'Namespace', name: destinationNamespace };
  if (tasks.some((task) => refKey(task.ref) === refKey(ref))) return undefined;
  const wave = Math.min(0, ...tasks.filter((task) => task.phase === 'PreSync').map((task) => task.wave));
  const target = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: destinationNamespace } };
  const task: SyncTask = { ref, version: 'v1', phase: 'PreSync', wave, target };
  const live = store.get(ref);
  if (live && resultOf(task, state) === undefined) return undefined;
  return live ? { ...task, live } : task;
}

function byPhaseWaveKindName(a: SyncTask, b: SyncTask): number {
  const phases = SYNC_PHASES.indexOf(a.phase) - SYNC_PHASES.indexOf(b.phase);
  if (phases !== 0) return phases;
  if (a.wave !== b.wave) return a.wave - b.wave;
  const kinds = kindOrder(a.ref.kind) - kindOrder(b.ref.kind);
  if (kinds !== 0) return kinds;
  return a.ref.name < b.ref.name ? -1 : Number(a.ref.name > b.ref.name);
}
