/**
 * The Application object as Argo CD stores it, for the one kind of source that the stand-in renders: a
 * config-management plugin. Read leniently; unknown fields are kept.
 */
import { z } from 'zod';
import type { KubeObject, ObjectMeta, ObjectStore } from '../../kube/types.ts';
import { isRecord } from './json.ts';

export const APPLICATION_GROUP = 'argoproj.io';
export const APPLICATION_API_VERSION = 'argoproj.io/v1alpha1';
export const REFRESH_ANNOTATION = 'argocd.argoproj.io/refresh';
export const TRACKING_ANNOTATION = 'argocd.argoproj.io/tracking-id';
export const MANIFEST_PATHS_ANNOTATION = 'argocd.argoproj.io/manifest-generate-paths';
export const RESOURCES_FINALIZER = 'resources-finalizer.argocd.argoproj.io';

const pluginParameter = z.looseObject({
  name: z.string(),
  string: z.string().optional(),
  array: z.array(z.string()).optional(),
  map: z.record(z.string(), z.string()).optional(),
});

const applicationSource = z.looseObject({
  repoURL: z.string(),
  path: z.string().optional(),
  targetRevision: z.string().optional(),
  plugin: z
    .looseObject({
      name: z.string().optional(),
      env: z.array(z.looseObject({ name: z.string(), value: z.string() })).optional(),
      parameters: z.array(pluginParameter).optional(),
    })
    .optional(),
});
export type ApplicationSource = z.infer<typeof applicationSource>;

const backoff = z.looseObject({
  duration: z.string().optional(),
  factor: z.number().optional(),
  maxDuration: z.string().optional(),
});
const retryStrategy = z.looseObject({ limit: z.number().optional(), backoff: backoff.optional() });
export type RetryStrategy = z.infer<typeof retryStrategy>;

const destination = z.looseObject({
  server: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
});

const syncOperation = z.looseObject({
  revision: z.string().optional(),
  prune: z.boolean().optional(),
  dryRun: z.boolean().optional(),
  source: applicationSource.optional(),
  syncStrategy: z.looseObject({ hook: z.unknown().optional(), apply: z.unknown().optional() }).nullish(),
  syncOptions: z.array(z.string()).nullish(),
  resources: z
    .array(
      z.looseObject({
        group: z.string().optional(),
        kind: z.string(),
        name: z.string(),
        namespace: z.string().optional(),
      }),
    )
    .nullish(),
  selfHealAttemptsCount: z.number().optional(),
});
export type SyncOperation = z.infer<typeof syncOperation>;

const initiator = z.looseObject({ username: z.string().optional(), automated: z.boolean().optional() });
const operation = z.looseObject({
  sync: syncOperation.optional(),
  initiatedBy: initiator.optional(),
  info: z.array(z.looseObject({ name: z.string(), value: z.string() })).nullish(),
  retry: retryStrategy.optional(),
});
export type Operation = z.infer<typeof operation>;

const resourceResult = z.looseObject({
  group: z.string(),
  version: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  status: z.enum(['Synced', 'SyncFailed', 'Pruned', 'PruneSkipped']).optional(),
  message: z.string().optional(),
  hookType: z.string().optional(),
  hookPhase: z.enum(['Running', 'Terminating', 'Failed', 'Error', 'Succeeded']).optional(),
  syncPhase: z.enum(['PreSync', 'Sync', 'PostSync', 'SyncFail']).optional(),
  images: z.array(z.string()).optional(),
});
export type ResourceResult = z.infer<typeof resourceResult>;

const operationPhase = z.enum(['Running', 'Terminating', 'Failed', 'Error', 'Succeeded']);
export type OperationPhase = z.infer<typeof operationPhase>;

