/** Health of live objects, with Argo CD's defect for Jobs that were suspended once. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../kube/index.ts';
import { healthOf } from './health.ts';

function health(
  apiVersion: string,
  kind: string,
  rest: Record<string, unknown>,
  jobHealthOverride = false,
): string | undefined {
  const { metadata, ...fields } = { metadata: {}, ...rest };
  const object: KubeObject = { apiVersion, kind, metadata: { name: 'x', ...metadata }, ...fields };
  return healthOf(object, { jobHealthOverride })?.status;
}
function job(...conditions: [type: string, status: string][]): Record<string, unknown> {
  return { status: { conditions: conditions.map(([type, status]) => ({ type, status })) } };
}

describe('health', () => {
  it('of a Job follows its conditions', () => {
    expect(health('batch/v1', 'Job', {})).toBe('Progressing');
    expect(health('batch/v1', 'Job', job(['Complete', 'True']))).toBe('Healthy');
    expect(health('batch/v1', 'Job', job(['Failed', 'True']))).toBe('Degraded');
    expect(health('batch/v1', 'Job', job(['Suspended', 'True']))).toBe('Suspended');
    expect(health('batch/v1', 'Job', job(['FailureTarget', 'True']))).toBe('Progressing');
  });

  it('of a resumed Job is Healthy at once, unless the override is on', () => {
    expect(health('batch/v1', 'Job', job(['Suspended', 'False']))).toBe('Healthy');
    expect(health('batch/v1', 'Job', job(['Suspended', 'False']), true)).toBe('Progressing');
    expect(health('batch/v1', 'Job', job(['Suspended', 'False'], ['Failed', 'True']), true)).toBe('Degraded');
    expect(health('batch/v1', 'Job', job(['Suspended', 'True']), true)).toBe('Suspended');
  });

  it('of a Deployment waits for its rollout', () => {
    const spec = { replicas: 2 };
    const rolled = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
    const of = (status: Record<string, unknown>, more: Record<string, unknown> = {}): string | undefined =>
      health('apps/v1', 'Deployment', { metadata: { generation: 1 }, spec: { ...spec, ...more }, status });
    expect(of(rolled)).toBe('Healthy');
    expect(of({ ...rolled, observedGeneration: 0 })).toBe('Progressing');
    expect(of({ ...rolled, updatedReplicas: 1 })).toBe('Progressing');
    expect(of({ ...rolled, replicas: 3 })).toBe('Progressing');
    expect(of({ ...rolled, availableReplicas: 1 })).toBe('Progressing');
    expect(of(rolled, { paused: true })).toBe('Suspended');
    const conditions = [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }];
    expect(of({ ...rolled, conditions })).toBe('Degraded');
  });

  it('of a Pod depends on its phase and restart policy', () => {
    expect(health('v1', 'Pod', { status: { phase: 'Pending' } })).toBe('Progressing');
    expect(health('v1', 'Pod', { status: { phase: 'Succeeded' } })).toBe('Healthy');
    expect(health('v1', 'Pod', { status: { phase: 'Failed' } })).toBe('Degraded');
    const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    expect(health('v1', 'Pod', { spec: { restartPolicy: 'Always' }, status: ready })).toBe('Healthy');
    expect(health('v1', 'Pod', { spec: { restartPolicy: 'Never' }, status: ready })).toBe('Progressing');
    const containerStatuses = [{ state: { waiting: { reason: 'CrashLoopBackOff' } } }];
    expect(health('v1', 'Pod', { status: { phase: 'Running', containerStatuses } })).toBe('Degraded');
  });

  it('of what is being deleted is Progressing, but a hook held by its finalizer keeps its own', () => {
    const deletionTimestamp = '2026-08-22T10:00:00Z';
    expect(health('v1', 'ConfigMap', { metadata: { deletionTimestamp } })).toBe('Progressing');
    const finalizers = ['argocd.argoproj.io/hook-finalizer'];
    expect(
      health('batch/v1', 'Job', {
        metadata: { deletionTimestamp, finalizers },
        ...job(['Suspended', 'True']),
      }),
    ).toBe('Suspended');
  });

  it('is nothing for a ConfigMap', () => {
    expect(health('v1', 'ConfigMap', {})).toBeUndefined();
  });
});
