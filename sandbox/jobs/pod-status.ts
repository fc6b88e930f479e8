/** A Pod's status out of its containers' states, as the kubelet computes it. Pure. */
import type { Condition, ContainerStatus, Pod } from '../kube/schemas.ts';
import type { ContainerEnd } from './container-run.ts';
import { cannotRunHere } from './host.ts';
import { timestamp } from './timings.ts';

/** How a Pod's run ended: one end for each container that decided it. */
export interface PodEnd {
  kind: 'ended';
  ends: ContainerEnd[];
}

export interface PodStatusInput {
  pod: Pod;
  now: Date;
  startTime: string | undefined;
  init: ContainerStatus[];
  main: ContainerStatus[];
  end: PodEnd | undefined;
}

/** The whole `.status`; times of conditions that did not change stay. */
export function podStatus(input: PodStatusInput): Record<string, unknown> {
  const { pod, init, main, end, startTime } = input;
  const phase = phaseOf(input);
  const over = phase === 'Succeeded' || phase === 'Failed';
  const initialized = init.every(({ state }) => state.terminated?.exitCode === 0);
  const ready = !over && main.length > 0 && main.every((status) => status.ready);
  const refused = refusal(end);
  const why = over ? (phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed') : 'ContainersNotReady';
  return {
    phase,
    ...(refused === undefined || phase !== 'Failed' ? {} : { reason: cannotRunHere, message: refused }),
    hostIP: '127.0.0.1',
    podIP: '127.0.0.1',
    podIPs: [{ ip: '127.0.0.1' }],
    qosClass: 'BestEffort',
    ...(startTime === undefined ? {} : { startTime }),
    conditions: [
      condition(input, 'PodScheduled', startTime !== undefined),
      condition(input, 'Initialized', initialized, why),
      condition(input, 'ContainersReady', ready, why),
      condition(input, 'Ready', ready, why),
    ],
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
}

function phaseOf({ main, end, pod }: PodStatusInput): string {
  if (end !== undefined) {
    const restarts = pod.spec.restartPolicy === 'Always' || pod.spec.restartPolicy === undefined;
    const stopped = pod.metadata.deletionTimestamp !== undefined;
    if (restarts && !stopped && end.ends.some(({ kind }) => kind === 'cannot-run')) return 'Pending';
    const good = end.ends.length > 0 && end.ends.every((one) => one.kind === 'ended' && one.exitCode === 0);
    return good ? 'Succeeded' : 'Failed';
  }
  const begun = main.some(({ state, restartCount }) => state.running ?? state.terminated ?? restartCount > 0);
  return begun ? 'Running' : 'Pending';
}

function refusal(end: PodEnd | undefined): string | undefined {
  return end?.ends.flatMap((one) => (one.kind === 'cannot-run' ? [one.message] : []))[0];
}

function condition(input: PodStatusInput, type: string, holds: boolean, why?: string): Condition {
  const status = holds ? 'True' : 'False';
  const before = input.pod.status.conditions?.find((one) => one.type === type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp(input.now);
  return {
    type,
    status,
    lastProbeTime: null,
    lastTransitionTime,
    ...(holds || why === undefined ? {} : { reason: why }),
  };
}
