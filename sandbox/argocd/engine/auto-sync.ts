/** Whether an application syncs by itself now: Argo CD's decision, step by step (facts: argocd section 2). */
import type {
  Application,
  ApplicationCondition,
  Operation,
  RetryStrategy,
  SyncOperation,
} from './application.ts';
import type { Comparison } from './compare.ts';
import { equalJson } from './json.ts';

export type AutoSyncDecision =
  | { action: 'none'; reason: string; condition?: ApplicationCondition }
  | { action: 'wait'; delayMs: number }
  | { action: 'sync'; operation: Operation };

export interface AutoSyncInput {
  application: Application;
  comparison: Comparison;
  now: Date;
  /** Retry strategy of an application that states none (Argo CD: limit 5, 5 s, factor 2, at most 3 m). */
  defaultRetry: RetryStrategy;
  /** First wait between self-heal attempts; it triples up to 300 s. */
  selfHealBackoffMs: number;
}

const SELF_HEAL_FACTOR = 3;
const SELF_HEAL_CAP_MS = 300_000;

/** Decides from the comparison and the last operation alone. */
export function decideAutoSync(input: AutoSyncInput): AutoSyncDecision {
  const { application, comparison } = input;
  const policy = application.spec.syncPolicy;
  const automated = policy?.automated;
  if (!automated || automated.enabled === false) return none('automated sync is off');
  if (application.operation) return none('another operation is in progress');
  if (application.metadata.deletionTimestamp) return none('the application is being deleted');
  if (comparison.syncStatus !== 'OutOfSync') return none('the application is not OutOfSync');
  const open = comparison.resources.filter((resource) => resource.status && resource.status !== 'Synced');
  if (!automated.prune && open.every((resource) => resource.requiresPruning)) {
    return none('only pruning is left to do, and automated pruning is off');
  }

  const sync: SyncOperation = {
    revision: comparison.revision,
    prune: automated.prune ?? false,
    source: application.spec.source,
  };
  if (policy.syncOptions) sync.syncOptions = policy.syncOptions;
  const operation: Operation = {
    sync,
    initiatedBy: { automated: true },
    retry: policy.retry ?? input.defaultRetry,
  };

  const last = application.status?.operationState;
  if (last && alreadyAttempted(application, comparison.revision)) {
    if (last.phase !== 'Succeeded') {
      const message = `Failed last sync attempt to [${comparison.revision}]: ${last.message ?? ''}`;
      return {
        ...none('the last attempt at this revision failed'),
        condition: { type: 'SyncError', message },
      };
    }
    if (!automated.selfHeal) return none(`most recent sync already to ${comparison.revision}`);
    const attempts = last.operation.sync?.selfHealAttemptsCount ?? 0;
    const delayMs = remainingBackoff(input, attempts, last.finishedAt);
    if (delayMs > 0) return { action: 'wait', delayMs };
    sync.selfHealAttemptsCount = attempts + 1;
    sync.resources = open.map(({ group, kind, name, namespace }) => ({
      ...(group && { group }),
      kind,
      name,
      ...(namespace && { namespace }),
    }));
  }
  if (automated.prune && !automated.allowEmpty && comparison.managed.every((resource) => !resource.target)) {
    const message = `Skipping sync attempt to [${comparison.revision}]: auto-sync will wipe out all resources`;
    return { ...none(message), condition: { type: 'SyncError', message } };
  }
  return { action: 'sync', operation };
}

/** Whether the last operation already worked on this revision and source. */
function alreadyAttempted(application: Application, revision: string): boolean {
  const result = application.status?.operationState?.syncResult;
  if (!result || result.revision !== revision) return false;
  const { targetRevision: _wanted, ...wanted } = application.spec.source;
  const { targetRevision: _tried, ...tried } = result.source ?? { repoURL: '' };
  return equalJson(wanted, tried);
}

function remainingBackoff(input: AutoSyncInput, attempts: number, finishedAt: string | undefined): number {
  if (attempts === 0 || finishedAt === undefined) return 0;
  const wait = Math.min(SELF_HEAL_CAP_MS, input.selfHealBackoffMs * SELF_HEAL_FACTOR ** (attempts - 1));
  return Math.max(0, Date.parse(finishedAt) + wait - input.now.getTime());
}

function none(reason: string): { action: 'none'; reason: string } {
  return { action: 'none', reason };
}
