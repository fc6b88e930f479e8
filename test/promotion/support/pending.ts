/** Pending promotions' Jobs in the stand-in cluster: found, let go, and run in this process. */
import { randomBytes } from 'node:crypto';
import type { KubeObject } from '../../../sandbox/kube/index.ts';
import { createLogger } from '../../../runtime/log.ts';
import { runDue, type DueReport } from '../../../hooks/promotion/due.ts';
import { runPending, type PendingEnd } from '../../../hooks/promotion/pending-run.ts';
import { NAMESPACE, type HookWorld } from '../../hooks/support/world.ts';

interface EnvEntry {
  name: string;
  value?: string;
  valueFrom?: { fieldRef?: { fieldPath: string }; secretKeyRef?: { name: string; key: string } };
}

interface Container {
  command: string[];
  env: EnvEntry[];
}

/** Suspended or not, by name. */
export function pendingJobs(world: HookWorld): KubeObject[] {
  return world.store
    .list({ group: 'batch', kind: 'Job' })
    .filter(({ metadata }) => metadata.labels?.['stageline.dev/part'] === 'pending');
}

export function specOf(job: KubeObject): {
  suspend: boolean;
  template: { spec: { containers: Container[] } };
} {
  return job['spec'] as ReturnType<typeof specOf>;
}

/** As Argo CD's action does it, and the Event that it writes. */
export function resume(world: HookWorld, job: KubeObject, user?: string): void {
  world.store.update({ ...job, spec: { ...specOf(job), suspend: false } });
  if (user !== undefined)
    tell(world, job, { reason: 'ResourceActionRan', message: `${user} ran action resume` });
}

function tell(world: HookWorld, job: KubeObject, told: { reason: string; message: string }): void {
  const { name, namespace = NAMESPACE } = job.metadata;
  world.store.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 40)}.${told.reason.toLowerCase()}`, namespace },
    involvedObject: { apiVersion: 'batch/v1', kind: 'Job', namespace, name },
    ...told,
    type: 'Normal',
    lastTimestamp: '2030-01-01T00:00:00Z',
  });
}

/** Argo CD writes that a resource was deleted at the Application, in its own namespace. */
export function tellOfApplication(world: HookWorld, message: string): void {
  if (!world.store.get({ group: '', kind: 'Namespace', name: 'argocd' }))
    world.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } });
  world.store.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `shop-dev.${randomBytes(8).toString('hex')}`, namespace: 'argocd' },
    involvedObject: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      namespace: 'argocd',
      name: 'shop-dev',
    },
    reason: 'ResourceDeleted',
    message,
    type: 'Normal',
    lastTimestamp: '2030-01-01T00:00:00Z',
  });
}

/** The environment that the kubelet would give the Job's container. */
export function environmentOf(world: HookWorld, job: KubeObject): NodeJS.ProcessEnv {
  const [container] = specOf(job).template.spec.containers;
  const given = (container?.env ?? []).map(({ name, value, valueFrom }) => [
    name,
    value ?? (valueFrom?.secretKeyRef ? secretValue(valueFrom.secretKeyRef.key) : undefined),
  ]);
  return {
    PATH: process.env['PATH'],
    KUBECONFIG: `${world.folder}/kubeconfig`,
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    STAGELINE_JOB_NAME: job.metadata.name,
    STAGELINE_NAMESPACE: NAMESPACE,
  };
}

function secretValue(key: string): string | undefined {
  return { username: 'stageline', token: 'git-token-for-tests' }[key];
}

export function runJob(
  world: HookWorld,
  job: KubeObject,
  options: { now?: () => number; env?: NodeJS.ProcessEnv } = {},
): Promise<PendingEnd> {
  return runPending({
    env: { ...environmentOf(world, job), ...options.env },
    log: createLogger({ write: () => undefined, now: Date.now, level: 'error' }),
    signal: new AbortController().signal,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
}

/** `stageline promote --due` in this world. */
export function due(
  world: HookWorld & { github?: { url: string } },
  now: () => number = Date.now,
  env: NodeJS.ProcessEnv = {},
): Promise<DueReport> {
  return runDue({
    env: {
      PATH: process.env['PATH'],
      KUBECONFIG: `${world.folder}/kubeconfig`,
      STAGELINE_GIT_USERNAME: 'stageline',
      STAGELINE_GIT_TOKEN: 'git-token-for-tests',
      STAGELINE_ARGOCD_NAMESPACE: 'argocd',
      STAGELINE_GIT_ADDRESSES: `${world.git.url} ${world.github?.url ?? ''}`,
      ...env,
    },
    log: createLogger({ write: () => undefined, now: Date.now, level: 'error' }),
    signal: new AbortController().signal,
    namespaces: [NAMESPACE],
    now,
  });
}