const operationState = z.looseObject({
  operation,
  phase: operationPhase,
  message: z.string().optional(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  retryCount: z.number().optional(),
  syncResult: z
    .looseObject({
      revision: z.string(),
      source: applicationSource.optional(),
      resources: z.array(resourceResult).optional(),
    })
    .optional(),
});
export type OperationState = z.infer<typeof operationState>;

const healthStatus = z.looseObject({ status: z.string(), message: z.string().optional() });
const resourceStatus = z.looseObject({
  group: z.string().optional(),
  version: z.string().optional(),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  status: z.enum(['Synced', 'OutOfSync', 'Unknown']).optional(),
  health: healthStatus.optional(),
  hook: z.boolean().optional(),
  requiresPruning: z.boolean().optional(),
  syncWave: z.number().optional(),
});
export type ResourceStatus = z.infer<typeof resourceStatus>;

const condition = z.looseObject({
  type: z.string(),
  message: z.string(),
  lastTransitionTime: z.string().optional(),
});
export type ApplicationCondition = z.infer<typeof condition>;

const historyEntry = z.looseObject({
  id: z.number(),
  revision: z.string(),
  deployedAt: z.string(),
  deployStartedAt: z.string().optional(),
  source: applicationSource.optional(),
  initiatedBy: initiator.optional(),
});

const applicationStatus = z.looseObject({
  resources: z.array(resourceStatus).optional(),
  sync: z
    .looseObject({
      status: z.enum(['Synced', 'OutOfSync', 'Unknown']),
      revision: z.string().optional(),
      comparedTo: z.looseObject({ source: applicationSource.optional() }).optional(),
    })
    .optional(),
  health: z.looseObject({ status: z.string(), lastTransitionTime: z.string().optional() }).optional(),
  history: z.array(historyEntry).optional(),
  conditions: z.array(condition).optional(),
  operationState: operationState.optional(),
  reconciledAt: z.string().optional(),
  summary: z
    .looseObject({ externalURLs: z.array(z.string()).optional(), images: z.array(z.string()).optional() })
    .optional(),
});
export type ApplicationStatus = z.infer<typeof applicationStatus>;

const applicationSpec = z.looseObject({
  project: z.string().default('default'),
  source: applicationSource,
  destination,
  syncPolicy: z
    .looseObject({
      automated: z
        .looseObject({
          prune: z.boolean().optional(),
          selfHeal: z.boolean().optional(),
          enabled: z.boolean().optional(),
          allowEmpty: z.boolean().optional(),
        })
        .nullish(),
      syncOptions: z.array(z.string()).nullish(),
      retry: retryStrategy.nullish(),
    })
    .nullish(),
  ignoreDifferences: z
    .array(
      z.looseObject({
        group: z.string().optional(),
        kind: z.string(),
        name: z.string().optional(),
        namespace: z.string().optional(),
        jsonPointers: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
});
export type ApplicationSpec = z.infer<typeof applicationSpec>;

const application = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('Application'),
  metadata: z.custom<ObjectMeta>((value) => isRecord(value) && typeof value['name'] === 'string'),
  spec: applicationSpec,
  operation: operation.optional(),
  status: applicationStatus.optional(),
});
export type Application = z.infer<typeof application>;

/** Names an Application: its own namespace and name. */
export interface ApplicationKey {
  namespace: string;
  name: string;
}

export type ParsedApplication = { ok: true; application: Application } | { ok: false; reason: string };

/** Reads an Application object; a wrong one gives the field and the reason. */
export function parseApplication(object: KubeObject): ParsedApplication {
  const parsed = application.safeParse(object);
  if (parsed.success) return { ok: true, application: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}` };
}

/** The Application in the store, or undefined when it is missing or its spec is invalid. */
export function readApplication(store: ObjectStore, key: ApplicationKey): Application | undefined {
  const object = store.get({ group: APPLICATION_GROUP, kind: 'Application', ...key });
  if (!object) return undefined;
  const parsed = parseApplication(object);
  return parsed.ok ? parsed.application : undefined;
}

/** `name` in the control plane's namespace, else `<namespace>_<name>` (facts: instance names). */
export function instanceName(key: ApplicationKey, controlPlaneNamespace: string): string {
  return key.namespace === controlPlaneNamespace ? key.name : `${key.namespace}_${key.name}`;
}

export function keyOf(object: { metadata: ObjectMeta }): ApplicationKey {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/** Argo CD's and Kubernetes' time format: RFC 3339, whole seconds, UTC. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Milliseconds of a Go-style duration such as `5s`, `1m30s` or `250ms`; a bare number is seconds. */
export function durationMs(text: string | undefined, fallbackMs: number): number {
  if (text === undefined || text === '') return fallbackMs;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (units[unit ?? 's'] ?? 0);
  }
  return total > 0 ? total : fallbackMs;
}
