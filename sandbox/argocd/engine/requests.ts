/** What users may ask of an application: the operations that a sync and a rollback become. */
import type { Application, Operation, RetryStrategy } from './application.ts';
import { ArgoCdError } from './argo-error.ts';

export interface SyncOptions {
  revision?: string;
  prune?: boolean;
  dryRun?: boolean;
  strategy?: { hook?: unknown; apply?: unknown };
  resources?: { group?: string; kind: string; name: string; namespace?: string }[];
  infos?: { name: string; value: string }[];
  retry?: RetryStrategy;
  syncOptions?: string[];
  username?: string;
}

export interface RollbackOptions {
  id: number;
  prune?: boolean;
  dryRun?: boolean;
  username?: string;
}

/** The operation of a manual sync. Throws {@link ArgoCdError} where Argo CD refuses it. */
export function syncOperation(application: Application, asked: SyncOptions): Operation {
  const target = application.spec.source.targetRevision ?? 'HEAD';
  if (application.metadata.deletionTimestamp) {
    throw new ArgoCdError('FailedPrecondition', 'application is deleting');
  }
  const differs = asked.revision !== undefined && asked.revision !== '' && asked.revision !== target;
  if (isAutomated(application) && differs && !asked.dryRun) {
    const message = `Cannot sync to ${asked.revision}: auto-sync currently set to ${target}`;
    throw new ArgoCdError('FailedPrecondition', message);
  }
  const sync: NonNullable<Operation['sync']> = {
    revision: asked.revision || target,
    prune: asked.prune ?? false,
    syncStrategy: asked.strategy ?? { hook: {} },
    syncOptions: asked.syncOptions ?? application.spec.syncPolicy?.syncOptions ?? [],
  };
  if (asked.dryRun) sync.dryRun = true;
  if (asked.resources) sync.resources = asked.resources;
  const operation: Operation = { sync, initiatedBy: asked.username ? { username: asked.username } : {} };
  if (asked.infos) operation.info = asked.infos;
  const retry = asked.retry ?? application.spec.syncPolicy?.retry;
  if (retry) operation.retry = retry;
  return operation;
}

/** The operation of a rollback to an entry of the history; it runs no hooks. */
export function rollbackOperation(application: Application, asked: RollbackOptions): Operation {
  if (isAutomated(application)) {
    throw new ArgoCdError('FailedPrecondition', 'rollback cannot be initiated when auto-sync is enabled');
  }
  const entry = application.status?.history?.find(({ id }) => id === asked.id);
  if (!entry) {
    const message = `application ${application.metadata.name} does not have deployment with id ${asked.id}`;
    throw new ArgoCdError('InvalidArgument', message);
  }
  const sync: NonNullable<Operation['sync']> = {
    revision: entry.revision,
    prune: asked.prune ?? false,
    dryRun: asked.dryRun ?? false,
    syncOptions: application.spec.syncPolicy?.syncOptions ?? [],
    syncStrategy: { apply: {} },
  };
  if (entry.source) sync.source = entry.source;
  return { sync, initiatedBy: asked.username ? { username: asked.username } : {} };
}

function isAutomated(application: Application): boolean {
  const automated = application.spec.syncPolicy?.automated;
  return Boolean(automated) && automated?.enabled !== false;
}
