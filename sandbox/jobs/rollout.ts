/** How a Deployment's ReplicaSets are scaled, and what its status says, as the deployment controller decides. Pure. */
import type { Condition, Deployment, ReplicaSet } from '../kube/schemas.ts';
import { timestamp } from './timings.ts';

/** What is to become of one ReplicaSet. */
export interface Scale {
  replicaSet: ReplicaSet;
  replicas: number;
}

/** The next scaling step towards the current template; empty when there is none to make now. */
export function nextScales(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const wanted = deployment.spec.replicas ?? 1;
  if (deployment.spec.paused === true) return [];
  if (deployment.spec.strategy?.type === 'Recreate') return recreate(wanted, current, old);
  return [...growCurrent(deployment, current, old), ...shrinkOld(deployment, current, old)];
}

function recreate(wanted: number, current: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const scales = old.filter((one) => size(one) > 0).map((replicaSet) => ({ replicaSet, replicas: 0 }));
  if (old.some((one) => (one.status.replicas ?? 0) > 0) || scales.length > 0) return scales;
  return size(current) === wanted ? [] : [{ replicaSet: current, replicas: wanted }];
}

function growCurrent(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const wanted = deployment.spec.replicas ?? 1;
  const now = size(current);
  if (now === wanted) return [];
  if (now > wanted) return [{ replicaSet: current, replicas: wanted }];
  const total = [current, ...old].reduce((sum, one) => sum + size(one), 0);
  const room = wanted + bounds(deployment).surge - total;
  const grown = Math.min(wanted, now + Math.max(0, room));
  return grown === now ? [] : [{ replicaSet: current, replicas: grown }];
}

function shrinkOld(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const wanted = deployment.spec.replicas ?? 1;
  const total = [current, ...old].reduce((sum, one) => sum + size(one), 0);
  const notYet = size(current) - (current.status.availableReplicas ?? 0);
  let spare = total - (wanted - bounds(deployment).unavailable) - notYet;
  const scales: Scale[] = [];
  for (const replicaSet of old.filter((one) => size(one) > 0)) {
    const cut = Math.min(size(replicaSet), Math.max(0, spare));
    if (cut === 0) continue;
    spare -= cut;
    scales.push({ replicaSet, replicas: size(replicaSet) - cut });
  }
  return scales;
}

function bounds(deployment: Deployment): { surge: number; unavailable: number } {
  const wanted = deployment.spec.replicas ?? 1;
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = absolute(maxSurge, wanted, Math.ceil);
  const unavailable = absolute(maxUnavailable, wanted, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

function absolute(value: number | string, of: number, round: (share: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number(value.replace('%', '')) / 100) * of);
}

export interface RolloutInput {
  deployment: Deployment;
  current: ReplicaSet;
  old: readonly ReplicaSet[];
  /** When the rollout last got further. */
  progressedAt: Date;
  now: Date;
}

/** The whole `.status` of the Deployment. */
export function deploymentStatus(input: RolloutInput): Record<string, unknown> {
  const { deployment, current, old } = input;
  const all = [current, ...old];
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    all.reduce((total, one) => total + (one.status[field] ?? 0), 0);
  const wanted = deployment.spec.replicas ?? 1;
  const available = sum('availableReplicas');
  const count = (name: string, value: number) => (value === 0 ? {} : { [name]: value });
  return {
    observedGeneration: deployment.metadata.generation,
    ...count('replicas', sum('replicas')),
    ...count('updatedReplicas', current.status.replicas ?? 0),
    ...count('readyReplicas', sum('readyReplicas')),
    ...count('availableReplicas', available),
    ...count(
      'unavailableReplicas',
      Math.max(0, all.reduce((total, one) => total + size(one), 0) - available),
    ),
    conditions: [
      availableCondition(input, available >= wanted - bounds(deployment).unavailable),
      progressing(input),
    ],
  };
}

/** Milliseconds until the rollout counts as stuck; undefined when it is complete or has no deadline. */
export function deadlineIn(input: RolloutInput): number | undefined {
  if (isComplete(input) || input.deployment.spec.paused === true) return undefined;
  const seconds = input.deployment.spec.progressDeadlineSeconds ?? 600;
  return input.progressedAt.getTime() + seconds * 1000 - input.now.getTime();
}

export function isComplete({
  deployment,
  current,
  old,
}: Pick<RolloutInput, 'deployment' | 'current' | 'old'>): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  const { replicas = 0, availableReplicas = 0 } = current.status;
  return (
    replicas === wanted &&
    availableReplicas === wanted &&
    old.every((one) => (one.status.replicas ?? 0) === 0)
  );
}

function availableCondition(input: RolloutInput, enough: boolean): Condition {
  return condition(input, 'Available', {
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: enough
      ? 'Deployment has minimum availability.'
      : 'Deployment does not have minimum availability.',
  });
}

function progressing(input: RolloutInput): Condition {
  const name = input.current.metadata.name;
  if (input.deployment.spec.paused === true) {
    return condition(input, 'Progressing', {
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
  }
  if (isComplete(input)) {
    const message = `ReplicaSet "${name}" has successfully progressed.`;
    return condition(input, 'Progressing', { status: 'True', reason: 'NewReplicaSetAvailable', message });
  }
  const left = deadlineIn(input);
  if (left !== undefined && left <= 0) {
    const message = `ReplicaSet "${name}" has timed out progressing.`;
    return condition(input, 'Progressing', { status: 'False', reason: 'ProgressDeadlineExceeded', message });
  }
  const message = `ReplicaSet "${name}" is progressing.`;
  return condition(input, 'Progressing', { status: 'True', reason: 'ReplicaSetUpdated', message });
}

function condition(
  input: RolloutInput,
  type: string,
  next: { status: string; reason: string; message: string },
): Condition {
  const before = input.deployment.status.conditions?.find((one) => one.type === type);
  const at = timestamp(input.now);
  const same =
    before?.status === next.status && before.reason === next.reason && before.message === next.message;
  return {
    type,
    ...next,
    lastUpdateTime: same ? before['lastUpdateTime'] : at,
    lastTransitionTime: before?.status === next.status ? before.lastTransitionTime : at,
  };
}

function size(replicaSet: ReplicaSet): number {
  return replicaSet.spec.replicas ?? 1;
}
