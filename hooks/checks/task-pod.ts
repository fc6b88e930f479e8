/** Reads from a task's pod why it does not start, or how it ended. */
import type { Pod } from '../../runtime/kube/types.ts';

export interface PodTrouble {
  text: string;
  /** The kubelet or the scheduler has said that it cannot go on by itself. */
  isStuck: boolean;
}

const STUCK_REASONS = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** What keeps a pod from running; undefined if it runs or has ended. */
export function podTrouble(pod: Pod): PodTrouble | undefined {
  if (pod.status?.phase !== undefined && pod.status.phase !== 'Pending') return undefined;
  const unscheduled = (pod.status?.conditions ?? []).find(
    (condition) => condition.type === 'PodScheduled' && condition.status === 'False',
  );
  if (unscheduled) return { text: unscheduled.message ?? 'no node takes it', isStuck: false };
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const { state } of statuses) {
    const { reason, message } = state?.waiting ?? {};
    if (reason === undefined) continue;
    return {
      text: message === undefined ? reason : `${reason} (${message})`,
      isStuck: STUCK_REASONS.has(reason),
    };
  }
  return { text: 'it is pending', isStuck: false };
}

/** Of what the container wrote into its termination log. */
const SAID_LIMIT = 400;

export interface PodExit {
  text: string;
  /** Ended by the node or the cluster, not by the task. */
  isSystem: boolean;
}

/** How a pod ended; undefined if it does not say so. */
export function podExit(pod: Pod): PodExit | undefined {
  const { reason, message } = pod.status ?? {};
  if (
    reason === 'Evicted' ||
    reason === 'Preempting' ||
    reason === 'NodeLost' ||
    reason === 'Shutdown' ||
    reason === 'Terminated'
  ) {
    return { text: message === undefined ? reason : `${reason} (${message})`, isSystem: true };
  }
  const disruption = (pod.status?.conditions ?? []).find(
    (condition) => condition.type === 'DisruptionTarget' && condition.status === 'True',
  );
  if (disruption) return { text: disruption.message ?? disruption.reason ?? 'disrupted', isSystem: true };
  for (const { state } of pod.status?.containerStatuses ?? []) {
    const ended = state?.terminated;
    if (ended === undefined) continue;
    if (ended.reason === 'OOMKilled')
      return { text: 'was killed for using too much memory (OOMKilled)', isSystem: false };
    if (ended.reason === 'ContainerCannotRun' || ended.reason === 'StartError') {
      return { text: `could not be started: ${ended.message ?? ended.reason}`, isSystem: false };
    }
    const said = (ended.message ?? '').replace(/\s+/g, ' ').trim().slice(0, SAID_LIMIT);
    const text = `failed with exit code ${ended.exitCode ?? 'unknown'}${said === '' ? '' : `: ${said}`}`;
    return { text, isSystem: false };
  }
  return undefined;
}
