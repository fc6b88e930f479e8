/**
 * Health of live objects as Argo CD judges them. The Job check keeps Argo CD's defect: a Job that was ever
 * suspended counts as complete once it is resumed, so a hook succeeds before its pod runs.
 */
import type { KubeObject } from '../../kube/types.ts';
import { groupOf } from './kinds.ts';
import { at, numberAt, recordsAt, textAt } from './json.ts';
import { HOOK_FINALIZER } from './hooks.ts';

export type HealthCode = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';
export interface Health {
  status: HealthCode;
  message?: string;
}
export interface HealthOptions {
  /** Judge Jobs by their Complete and Failed conditions alone, as Stageline's manifests have Argo CD do. */
  jobHealthOverride: boolean;
}

const WORST_LAST: readonly HealthCode[] = [
  'Healthy',
  'Suspended',
  'Progressing',
  'Missing',
  'Degraded',
  'Unknown',
];
type Check = (object: KubeObject, options: HealthOptions) => Health;

const CHECKS: Record<string, Check> = {
  'apps/Deployment': deploymentHealth,
  'apps/StatefulSet': replicasHealth,
  'apps/DaemonSet': daemonSetHealth,
  'apps/ReplicaSet': replicaSetHealth,
  'batch/Job': jobHealth,
  '/Pod': podHealth,
  '/Service': serviceHealth,
  '/PersistentVolumeClaim': claimHealth,
  'networking.k8s.io/Ingress': ingressHealth,
  'argoproj.io/Application': applicationHealth,
};

/** Health of one live object, or undefined for kinds that have none (a ConfigMap, a Role). */
export function healthOf(object: KubeObject, options: HealthOptions): Health | undefined {
  const deleting = object.metadata.deletionTimestamp !== undefined;
  if (deleting && !object.metadata.finalizers?.includes(HOOK_FINALIZER)) {
    return { status: 'Progressing', message: 'Pending deletion' };
  }
  return CHECKS[`${groupOf(object.apiVersion)}/${object.kind}`]?.(object, options);
}

export function isWorse(candidate: HealthCode, than: HealthCode): boolean {
  return WORST_LAST.indexOf(candidate) > WORST_LAST.indexOf(than);
}

function deploymentHealth(object: KubeObject): Health {
  if (at(object, 'spec', 'paused') === true) return { status: 'Suspended', message: 'Deployment is paused' };
  if (staleGeneration(object)) {
    return progressing(
      'Waiting for rollout to finish: observed deployment generation less than desired generation',
    );
  }
  const failed = recordsAt(object, 'status', 'conditions').find(
    (condition) => condition['type'] === 'Progressing' && condition['reason'] === 'ProgressDeadlineExceeded',
  );
  if (failed) {
    return {
      status: 'Degraded',
      message: `Deployment "${object.metadata.name}" exceeded its progress deadline`,
    };
  }
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const updated = numberAt(object, 'status', 'updatedReplicas') ?? 0;
  const all = numberAt(object, 'status', 'replicas') ?? 0;
  const available = numberAt(object, 'status', 'availableReplicas') ?? 0;
  if (updated < wanted) {
    return progressing(
      `Waiting for rollout to finish: ${updated} out of ${wanted} new replicas have been updated...`,
    );
  }
  if (all > updated) {
    return progressing(
      `Waiting for rollout to finish: ${all - updated} old replicas are pending termination...`,
    );
  }
  if (available < updated) {
    return progressing(
      `Waiting for rollout to finish: ${available} of ${updated} updated replicas are available...`,
    );
  }
  return { status: 'Healthy' };
}

function replicasHealth(object: KubeObject): Health {
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const ready = numberAt(object, 'status', 'readyReplicas') ?? 0;
  if (staleGeneration(object) || ready < wanted)
    return progressing(`Waiting for ${wanted - ready} pods to be ready...`);
  return { status: 'Healthy' };
}

function daemonSetHealth(object: KubeObject): Health {
  const wanted = numberAt(object, 'status', 'desiredNumberScheduled') ?? 0;
  const available = numberAt(object, 'status', 'numberAvailable') ?? 0;
  if (staleGeneration(object) || available < wanted) {
    return progressing(
      `Waiting for daemon set "${object.metadata.name}" rollout to finish: ${available} of ${wanted} updated pods are available...`,
    );
  }
  return { status: 'Healthy' };
}

