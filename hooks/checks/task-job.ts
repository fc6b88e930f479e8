/** The child Job of a container task, as native pipelines and Keptn's task definitions describe it. */
import {
  CHECK_LABEL,
  DELIVERY_LABEL,
  PART_LABEL,
  PHASE_LABEL,
  PIPELINE_LABEL,
  STAGE_LABEL,
} from '../../core/annotations.ts';
import type { KeptnContext, Plan } from '../../core/plan.ts';
import type { Job, OwnerReference } from '../../runtime/kube/types.ts';
import type { CheckContext, SpecOf } from './types.ts';

const KEEP_SECONDS = 3 * 24 * 3600;

/** A mesh sidecar would keep the pod running after the task has ended. */
const NO_SIDECAR = { 'sidecar.istio.io/inject': 'false', 'linkerd.io/inject': 'disabled' };

interface EnvEntry {
  name: string;
  [field: string]: unknown;
}

/** The Job. It gets neither the runner's ServiceAccount nor any token unless the task names an account. */
export function taskJob(
  spec: SpecOf<'task'>,
  context: CheckContext,
  place: { name: string; owner: OwnerReference | undefined },
): Job {
  const { pod } = spec;
  const { keptn } = context.hook.plan;
  const labels = { ...keptn?.labels[pod?.labels ?? -1], ...ownLabels(context) };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: place.name,
      namespace: context.hook.namespace,
      labels,
      ...(pod?.annotations === undefined ? {} : { annotations: pod.annotations }),
      ...(place.owner === undefined ? {} : { ownerReferences: [place.owner] }),
    },
    spec: {
      backoffLimit: pod?.retries ?? 0,
      activeDeadlineSeconds: Math.max(1, Math.ceil(context.check.timeoutMs / 1000)),
      ttlSecondsAfterFinished: pod?.ttlSecondsAfterFinished ?? KEEP_SECONDS,
      template: {
        metadata: { labels, annotations: { ...NO_SIDECAR, ...pod?.annotations } },
        spec: {
          restartPolicy: 'Never',
          ...accountOf(spec),
          ...(pod?.volumes === undefined ? {} : { volumes: pod.volumes }),
          ...(pod?.imagePullSecrets === undefined ? {} : { imagePullSecrets: pod.imagePullSecrets }),
          containers: [container(spec, context)],
        },
      },
    },
  };
}

function ownLabels(context: CheckContext): Record<string, string> {
  const { plan } = context.hook;
  return {
    [PART_LABEL]: 'task',
    [PIPELINE_LABEL]: plan.pipeline,
    [STAGE_LABEL]: plan.stage,
    [PHASE_LABEL]: context.phase,
    [CHECK_LABEL]: context.check.name,
    [DELIVERY_LABEL]: context.delivery.id,
  };
}

function accountOf(spec: SpecOf<'task'>): Record<string, unknown> {
  const account = spec.pod?.serviceAccountName ?? spec.serviceAccountName;
  const mount = spec.pod?.automountServiceAccountToken ?? (account === undefined ? false : undefined);
  return {
    ...(account === undefined ? {} : { serviceAccountName: account }),
    ...(mount === undefined ? {} : { automountServiceAccountToken: mount }),
  };
}

/** Name of the task's container; a mesh may add others to its pod. */
export function containerName(spec: SpecOf<'task'>): string {
  const name = spec.pod?.container['name'];
  return typeof name === 'string' ? name : 'task';
}

function container(spec: SpecOf<'task'>, context: CheckContext): Record<string, unknown> {
  return {
    ...spec.pod?.container,
    name: containerName(spec),
    image: spec.image,
    ...(spec.command === undefined ? {} : { command: spec.command }),
    ...(spec.args === undefined ? {} : { args: spec.args }),
    env: environment(spec, context),
    ...(spec.envFrom === undefined ? {} : { envFrom: spec.envFrom }),
  };
}

/** The task's own variables win over ours, except `KEPTN_CONTEXT`, which only exists now. */
function environment(spec: SpecOf<'task'>, context: CheckContext): EnvEntry[] {
  const { plan } = context.hook;
  const ours = {
    TRACEPARENT: context.traceparent,
    STAGELINE_PIPELINE: plan.pipeline,
    STAGELINE_STAGE: plan.stage,
    STAGELINE_APPLICATION: plan.application,
    STAGELINE_PHASE: context.phase,
    STAGELINE_COMMIT: plan.commit.id,
    STAGELINE_FREIGHT: plan.freight.id,
    STAGELINE_DELIVERY: context.delivery.id,
  };
  const entries: EnvEntry[] = [
    ...valuesOf(ours),
    ...entriesOf(spec.pod?.container['env']),
    ...valuesOf(spec.env ?? {}),
    ...(spec.keptn === undefined ? [] : valuesOf({ KEPTN_CONTEXT: keptnContext(spec.keptn, context) })),
  ];
  return [...new Map(entries.map((entry) => [entry.name, entry])).values()];
}

function valuesOf(values: Record<string, string>): EnvEntry[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function entriesOf(value: unknown): EnvEntry[] {
  const items: unknown[] = Array.isArray(value) ? value : [];
  return items.filter(isEnvEntry);
}

function isEnvEntry(value: unknown): value is EnvEntry {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

/** The JSON that Keptn's tasks read, in Keptn's own order of fields. */
function keptnContext(keptn: KeptnContext, context: CheckContext): string {
  const { workloadName, appName, appVersion, workloadVersion, taskType, objectType } = keptn;
  const metadata = { ...keptnMetadata(context.hook.plan, keptn), traceparent: context.traceparent };
  return JSON.stringify({
    workloadName,
    appName,
    appVersion,
    workloadVersion,
    taskType,
    objectType,
    metadata,
  });
}

/** As in Keptn, a workload's own entries win over those of its application. */
function keptnMetadata(plan: Plan, keptn: KeptnContext): Record<string, string> {
  const app = plan.keptn?.apps.find(({ name }) => name === keptn.appName);
  const names = [keptn.workloadName, `${keptn.appName}-${keptn.workloadName}`];
  const workload = app?.workloads.find(({ name }) => names.includes(name));
  return {
    ...plan.metadata,
    ...app?.metadata,
    ...(keptn.objectType === 'Workload' ? workload?.metadata : undefined),
  };
}
