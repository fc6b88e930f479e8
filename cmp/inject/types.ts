/** What is put into a render, and where. */

/** The annotations and the rest that a render gets. */
export interface Injection {
  /** Which objects: all, workloads only, none. */
  scope: 'all' | 'workloads' | 'none';
  /** Path-scoped commit. */
  commitId: string;
  traceparent: string | undefined;
  /** Also annotate pod templates: every commit then rolls the pods. */
  podTemplates: boolean;
  /** OTEL_RESOURCE_ATTRIBUTES of the containers of workloads; undefined leaves them alone. */
  otelAttributes: Record<string, string> | undefined;
}

/**
 * A change of the render. Offsets count bytes; the render is handled as a latin1 string, one character a byte, so
 * that bytes that are not UTF-8 survive too. What is inserted is always ASCII.
 */
export interface Edit {
  at: number;
  /** Bytes taken out; 0 but for `null` in place of annotations and a value that is replaced. */
  remove: number;
  insert: string;
}

/** One document of the stream that the scanner leaves to the slow path. */
export interface DoubtfulDocument {
  /** Byte offsets of its content, without separators. */
  start: number;
  end: number;
  /** Counted from 1, empty ones included. */
  index: number;
}

/** What a scan found. */
export interface Scan {
  edits: Edit[];
  doubtful: DoubtfulDocument[];
  /** Objects that the fast path saw; the slow path adds its own. */
  objects: number;
  /** Documents that name a hook of Argo CD or Helm, whose waves matter to ours. */
  hooks: DoubtfulDocument[];
}

/** Kinds whose metadata gets annotations with scope `workloads`. */
export const WORKLOAD_KINDS: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Pod',
  'Job',
  'CronJob',
  'Rollout',
]);