function replicaSetHealth(object: KubeObject): Health {
  if (staleGeneration(object))
    return progressing(
      'Waiting for rollout to finish: observed replica set generation less than desired generation',
    );
  const failure = recordsAt(object, 'status', 'conditions').find(
    (condition) => condition['type'] === 'ReplicaFailure' && condition['status'] === 'True',
  );
  if (failure) return { status: 'Degraded', message: textAt(failure, 'message') ?? '' };
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const available = numberAt(object, 'status', 'availableReplicas') ?? 0;
  if (available < wanted) {
    return progressing(
      `Waiting for rollout to finish: ${available} out of ${wanted} new replicas are available...`,
    );
  }
  return { status: 'Healthy' };
}

function jobHealth(object: KubeObject, options: HealthOptions): Health {
  let failed: string | undefined;
  let complete = false;
  let suspended = false;
  let message = '';
  for (const condition of recordsAt(object, 'status', 'conditions')) {
    const text = textAt(condition, 'message') ?? '';
    if (condition['type'] === 'Failed') {
      failed = text;
      complete = true;
    }
    if (condition['type'] === 'Complete') {
      complete = true;
      message = text;
    }
    if (condition['type'] === 'Suspended') {
      suspended = condition['status'] === 'True';
      message = text;
      // Argo CD sets this whatever the condition's status is: the defect that the override mends.
      if (suspended || !options.jobHealthOverride) complete = true;
    }
  }
  if (!complete) return progressing(message);
  if (failed !== undefined) return { status: 'Degraded', message: failed };
  if (suspended) return { status: 'Suspended', message: '' };
  return { status: 'Healthy', message };
}

function podHealth(object: KubeObject): Health {
  const message = textAt(object, 'status', 'message') ?? '';
  const phase = textAt(object, 'status', 'phase');
  const containers = recordsAt(object, 'status', 'containerStatuses');
  const waiting = containers.map((container) => textAt(container, 'state', 'waiting', 'reason') ?? '');
  const broken = waiting.find((reason) => reason.startsWith('Err') || /Error$|BackOff$/.test(reason));
  const restarts = textAt(object, 'spec', 'restartPolicy') ?? 'Always';
  if (restarts === 'Always' && broken) return { status: 'Degraded', message: broken };
  switch (phase) {
    case 'Pending':
      return progressing(message);
    case 'Succeeded':
      return { status: 'Healthy', message };
    case 'Failed':
      return { status: 'Degraded', message: message || failureOf(containers) };
    case 'Running': {
      const ready = recordsAt(object, 'status', 'conditions').some(
        (condition) => condition['type'] === 'Ready' && condition['status'] === 'True',
      );
      return restarts === 'Always' && ready ? { status: 'Healthy', message } : progressing(message);
    }
    default:
      return { status: 'Unknown', message };
  }
}

function failureOf(containers: Record<string, unknown>[]): string {
  for (const container of containers) {
    const code = numberAt(container, 'state', 'terminated', 'exitCode');
    if (code) return `container "${textAt(container, 'name') ?? ''}" failed with exit code ${code}`;
  }
  return '';
}

function serviceHealth(object: KubeObject): Health {
  if (textAt(object, 'spec', 'type') !== 'LoadBalancer') return { status: 'Healthy' };
  const ready = recordsAt(object, 'status', 'loadBalancer', 'ingress').length > 0;
  return { status: ready ? 'Healthy' : 'Progressing' };
}

function ingressHealth(object: KubeObject): Health {
  const ready = recordsAt(object, 'status', 'loadBalancer', 'ingress').length > 0;
  return { status: ready ? 'Healthy' : 'Progressing' };
}

function claimHealth(object: KubeObject): Health {
  const phase = textAt(object, 'status', 'phase');
  if (phase === 'Bound') return { status: 'Healthy' };
  return { status: phase === 'Lost' ? 'Degraded' : 'Progressing' };
}

function applicationHealth(object: KubeObject): Health {
  const text = textAt(object, 'status', 'health', 'status');
  const status = WORST_LAST.find((code) => code === text) ?? 'Unknown';
  return { status };
}

function staleGeneration(object: KubeObject): boolean {
  return (numberAt(object, 'status', 'observedGeneration') ?? 0) < (object.metadata.generation ?? 0);
}

function progressing(message: string): Health {
  return { status: 'Progressing', message };
}
