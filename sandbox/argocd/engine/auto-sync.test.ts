/** When an application syncs by itself. */
import { describe, expect, it } from 'vitest';
import { parseApplication } from './application.ts';
import type { Application, OperationState, ResourceStatus } from './application.ts';
import { decideAutoSync } from './auto-sync.ts';
import type { AutoSyncDecision } from './auto-sync.ts';
import type { Comparison } from './compare.ts';

const SOURCE = { repoURL: '/r', path: 'app', targetRevision: 'main' };
const NOW = new Date('2026-08-22T10:00:10Z');
const OUT: ResourceStatus = {
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'web',
  name: 'a',
  status: 'OutOfSync',
};
const TARGET = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };

function application(automated: unknown, state?: Partial<OperationState>): Application {
  const parsed = parseApplication({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'argocd' },
    spec: {
      source: SOURCE,
      destination: {},
      syncPolicy: { automated, syncOptions: ['ApplyOutOfSyncOnly=true'] },
    },
    status: state && {
      operationState: { operation: {}, phase: 'Succeeded', startedAt: '2026-08-22T10:00:00Z', ...state },
    },
  });
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.application;
}
function decide(subject: Application, comparison: Partial<Comparison> = {}): AutoSyncDecision {
  return decideAutoSync({
    application: subject,
    comparison: {
      revision: 'new',
      managed: [{ key: 'a', target: TARGET, modified: true }],
      hooks: [],
      resources: [OUT],
      syncStatus: 'OutOfSync',
      health: 'Healthy',
      conditions: [],
      ...comparison,
    },
    now: NOW,
    defaultRetry: { limit: 5 },
    selfHealBackoffMs: 2000,
  });
}
const tried = (revision: string, source: object = SOURCE): Partial<OperationState> => ({
  syncResult: { revision, source: { ...SOURCE, ...source } },
  finishedAt: '2026-08-22T10:00:09Z',
});

describe('the decision to sync', () => {
  it('needs the policy, an OutOfSync comparison and no other operation', () => {
    expect(decide(application(null)).action).toBe('none');
    expect(decide(application({ enabled: false })).action).toBe('none');
    expect(decide(application({}), { syncStatus: 'Synced' }).action).toBe('none');
    expect(decide({ ...application({}), operation: {} }).action).toBe('none');
    expect(decide(application({}))).toMatchObject({
      action: 'sync',
      operation: {
        sync: { revision: 'new', prune: false, syncOptions: ['ApplyOutOfSyncOnly=true'], source: SOURCE },
        initiatedBy: { automated: true },
        retry: { limit: 5 },
      },
    });
  });

  it('syncs a new revision or source whole, whatever became of the last', () => {
    for (const state of [
      tried('old'),
      { ...tried('old'), phase: 'Failed' as const },
      tried('new', { path: 'other' }),
    ]) {
      const decision = decide(application({}, state));
      expect(decision.action).toBe('sync');
      expect(decision).not.toHaveProperty('operation.sync.resources');
    }
  });

  it('never tries a failed revision again, and says so', () => {
    const decision = decide(
      application({ selfHeal: true }, { ...tried('new'), phase: 'Failed', message: 'no' }),
    );
    expect(decision).toMatchObject({
      action: 'none',
      condition: { type: 'SyncError', message: 'Failed last sync attempt to [new]: no' },
    });
  });

  it('heals only what is OutOfSync, waiting longer each time', () => {
    expect(decide(application({}, tried('new'))).action).toBe('none');
    const first = decide(application({ selfHeal: true }, tried('new')));
    expect(first).toMatchObject({
      action: 'sync',
      operation: {
        sync: { selfHealAttemptsCount: 1, resources: [{ kind: 'ConfigMap', name: 'a', namespace: 'web' }] },
      },
    });
    const again = { ...tried('new'), operation: { sync: { selfHealAttemptsCount: 2 } } };
    expect(decide(application({ selfHeal: true }, again))).toEqual({ action: 'wait', delayMs: 5000 });
  });

  it('leaves pruning alone where it may not prune, and never wipes out everything', () => {
    const resources: ResourceStatus[] = [{ ...OUT, requiresPruning: true }];
    const managed = [{ key: 'a', live: TARGET, modified: true }];
    expect(decide(application({}), { resources, managed }).action).toBe('none');
    expect(decide(application({ prune: true }), { resources, managed })).toMatchObject({
      action: 'none',
      condition: { message: 'Skipping sync attempt to [new]: auto-sync will wipe out all resources' },
    });
    expect(decide(application({ prune: true, allowEmpty: true }), { resources, managed }).action).toBe(
      'sync',
    );
  });
});
