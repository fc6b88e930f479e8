/** The child Job of a container task, as native pipelines and Keptn's task definitions describe it. */
import {
  CHECK_LABEL,
  DELIVERY_LABEL,
  PART_LABEL,
  PHASE_LABEL,
  PIPELINE_LABEL,
  STAGE_LABEL,
} from '../../core/annotations.ts';
import { keptnAnnotations, keptnContextText, withKeptnContext } from '../../core/dialects/keptn/context.ts';
import type { KeptnContext } from '../../core/plan.ts';
import { spanKey } from '../../core/span-keys.ts';
import { formatTraceparent, spanIdOf } from '../../core/trace-context.ts';
import type { Job, OwnerReference } from '../../runtime/kube/types.ts';
import type { CheckContext, SpecOf } from './types.ts';

const KEEP_SECONDS = 3 * 24 * 3600;
/** A Job that is gone at once cannot be asked how it ended. */
const LEAST_KEEP_SECONDS = 60;

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
      ...annotationsOf(spec, place.name),
      ...(place.owner === undefined ? {} : { ownerReferences: [place.owner] }),
    },
    spec: {
      backoffLimit: pod?.retries ?? 0,
      activeDeadlineSeconds: Math.max(1, Math.ceil(context.check.timeoutMs / 1000)),
      ttlSecondsAfterFinished: Math.max(LEAST_KEEP_SECONDS, pod?.ttlSecondsAfterFinished ?? KEEP_SECONDS),
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

function annotationsOf(spec: SpecOf<'task'>, name: string): { annotations?: Record<string, string> } {
  const annotations = { ...spec.pod?.annotations, ...(spec.keptn ? keptnAnnotations(spec.keptn, name) : {}) };
  return Object.keys(annotations).length === 0 ? {} : { annotations };
}

function ownLabels(context: CheckContext): Record<string, string> {
  const { plan } = context.hook;
  return {
    [PIPELINE_LABEL]: plan.pipeline,
    [STAGE_LABEL]: plan.stage,
    // Names that are no label values have been made into some for the anchor.
    ...plan.anchor.labels,
    [PART_LABEL]: 'task',
    [PHASE_LABEL]: context.phase,
    [CHECK_LABEL]: context.check.name,
    [DELIVERY_LABEL]: context.delivery.id,
  };
}

function accountOf(spec: SpecOf<'task'>): Record<string, unknown> {
  const account = spec.pod?.serviceAccountName ?? spec.serviceAccountName;
  // Where a Keptn task says nothing the namespace's default account is mounted, as Keptn left it to Kubernetes.
  const none = account === undefined && spec.keptn === undefined;
  const mount = spec.pod?.automountServiceAccountToken ?? (none ? false : undefined);
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
    env: spec.keptn === undefined ? environment(spec, context) : keptnEnvironment(spec, spec.keptn, context),
    ...(spec.envFrom === undefined ? {} : { envFrom: spec.envFrom }),
  };
}

/** The task's own variables win over ours. */
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

/**
 * Exactly what Keptn gave its tasks: their own variables and `KEPTN_CONTEXT`, whose trace parent is the span of the
 * phase, not that of the task.
 */
function keptnEnvironment(spec: SpecOf<'task'>, keptn: KeptnContext, context: CheckContext): unknown {
  const { traceId } = context.delivery;
  const spanId = spanIdOf(traceId, spanKey.phase(context.attempt, context.phase));
  const traceparent = formatTraceparent({ traceId, spanId, sampled: true });
  const text = keptnContextText(context.hook.plan, keptn, traceparent);
  return withKeptnContext(spec.pod?.container ?? {}, text)['env'];
}
