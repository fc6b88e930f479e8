/** What the Keptn dialect adds to a plan, beside what every plan has. */
import type { JsonObject } from './objects.ts';

/** How the pod of a task is made, beyond what a native task can say. */
export interface TaskPod {
  /** Further pods after one that failed; Keptn leaves that to the Job. */
  retries: number;
  /** A v1.Container without its image. Its `KEPTN_CONTEXT` is written when the task starts. */
  container: JsonObject;
  volumes?: JsonObject[];
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  ttlSecondsAfterFinished?: number;
  imagePullSecrets?: JsonObject[];
  /** Index into `KeptnPart.labels`: charts give all their definitions the same. */
  labels?: number;
  annotations?: Record<string, string>;
}

/** A Keptn application of the render. */
export interface KeptnAppPart {
  name: string;
  version: string;
  namespace: string;
  metadata: Record<string, string>;
  workloads: KeptnWorkloadPart[];
}

export interface KeptnWorkloadPart {
  /** `<app>-<workload>`, as Keptn names its object. */
  name: string;
  version: string;
  metadata?: Record<string, string>;
}

export interface KeptnPart {
  apps: KeptnAppPart[];
  /** Sets of labels that tasks take over from their definitions. */
  labels: Record<string, string>[];
  /** Keptn's custom resources of the render by kind, as `<namespace>/<name>`. */
  resources: Record<string, string[]>;
  /** API groups whose objects are left out of the output. */
  leftOut: string[];
  /** What was recognised and is not carried out, or not as Keptn would have. */
  notes: string[];
}
