/**
 * One step of a sync operation: look at what runs, and start the next phase and wave if nothing holds it
 * back. Called again on every change until the phase is final; all memory is in the operation state.
 */
import { messageOf } from '../../../core/errors.ts';
import type { OperationPhase, OperationState, ResourceResult } from './application.ts';
import { applyTask, deleteLive, dryRunProblem, removeHookFinalizer } from './sync-apply.ts';
import { deletePolicies, hasOption } from './hooks.ts';
import type { DeletePolicy } from './hooks.ts';
import { healthOf } from './health.ts';
import type { HealthOptions } from './health.ts';
import { imagesOf } from './resource-tree.ts';
import { resultOf, syncTasks } from './sync-tasks.ts';
import type { SyncInput, SyncTask } from './sync-tasks.ts';

export interface StepInput extends SyncInput {
  health: HealthOptions;
}
type RunState = 'successful' | 'pending' | 'failed';

/** Advances the operation; changes `input.state`. Tells whether it started a wave that others follow. */
export function syncStep(input: StepInput): { startedWave: boolean } {
  const { state } = input;
  const tasks = syncTasks(input);
  const started = (state.syncResult?.resources?.length ?? 0) > 0;
  if (!started && !passesDryRun(tasks, input)) {
    setPhase(state, 'Failed', 'one or more objects failed to apply (dry run)');
    return { startedWave: false };
  }
  if (input.sync.dryRun) {
    setPhase(state, 'Succeeded', 'successfully synced (dry run)');
    return { startedWave: false };
  }
  observeRunning(tasks, input);

  const manySteps = isMultiStep(tasks);
  const waiting = tasks.filter((task) => (manySteps || task.hookType) && phaseOf(task, state) === 'Running');
  if (waiting.length > 0) {
    setPhase(state, 'Running', waitingMessage(waiting, 'completion'));
    return { startedWave: false };
  }

  const syncFail = tasks.filter((task) => task.phase === 'SyncFail');
  const regular = tasks.filter((task) => task.phase !== 'SyncFail');
  if (regular.some((task) => isUnsuccessful(task, state))) {
    deleteHooks(regular, 'HookFailed', input);
    fail(syncFail, regular, 'one or more synchronization tasks completed unsuccessfully', input);
    return { startedWave: false };
  }
  const pending = regular.filter((task) => phaseOf(task, state) === undefined);
  const [first] = pending;
  if (!first) {
    deleteHooks(regular, 'HookSucceeded', input);
    setPhase(state, 'Succeeded', 'successfully synced (no more tasks)');
    return { startedWave: false };
  }

  const inWave = (task: SyncTask): boolean => task.phase === first.phase && task.wave === first.wave;
  const remaining = pending.filter((task) => !inWave(task) || task.hookType);
  setPhase(state, 'Running', 'one or more tasks are running');
  const run = runTasks(pending.filter(inWave), input);
  if (run === 'failed') {
    deleteHooks(regular, 'HookFailed', input);
    fail(syncFail, regular, 'one or more objects failed to apply', input);
  } else if (run === 'pending') {
    setPhase(state, 'Running', waitingMessage(pending.filter(inWave), 'deletion'));
  } else if (remaining.length === 0) {
    deleteHooks(regular, 'HookSucceeded', input);
    setPhase(state, 'Succeeded', 'successfully synced (all tasks run)');
  } else {
    setPhase(state, 'Running', waitingMessage(remaining, 'completion'));
  }
  return { startedWave: run === 'successful' && remaining.length > 0 };
}

/** Ends an operation on request: running hooks are deleted, nothing is retried, SyncFail does not run. */
export function terminateSync(input: StepInput): void {
  for (const task of syncTasks(input)) {
    if (!task.hookType || !task.live || !resultOf(task, input.state)) continue;
    const { phase, message } = hookPhase(task, input.health);
    removeHookFinalizer(task, input.store);
    if (phase === 'Running') {
      deleteLive(task, input.store);
      setResult(task, input.state, { hookPhase: 'Succeeded', message: 'Deleted' });
    } else {
      setResult(task, input.state, { hookPhase: phase, message });
    }
  }
  setPhase(input.state, 'Failed', 'Operation terminated');
}

function passesDryRun(tasks: SyncTask[], { state }: StepInput): boolean {
  let passed = true;
  for (const task of tasks) {
    const problem = task.target && dryRunProblem(task.target);
    if (problem === undefined) continue;
    setResult(task, state, { status: 'SyncFailed', hookPhase: 'Failed', message: problem });
    passed = false;
  }
  return passed;
}

function observeRunning(tasks: SyncTask[], { state, health, store }: StepInput): void {
  for (const task of tasks) {
    if (phaseOf(task, state) !== 'Running' || !task.live) continue;
    if (task.hookType) {
      const { phase, message } = hookPhase(task, health);
      setResult(task, state, { hookPhase: phase, message });
      if (phase !== 'Running') removeHookFinalizer(task, store);
      continue;
    }
    const found = task.target ? healthOf(task.live, health) : undefined;
    const message = found?.message ?? resultOf(task, state)?.message ?? '';
    if (!found || found.status === 'Healthy') setResult(task, state, { hookPhase: 'Succeeded', message });
    if (found?.status === 'Degraded') setResult(task, state, { hookPhase: 'Failed', message });
  }
}

