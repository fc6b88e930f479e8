/** Drives an Application's operation: start, steps, retries, termination, history. */
import { messageOf } from '../../../core/errors.ts';
import type { ObjectStore } from '../../kube/types.ts';
import { durationMs, readApplication, timestamp } from './application.ts';
import type {
  Application,
  ApplicationKey,
  ApplicationSource,
  OperationState,
  RetryStrategy,
} from './application.ts';
import { changeStatus, clearOperation } from './application-store.ts';
import type { Comparison } from './compare.ts';
import type { HealthOptions } from './health.ts';
import { syncStep, terminateSync } from './sync-step.ts';

const HISTORY_LIMIT = 10;
const SECOND_MS = 1000;
const DEFAULT_BACKOFF_MS = 5000;
const DEFAULT_MAX_BACKOFF_MS = 180_000;

export interface OperationContext {
  store: ObjectStore;
  health: HealthOptions;
  now: () => Date;
  /** Renders and compares one source at one revision; rejects with the comparison error. */
  compare(application: Application, source: ApplicationSource, revision: string): Promise<Comparison>;
  /** Pause between the waves of a sync. */
  waveDelayMs: number;
  /** How long a running operation may go unlooked at when nothing happens. */
  tickMs: number;
}

/** When to look at the operation again: `nextMs`, or never because it is done. */
export type OperationProgress =
  | { status: 'none' }
  | { status: 'running'; nextMs: number }
  | { status: 'completed' };

export interface Operations {
  process(key: ApplicationKey): Promise<OperationProgress>;
}

export function createOperations(context: OperationContext): Operations {
  const { store } = context;
  /** What each running operation applies; kept so that all its steps work on one render. */
  const comparisons = new Map<string, { attempt: string; comparison: Comparison }>();

  /** When each application's last operation started, in milliseconds. */
  const lastStart = new Map<string, number>();

  async function process(key: ApplicationKey): Promise<OperationProgress> {
    const application = readApplication(store, key);
    if (!application?.operation) return { status: 'none' };
    const id = `${key.namespace}/${key.name}`;
    const begun = begin(application, context.now(), lastStart.get(id));
    if (begun.waitMs > 0) return { status: 'running', nextMs: begun.waitMs };
    lastStart.set(id, Date.parse(begun.state.startedAt));
    writeState(key, begun.state);

    const prepared = await prepare(key, application, begun.state);
    // A termination may have been asked for while the render ran.
    const current = readApplication(store, key);
    const state = current?.status?.operationState;
    if (!current?.operation || !state) return { status: 'none' };
    if (prepared.ok) return advance(key, { application: current, state, comparison: prepared.comparison });
    const terminated = state.phase === 'Terminating';
    state.phase = terminated ? 'Failed' : 'Error';
    state.message = terminated ? 'Operation terminated' : `ComparisonError: ${prepared.reason}`;
    return finish(key, current, { state, terminated });
  }

  async function prepare(
    key: ApplicationKey,
    application: Application,
    state: OperationState,
  ): Promise<{ ok: true; comparison: Comparison } | { ok: false; reason: string }> {
    const id = `${key.namespace}/${key.name}`;
    const attempt = `${state.startedAt}#${state.retryCount ?? 0}`;
    const known = comparisons.get(id);
    if (known?.attempt === attempt) return { ok: true, comparison: known.comparison };
    const sync = state.operation.sync ?? {};
    const source = sync.source ?? application.spec.source;
    const revision = state.syncResult?.revision ?? sync.revision ?? source.targetRevision ?? '';
    try {
      const comparison = await context.compare(application, source, revision);
      comparisons.set(id, { attempt, comparison });
      return { ok: true, comparison };
    } catch (error) {
      return { ok: false, reason: messageOf(error) };
    }
  }

  function advance(
    key: ApplicationKey,
    {
      application,
      state,
      comparison,
    }: { application: Application; state: OperationState; comparison: Comparison },
  ): OperationProgress {
    const sync = state.operation.sync ?? {};
    const source = sync.source ?? application.spec.source;
    state.syncResult ??= { revision: comparison.revision, source, resources: [] };
    const destinationNamespace = application.spec.destination.namespace ?? '';
    const input = { store, comparison, state, sync, destinationNamespace, health: context.health };
    if (state.phase === 'Terminating') {
      terminateSync(input);
      return finish(key, application, { state, terminated: true });
    }
    const { startedWave } = syncStep(input);
    if (state.phase !== 'Running') return finish(key, application, { state, terminated: false });
    writeState(key, state);
    return { status: 'running', nextMs: startedWave ? context.waveDelayMs : context.tickMs };
  }

  function finish(
    key: ApplicationKey,
    application: Application,
    { state, terminated }: { state: OperationState; terminated: boolean },
  ): OperationProgress {
    const now = context.now();
    const retries = state.retryCount ?? 0;
    const limit = state.operation.retry?.limit ?? 0;
    const failed = state.phase === 'Failed' || state.phase === 'Error';
    state.finishedAt = timestamp(new Date(Math.max(now.getTime(), Date.parse(state.startedAt))));
    if (failed && !terminated && (limit < 0 || retries < limit)) {
      const nextMs = backoffMs(state.operation.retry, retries);
      state.phase = 'Running';
      state.retryCount = retries + 1;
      state.message = `${state.message ?? ''}. Retrying attempt #${retries + 1} at ${kitchen(new Date(now.getTime() + nextMs))}.`;
      writeState(key, state);
      return { status: 'running', nextMs };
    }
    if (failed && retries > 0) state.message = `${state.message ?? ''} (retried ${retries} times).`;
    comparisons.delete(`${key.namespace}/${key.name}`);
    writeState(key, state, historyOf(application, state));
    clearOperation(store, key);
    return { status: 'completed' };
  }

  function writeState(key: ApplicationKey, operationState: OperationState, history?: History): void {
    changeStatus(store, key, (status) => ({ ...status, operationState, ...(history && { history }) }));
  }

  return { process };
}

