/** What a Keptn task finds in its environment, made when the task starts (Keptn's TaskContext, keptntask_types.go). */
import type { KeptnContext, Plan } from '../../plan.ts';
import { goJsonMap, goJsonText } from './go-values.ts';
import { isObject, type Json, type JsonObject } from './objects.ts';

/**
 * `KEPTN_CONTEXT`: fields in Keptn's order, and the application's metadata with the workload's over it and the phase
 * span's trace parent, keys sorted as Go sorts them.
 */
export function keptnContextText(
  plan: Pick<Plan, 'metadata' | 'keptn'>,
  context: KeptnContext,
  traceparent: string,
): string {
  const members: [string, string][] = [
    ['workloadName', goJsonText(context.workloadName)],
    ['appName', goJsonText(context.appName)],
    ['appVersion', goJsonText(context.appVersion)],
    ['workloadVersion', goJsonText(context.workloadVersion)],
    ['taskType', goJsonText(context.taskType)],
    ['objectType', goJsonText(context.objectType)],
    ['metadata', goJsonMap({ ...metadataOf(plan, context), traceparent })],
  ];
  return `{${members.map(([key, value]) => `"${key}":${value}`).join(',')}}`;
}

function metadataOf(plan: Pick<Plan, 'metadata' | 'keptn'>, context: KeptnContext): Record<string, string> {
  const app = plan.keptn?.apps.find(
    ({ name, namespace }) => name === context.appName && namespace === (context.namespace ?? namespace),
  );
  if (!app) return plan.metadata;
  const workload = app.workloads.find(({ name }) => name === context.workloadName);
  return { ...app.metadata, ...workload?.metadata };
}

/** A container with `KEPTN_CONTEXT` set where it stands, or added after its other variables. */
export function withKeptnContext(container: JsonObject, text: string): JsonObject {
  const entry = { name: 'KEPTN_CONTEXT', value: text };
  const env: Json[] = Array.isArray(container['env']) ? container['env'] : [];
  const at = env.findIndex((variable) => isObject(variable) && variable['name'] === 'KEPTN_CONTEXT');
  return { ...container, env: at < 0 ? [...env, entry] : env.with(at, entry) };
}

/** What Keptn writes on a task's Job besides the definition's own annotations. */
export function keptnAnnotations(context: KeptnContext, taskName: string): Record<string, string> {
  return {
    'keptn.sh/app': context.appName,
    ...(context.workloadName === '' ? {} : { 'keptn.sh/workload': context.workloadName }),
    'keptn.sh/version': context.workloadName === '' ? context.appVersion : context.workloadVersion,
    'keptn.sh/task-name': taskName,
  };
}
