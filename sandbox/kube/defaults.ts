/**
 * What the API server fills in when an object is written: the defaults that the stand-in's controllers act on, and
 * at creation a Job's selector and labels and the first status. Other defaults of Kubernetes are left out.
 */
import { isRecord, valueAt, withoutNulls, type JsonRecord } from './json.ts';
import type { ResourceType } from './resources.ts';
import type { KubeObject } from './types.ts';

type Defaulter = (object: KubeObject) => void;

/** A copy with nulls dropped and defaults set. Custom kinds are left as they are. */
export function withDefaults(object: KubeObject, type: ResourceType | undefined): KubeObject {
  const copy = structuredClone(object);
  if (type === undefined) return copy;
  const { apiVersion, kind, metadata, ...rest } = copy;
  const cleaned = withoutNulls({ metadata, ...rest });
  const result: KubeObject = {
    apiVersion,
    kind,
    ...(isRecord(cleaned) ? cleaned : {}),
    metadata: cleanMetadata(metadata),
  };
  defaulters[type.kind]?.(result);
  return result;
}

function cleanMetadata(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const cleaned = { ...metadata };
  if (cleaned.labels === null) delete cleaned.labels;
  if (cleaned.annotations === null) delete cleaned.annotations;
  return cleaned;
}

/** Sets what only a new object gets; `metadata.uid` is there already. */
export function prepareNew(object: KubeObject, type: ResourceType | undefined): void {
  if (type?.kind === 'Job') selectByController(object);
  if (type?.status !== true) return;
  object['status'] =
    type.kind === 'Pod' ? { phase: 'Pending' } : type.kind === 'Namespace' ? { phase: 'Active' } : {};
}

const defaulters: Readonly<Record<string, Defaulter>> = {
  Secret: defaultSecret,
  Pod: (pod) => defaultPodSpec(child(pod, 'spec'), true),
  Job: (job) => defaultJobSpec(child(job, 'spec')),
  CronJob: defaultCronJob,
  Deployment: defaultDeployment,
  ReplicaSet: defaultReplicas,
  Service: defaultService,
};

function defaultSecret(secret: KubeObject): void {
  secret['type'] ??= 'Opaque';
  const plain = secret['stringData'];
  if (!isRecord(plain)) return;
  const encoded = Object.entries(plain).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  secret['data'] = { ...(isRecord(secret['data']) ? secret['data'] : {}), ...Object.fromEntries(encoded) };
  delete secret['stringData'];
}

function defaultCronJob(cronJob: KubeObject): void {
  const spec = child(cronJob, 'spec');
  spec['concurrencyPolicy'] ??= 'Allow';
  spec['suspend'] ??= false;
  defaultPodSpec(child(child(child(child(spec, 'jobTemplate'), 'spec'), 'template'), 'spec'), false);
}

function defaultJobSpec(spec: JsonRecord): void {
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) {
    spec['completions'] = 1;
    spec['parallelism'] = 1;
  }
  spec['parallelism'] ??= 1;
  spec['backoffLimit'] ??= 6;
  spec['completionMode'] ??= 'NonIndexed';
  spec['suspend'] ??= false;
  defaultPodSpec(child(child(spec, 'template'), 'spec'), false);
}

function defaultDeployment(deployment: KubeObject): void {
  defaultReplicas(deployment);
  const spec = child(deployment, 'spec');
  spec['progressDeadlineSeconds'] ??= 600;
  spec['revisionHistoryLimit'] ??= 10;
  const strategy = child(spec, 'strategy');
  strategy['type'] ??= 'RollingUpdate';
  if (strategy['type'] !== 'RollingUpdate') return;
  const rolling = child(strategy, 'rollingUpdate');
  rolling['maxSurge'] ??= '25%';
  rolling['maxUnavailable'] ??= '25%';
}

function defaultReplicas(object: KubeObject): void {
  const spec = child(object, 'spec');
  spec['replicas'] ??= 1;
  defaultPodSpec(child(child(spec, 'template'), 'spec'), true);
}

function defaultService(service: KubeObject): void {
  const spec = child(service, 'spec');
  spec['type'] ??= 'ClusterIP';
  const ports = spec['ports'];
  if (!Array.isArray(ports)) return;
  for (const port of ports.filter(isRecord)) {
    port['protocol'] ??= 'TCP';
    port['targetPort'] ??= port['port'];
  }
}

function defaultPodSpec(spec: JsonRecord, restarts: boolean): void {
  if (restarts) spec['restartPolicy'] ??= 'Always';
  spec['terminationGracePeriodSeconds'] ??= 30;
}

/** The labels by which a Job knows its Pods (pkg/registry/batch/job `generateSelector`). */
function selectByController(job: KubeObject): void {
  if (valueAt(job, ['spec', 'manualSelector']) === true) return;
  const uid = job.metadata.uid ?? '';
  const spec = child(job, 'spec');
  const labels = child(child(child(spec, 'template'), 'metadata'), 'labels');
  Object.assign(labels, {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': job.metadata.name,
    'controller-uid': uid,
    'job-name': job.metadata.name,
  });
  spec['selector'] = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
}

/** The map under a key, made if it is not there. */
function child(parent: JsonRecord, key: string): JsonRecord {
  const present = parent[key];
  if (isRecord(present)) return present;
  const made: JsonRecord = {};
  parent[key] = made;
  return made;
}