/** A hook's phase from its live object's health; what has no health succeeds when it is created. */
function hookPhase(task: SyncTask, options: HealthOptions): { phase: OperationPhase; message: string } {
  const health = task.live && healthOf(task.live, options);
  if (!health) return { phase: 'Succeeded', message: `${task.ref.name} created` };
  const message = health.message ?? '';
  if (health.status === 'Healthy') return { phase: 'Succeeded', message };
  const running = health.status === 'Progressing' || health.status === 'Suspended';
  return { phase: running ? 'Running' : 'Failed', message };
}

function runTasks(tasks: SyncTask[], input: StepInput): RunState {
  const { state, store } = input;
  for (const task of tasks.filter((candidate) => !candidate.target)) pruneTask(task, input);
  const stale = tasks.filter(
    (task) => task.hookType && task.live && policiesOf(task).includes('BeforeHookCreation'),
  );
  for (const task of stale) {
    removeHookFinalizer(task, store);
    deleteLive(task, store);
  }
  if (stale.length > 0) return 'pending';
  let failed = false;
  for (const task of tasks) {
    if (!task.target) continue;
    try {
      const message = applyTask(task, task.target, { store, options: input.sync.syncOptions ?? [] });
      setResult(task, state, { status: 'Synced', hookPhase: 'Running', message });
    } catch (error) {
      setResult(task, state, { status: 'SyncFailed', hookPhase: 'Failed', message: messageOf(error) });
      failed = true;
    }
  }
  return failed ? 'failed' : 'successful';
}

function pruneTask(task: SyncTask, { state, store, sync }: StepInput): void {
  const kept = task.live && hasOption(task.live, 'sync-options', 'Prune=false');
  if (!sync.prune || kept) {
    const message = kept ? 'ignored (no prune)' : 'ignored (requires pruning)';
    setResult(task, state, { status: 'PruneSkipped', hookPhase: 'Succeeded', message });
    return;
  }
  deleteLive(task, store);
  setResult(task, state, { status: 'Pruned', hookPhase: 'Succeeded', message: 'pruned' });
}

/** Runs SyncFail hooks once after a failure, then fails for good. */
function fail(syncFail: SyncTask[], regular: SyncTask[], message: string, input: StepInput): void {
  const { state } = input;
  const reasons = regular
    .map((task) => resultOf(task, state))
    .filter((result) => result?.status === 'SyncFailed')
    .map((result) => result?.message ?? '');
  const text = reasons.length > 0 ? `${message}, reason: ${reasons.join(',')}` : message;
  const open = syncFail.filter((task) => phaseOf(task, state) === undefined);
  if (open.length === 0 || runTasks(open, input) === 'failed') setPhase(state, 'Failed', text);
  else setPhase(state, 'Running', waitingMessage(open, 'completion'));
}

function deleteHooks(tasks: SyncTask[], policy: DeletePolicy, { state, store }: StepInput): void {
  for (const task of tasks) {
    const done =
      task.hookType && task.live && phaseOf(task, state) !== undefined && phaseOf(task, state) !== 'Running';
    if (!done || !policiesOf(task).includes(policy)) continue;
    removeHookFinalizer(task, store);
    deleteLive(task, store);
  }
}

function policiesOf(task: SyncTask): DeletePolicy[] {
  return task.target ? deletePolicies(task.target) : [];
}

function phaseOf(task: SyncTask, state: OperationState): OperationPhase | undefined {
  return resultOf(task, state)?.hookPhase;
}

function isUnsuccessful(task: SyncTask, state: OperationState): boolean {
  const phase = phaseOf(task, state);
  return phase === 'Failed' || phase === 'Error';
}

function isMultiStep(tasks: SyncTask[]): boolean {
  const [first] = tasks;
  const last = tasks.at(-1);
  return first !== undefined && (first.phase !== last?.phase || first.wave !== last.wave);
}

function waitingMessage(tasks: SyncTask[], what: 'completion' | 'deletion'): string {
  const [first] = tasks;
  if (!first) return 'one or more tasks are running';
  const { group, kind, name } = first.ref;
  const awaited =
    what === 'deletion' ? 'deletion of' : first.hookType ? 'completion of hook' : 'healthy state of';
  const more =
    tasks.length > 1 ? ` and ${tasks.length - 1} more ${first.hookType ? 'hooks' : 'resources'}` : '';
  return `waiting for ${awaited} ${group}/${kind}/${name}${more}`;
}

function setPhase(state: OperationState, phase: OperationPhase, message: string): void {
  state.phase = phase;
  state.message = message;
}

function setResult(
  task: SyncTask,
  state: OperationState,
  change: Pick<ResourceResult, 'status' | 'hookPhase' | 'message'>,
): void {
  state.syncResult ??= { revision: '' };
  state.syncResult.resources ??= [];
  const known = resultOf(task, state);
  if (known) {
    Object.assign(known, change);
    return;
  }
  const { group, kind, namespace = '', name } = task.ref;
  const result: ResourceResult = { group, version: task.version, kind, namespace, name, ...change };
  result.syncPhase = task.phase;
  if (task.hookType) result.hookType = task.hookType;
  const images = task.target ? imagesOf(task.target) : [];
  if (images.length > 0) result.images = images;
  state.syncResult.resources.push(result);
}
