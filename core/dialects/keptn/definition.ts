/**
 * What a render verifies, as a hash: a change of checks alone makes the application OutOfSync and so runs them. Of the
 * objects as they are written, so that a new release of Stageline changes nothing; without what a version brings.
 */
import { contentId } from '../../canonical.ts';
import { recordAt, type JsonObject, type NamedObject } from './objects.ts';
import { isKeptnResource } from './resources.ts';
import type { Workload } from './workloads.ts';

/** Fields that say which version is delivered, and that charts fill with commits or random texts. */
const OF_THE_VERSION: Record<string, readonly string[]> = {
  KeptnAppContext: ['metadata', 'spanLinks'],
  KeptnApp: ['version', 'workloads'],
};

/** A KeptnApp's `revision` counts: raising it is how Keptn's users run the checks again. */
export function definitionOf(
  objects: readonly NamedObject[],
  workloads: readonly Workload[],
  functions: ReadonlyMap<string, string>,
): string {
  return contentId({
    dialect: 'keptn',
    objects: objects
      .filter(isKeptnResource)
      .map((object) => [object.kind, object.namespace, object.name, specOf(object)])
      .sort(byText),
    workloads: workloads
      .map(({ fullName, namespace, ...workload }) => [
        fullName,
        namespace,
        workload.preDeploymentTasks,
        workload.preDeploymentEvaluations,
        workload.postDeploymentTasks,
        workload.postDeploymentEvaluations,
      ])
      .sort(byText),
    functions: [...functions].sort(byText),
  });
}

function specOf(object: NamedObject): JsonObject {
  const spec = recordAt(object.object, ['spec']);
  const left = OF_THE_VERSION[object.kind] ?? [];
  return Object.fromEntries(Object.entries(spec).filter(([key]) => !left.includes(key)));
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
