/** Writes Kubernetes Events about objects, one an object and reason: repeats count up, as the real recorder does. */
import { createHash } from 'node:crypto';
import { KubeApiError, type ObjectMeta, type ObjectStore } from '../kube/index.ts';

export interface EventSubject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface ClusterEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** `kubelet`, `job-controller`, … */
  component: string;
}

/** Records an event in the subject's namespace; none is written where the namespace is going away. */
export function recordEvent(
  store: ObjectStore,
  now: () => Date,
  subject: EventSubject,
  event: ClusterEvent,
): void {
  const { name, namespace = 'default', uid = '' } = subject.metadata;
  const digest = createHash('sha256')
    .update([uid, event.reason, event.message].join('\0'))
    .digest('hex')
    .slice(0, 16);
  const eventName = `${name.slice(0, 200)}.${digest}`;
  const at = now()
    .toISOString()
    .replace(/\.\d{3}Z$/, 'Z');
  const known = store.get({ group: '', kind: 'Event', namespace, name: eventName });
  if (known !== undefined) {
    store.update({ ...known, lastTimestamp: at, count: Number(known['count'] ?? 1) + 1 });
    return;
  }
  try {
    store.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName, namespace },
      involvedObject: { apiVersion: subject.apiVersion, kind: subject.kind, name, namespace, uid },
      type: event.type,
      reason: event.reason,
      message: event.message,
      source: { component: event.component },
      reportingComponent: event.component,
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    });
  } catch (error) {
    // The namespace is gone or going: so is everyone who could read the event.
    if (!(error instanceof KubeApiError && (error.code === 403 || error.code === 404))) throw error;
  }
}