type History = NonNullable<NonNullable<Application['status']>['history']>;

/** The state to work on now: a new one, the running one, or that of a retry whose time has come. */
function begin(
  application: Application,
  now: Date,
  lastStart: number | undefined,
): { state: OperationState; waitMs: number } {
  const state = application.status?.operationState;
  const operation = application.operation ?? {};
  if (!state || (state.finishedAt !== undefined && state.phase !== 'Running')) {
    // Hook names carry the start in whole seconds, and Argo CD never starts two operations in one: nor does this.
    const startedAt = Math.max(now.getTime(), (lastStart ?? 0) + SECOND_MS);
    return { state: { operation, phase: 'Running', startedAt: timestamp(new Date(startedAt)) }, waitMs: 0 };
  }
  if (state.phase !== 'Running' || state.finishedAt === undefined) return { state, waitMs: 0 };
  const retries = (state.retryCount ?? 1) - 1;
  const dueAt = Date.parse(state.finishedAt) + backoffMs(state.operation.retry, retries);
  if (dueAt > now.getTime()) return { state, waitMs: dueAt - now.getTime() };
  // A retry forgets every result, and so runs all hooks again; it keeps the start time.
  const { finishedAt: _ended, syncResult: _results, ...kept } = state;
  return { state: kept, waitMs: 0 };
}

/** Wait before retry number `retries` + 1: duration × factor ^ retries, at most maxDuration. */
export function backoffMs(retry: RetryStrategy | undefined, retries: number): number {
  const first = durationMs(retry?.backoff?.duration, DEFAULT_BACKOFF_MS);
  const cap = durationMs(retry?.backoff?.maxDuration, DEFAULT_MAX_BACKOFF_MS);
  return Math.min(cap, first * (retry?.backoff?.factor ?? 2) ** retries);
}

/** Only full, successful syncs that were no dry runs make history; a rollback is one of them. */
function historyOf(application: Application, state: OperationState): History | undefined {
  const sync = state.operation.sync ?? {};
  const partial = (sync.resources?.length ?? 0) > 0;
  if (state.phase !== 'Succeeded' || sync.dryRun || partial || !state.syncResult) return undefined;
  const before = application.status?.history ?? [];
  const entry: History[number] = {
    id: (before.at(-1)?.id ?? -1) + 1,
    revision: state.syncResult.revision,
    deployStartedAt: state.startedAt,
    deployedAt: state.finishedAt ?? state.startedAt,
    initiatedBy: state.operation.initiatedBy ?? {},
  };
  if (state.syncResult.source) entry.source = state.syncResult.source;
  return [...before, entry].slice(-HISTORY_LIMIT);
}

/** `3:04PM`, as Argo CD prints the time of the next retry. */
function kitchen(date: Date): string {
  const hours = date.getUTCHours();
  const minutes = String(date.getUTCMinutes()).padStart(2, '0');
  return `${hours % 12 === 0 ? 12 : hours % 12}:${minutes}${hours < 12 ? 'AM' : 'PM'}`;
}
