/** Transitions as Kubernetes Events on the anchor, where `kubectl describe` and Argo CD's Events tab show them. */
import { contentId } from '../../core/canonical.ts';
import type { Transition } from '../../core/ledger/transitions.ts';
import type { Plan } from '../../core/plan.ts';
import type { KubeClient } from '../../runtime/kube/client.ts';
import { isKubeStatus } from '../../runtime/kube/errors.ts';
import type { ConfigMap } from '../../runtime/kube/types.ts';
import type { EventSink } from './publisher.ts';

/** `phases` (default): one Event when a phase has ended. `all`: one a transition. `off`: none. */
export const KUBERNETES_EVENTS_ENV = 'STAGELINE_KUBERNETES_EVENTS';

const MESSAGE_LIMIT = 1024;

/** Undefined if Events are off. */
export function kubernetesEventSink(
  env: NodeJS.ProcessEnv,
  place: { client: KubeClient; namespace: string; plan: Plan; podName: string | undefined },
): EventSink | undefined {
  const mode = env[KUBERNETES_EVENTS_ENV] || 'phases';
  if (mode === 'off') return undefined;
  const { client, namespace, plan } = place;
  let uid: Promise<string | undefined> | undefined;
  return {
    name: 'Kubernetes Events',
    wants: (transition) => mode === 'all' || isPhaseEnd(transition),
    async send(transition, signal) {
      uid ??= anchorUid(client, namespace, plan.anchor.name);
      const body = kubernetesEvent(transition, { ...place, anchorUid: await uid });
      try {
        await client.request({
          action: { verb: 'create', group: '', resource: 'events', namespace },
          body,
          signal,
          tries: 1,
        });
      } catch (error) {
        // Its name is made from what happened: it was told before a crash.
        if (!isKubeStatus(error, 409)) throw error;
      }
    },
  };
}

/** Argo CD tells itself of a deployment that went well; one Event a hook keeps the API's load low. */
function isPhaseEnd({ subject, change, name, status }: Transition): boolean {
  return subject === 'phase' && change === 'finished' && !(name === 'deployment' && status === 'succeeded');
}

async function anchorUid(client: KubeClient, namespace: string, name: string): Promise<string | undefined> {
  const anchor = await client.find<ConfigMap>({
    verb: 'get',
    group: '',
    resource: 'configmaps',
    namespace,
    name,
  });
  return anchor?.metadata?.uid;
}

/** The Event's name comes from the transition, so that a repeat meets the first. */
export function kubernetesEvent(
  transition: Transition,
  place: {
    namespace: string;
    plan: Pick<Plan, 'anchor'>;
    podName: string | undefined;
    anchorUid: string | undefined;
  },
): Record<string, unknown> {
  const { deliveryId, key, subject, change, name, status, at, message } = transition;
  const isBad = change === 'finished' && /^(failed|errored|abandoned)$/.test(status);
  const what = subject === 'delivery' ? `delivery ${deliveryId}` : `${subject} ${name}`;
  const text = `${what} ${change === 'started' ? 'has started' : status}${message ? `: ${message}` : ''}`;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${place.plan.anchor.name.slice(0, 200)}.${contentId([deliveryId, key, subject, change, status, at], 16)}`,
      namespace: place.namespace,
    },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: place.plan.anchor.name,
      namespace: place.namespace,
      ...(place.anchorUid === undefined ? {} : { uid: place.anchorUid }),
    },
    type: isBad ? 'Warning' : 'Normal',
    reason: reasonOf(transition),
    message: text.slice(0, MESSAGE_LIMIT),
    firstTimestamp: seconds(at),
    lastTimestamp: seconds(at),
    count: 1,
    source: { component: 'stageline', ...(place.podName === undefined ? {} : { host: place.podName }) },
    reportingComponent: 'stageline.dev/hook',
    reportingInstance: place.podName ?? 'hook',
  };
}

/** Such as `PhaseFailed`, `CheckStarted`. */
function reasonOf({ subject, change, status }: Transition): string {
  const word = change === 'started' ? 'started' : status;
  return [subject, word].map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
}

/** Kubernetes' `Time` has whole seconds. */
function seconds(at: string): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
