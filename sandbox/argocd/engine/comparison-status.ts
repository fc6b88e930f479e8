/** Writes what a comparison found into an Application's status. */
import type { Application, ApplicationCondition, ApplicationStatus } from './application.ts';
import type { Comparison } from './compare.ts';
import { imagesOf } from './resource-tree.ts';

export type ComparisonOutcome =
  | { ok: true; comparison: Comparison }
  | { ok: false; reason: string; type: string };

const REWRITTEN_CONDITIONS = new Set([
  'ComparisonError',
  'InvalidSpecError',
  'RepeatedResourceWarning',
  'SyncError',
  'UnknownError',
]);

/**
 * The status after a comparison. A failed one makes the sync status Unknown and leaves resources and health
 * as they were; conditions keep the time they first appeared.
 */
export function statusAfter(
  status: ApplicationStatus,
  input: {
    application: Application;
    outcome: ComparisonOutcome;
    conditions: ApplicationCondition[];
    now: string;
    controlPlaneNamespace: string;
    reconciled: boolean;
    images: string[];
  },
): ApplicationStatus {
  const { application, outcome, now } = input;
  const { source, destination } = application.spec;
  const comparedTo = { source, destination };
  const conditions = [
    ...(outcome.ok ? outcome.comparison.conditions : [{ type: outcome.type, message: outcome.reason }]),
    ...input.conditions,
  ];
  const healthCode = outcome.ok ? outcome.comparison.health : (status.health?.status ?? 'Unknown');
  const health =
    status.health?.status === healthCode ? status.health : { status: healthCode, lastTransitionTime: now };
  const sync = outcome.ok
    ? { status: outcome.comparison.syncStatus, revision: outcome.comparison.revision, comparedTo }
    : { status: 'Unknown' as const, comparedTo };
  const next: ApplicationStatus = {
    ...status,
    sync,
    health,
    sourceType: 'Plugin',
    resourceHealthSource: 'appTree',
    controllerNamespace: input.controlPlaneNamespace,
    summary: input.images.length > 0 ? { images: input.images } : {},
    sourceHydrator: {},
  };
  if (outcome.ok) next.resources = outcome.comparison.resources;
  if (input.reconciled || !status.reconciledAt) next.reconciledAt = now;
  const merged = mergedConditions(status.conditions ?? [], conditions, now);
  if (merged.length > 0) next.conditions = merged;
  else delete next.conditions;
  return next;
}

/** Images of everything live that belongs to the application, hook pods included. */
export function liveImages(objects: Iterable<Parameters<typeof imagesOf>[0]>): string[] {
  const images = new Set<string>();
  for (const object of objects) {
    if (object.kind !== 'Pod') continue;
    for (const image of imagesOf(object)) images.add(image);
  }
  return [...images].sort();
}

function mergedConditions(
  before: ApplicationCondition[],
  found: ApplicationCondition[],
  now: string,
): ApplicationCondition[] {
  const kept = before.filter((condition) => !REWRITTEN_CONDITIONS.has(condition.type));
  const stamped = found.map((condition) => {
    const same = before.find(({ type, message }) => type === condition.type && message === condition.message);
    return { ...condition, lastTransitionTime: same?.lastTransitionTime ?? now };
  });
  return [...kept, ...stamped];
}
