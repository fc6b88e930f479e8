/** Writes the Kubernetes events that argocd-server leaves: who ran an action, who started an operation. */
import { randomBytes } from 'node:crypto';
import type { KubeObject } from '../../kube/index.ts';
import { timestamp } from '../engine/application.ts';
import type { ApiContext } from './context.ts';

export function recordEvent(
  context: ApiContext,
  about: KubeObject,
  { reason, message }: { reason: string; message: string },
): void {
  const { argo, now } = context;
  const { name, namespace = argo.namespace, uid, resourceVersion } = about.metadata;
  const at = timestamp(now());
  argo.store.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid, resourceVersion },
    reason,
    message,
    source: { component: 'argocd-server' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    type: 'Normal',
  });
}
