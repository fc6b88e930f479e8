import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deploymentSchema, replicaSetSchema, type Deployment, type ReplicaSet } from '../kube/schemas.ts';
import { deploymentStatus, isComplete, nextScales } from './rollout.ts';

describe('a rolling update', () => {
  it('starts one new Pod beside the only old one, and takes the old one away when the new one is available', () => {
    const web = deployment({ replicas: 1 });
    expect(scales(web, replicaSet('new', 0, 0), [replicaSet('old', 1, 1)])).toEqual({ new: 1 });
    expect(scales(web, replicaSet('new', 1, 0), [replicaSet('old', 1, 1)])).toEqual({});
    expect(scales(web, replicaSet('new', 1, 1), [replicaSet('old', 1, 1)])).toEqual({ old: 0 });
  });

  it('keeps to its bounds in numbers and in shares', () => {
    const web = deployment({
      replicas: 4,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '25%' } },
    });
    expect(scales(web, replicaSet('new', 0, 0), [replicaSet('old', 4, 4)])).toEqual({ old: 3 });
    expect(scales(web, replicaSet('new', 0, 0), [replicaSet('old', 3, 3)])).toEqual({ new: 1 });
  });

  it('never goes below what must be available nor above what may exist, and always arrives', () => {
    const bound = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('0%', '25%', '50%', '100%'));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 6 }),
        bound,
        bound,
        (before, wanted, maxSurge, maxUnavailable) => {
          const web = deployment({
            replicas: wanted,
            strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
          });
          let current = replicaSet('new', 0, 0);
          let old = replicaSet('old', before, before);
          for (let step = 0; step < 50; step += 1) {
            const next = scales(web, current, [old]);
            const total = (next['new'] ?? size(current)) + (next['old'] ?? size(old));
            expect(total).toBeLessThanOrEqual(Math.max(wanted + share(maxSurge, wanted, Math.ceil), before));
            current = replicaSet('new', next['new'] ?? size(current), next['new'] ?? size(current));
            old = replicaSet('old', next['old'] ?? size(old), next['old'] ?? size(old));
            if (Object.keys(next).length === 0) break;
          }
          expect(isComplete({ deployment: web, current, old: [old] })).toBe(true);
        },
      ),
    );
  });
});

describe('other strategies', () => {
  it('Recreate stops everything before it starts anything', () => {
    const web = deployment({ replicas: 2, strategy: { type: 'Recreate' } });
    expect(scales(web, replicaSet('new', 0, 0), [replicaSet('old', 2, 2)])).toEqual({ old: 0 });
    const stopping = replicaSetSchema.parse({ ...replicaSet('old', 0, 0), status: { replicas: 1 } });
    expect(scales(web, replicaSet('new', 0, 0), [stopping])).toEqual({});
    expect(scales(web, replicaSet('new', 0, 0), [replicaSet('old', 0, 0)])).toEqual({ new: 2 });
  });

  it('a paused Deployment does nothing', () => {
    expect(scales(deployment({ replicas: 2, paused: true }), replicaSet('new', 0, 0), [])).toEqual({});
  });
});

describe('the status', () => {
  const now = new Date('2026-08-22T10:10:00Z');

  it('is progressing until its deadline, then says that it timed out', () => {
    const web = deployment({ replicas: 1, progressDeadlineSeconds: 60 });
    const input = { deployment: web, current: replicaSet('new', 1, 0), old: [], now };
    const at = (seconds: number) =>
      deploymentStatus({ ...input, progressedAt: new Date(now.getTime() - seconds * 1000) });
    expect(at(59)).toMatchObject({
      conditions: [
        { type: 'Available', status: 'False' },
        { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' },
      ],
    });
    expect(at(60)).toMatchObject({
      conditions: [
        {},
        {
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
          message: 'ReplicaSet "new" has timed out progressing.',
        },
      ],
    });
  });

  it('is complete when all replicas are new and available', () => {
    const web = deployment({ replicas: 2 });
    const status = deploymentStatus({
      deployment: web,
      current: replicaSet('new', 2, 2),
      old: [replicaSet('old', 0, 0)],
      progressedAt: now,
      now,
    });
    expect(status).toMatchObject({
      replicas: 2,
      updatedReplicas: 2,
      availableReplicas: 2,
      conditions: [{ type: 'Available', status: 'True' }, { reason: 'NewReplicaSetAvailable' }],
    });
    expect(status).not.toHaveProperty('unavailableReplicas');
  });
});

function scales(web: Deployment, current: ReplicaSet, old: ReplicaSet[]): Record<string, number> {
  return Object.fromEntries(
    nextScales(web, current, old).map(({ replicaSet: one, replicas }) => [one.metadata.name, replicas]),
  );
}

function deployment(spec: object): Deployment {
  return deploymentSchema.parse({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', generation: 1 },
    spec,
  });
}

function replicaSet(name: string, replicas: number, available: number): ReplicaSet {
  const status = { replicas, readyReplicas: available, availableReplicas: available };
  return replicaSetSchema.parse({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name },
    spec: { replicas },
    status,
  });
}

function size(one: ReplicaSet): number {
  return one.spec.replicas ?? 0;
}

function share(value: number | string, of: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) / 100) * of);
}
