/**
 * The parts of Kubernetes' objects that the stand-in cluster reads, as schemas: they hold at the API's edge what the
 * API server's decoder would hold, and give the controllers typed objects. Unknown fields pass through.
 */
import { z } from 'zod';

const strings = z.record(z.string(), z.string());
const intOrString = z.union([z.int(), z.string()]);

export const metaSchema = z.looseObject({
  name: z.string(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.int().optional(),
  labels: strings.optional(),
  annotations: strings.optional(),
  ownerReferences: z
    .array(
      z.looseObject({
        apiVersion: z.string(),
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().optional(),
        blockOwnerDeletion: z.boolean().optional(),
      }),
    )
    .optional(),
  finalizers: z.array(z.string()).optional(),
});

const keyReference = z.looseObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() });
const nameReference = z.looseObject({ name: z.string(), optional: z.boolean().optional() });

const envVar = z.looseObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .looseObject({
      secretKeyRef: keyReference.optional(),
      configMapKeyRef: keyReference.optional(),
      fieldRef: z.looseObject({ fieldPath: z.string() }).optional(),
    })
    .optional(),
});

const probe = z.looseObject({
  httpGet: z
    .looseObject({
      path: z.string().optional(),
      port: intOrString,
      httpHeaders: z.array(z.looseObject({ name: z.string(), value: z.string() })).optional(),
    })
    .optional(),
  tcpSocket: z.looseObject({ port: intOrString }).optional(),
  initialDelaySeconds: z.int().optional(),
  periodSeconds: z.int().optional(),
  timeoutSeconds: z.int().optional(),
  successThreshold: z.int().optional(),
  failureThreshold: z.int().optional(),
});

const container = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  workingDir: z.string().optional(),
  env: z.array(envVar).optional(),
  envFrom: z
    .array(
      z.looseObject({
        prefix: z.string().optional(),
        secretRef: nameReference.optional(),
        configMapRef: nameReference.optional(),
      }),
    )
    .optional(),
  ports: z
    .array(
      z.looseObject({ containerPort: z.int(), name: z.string().optional(), protocol: z.string().optional() }),
    )
    .optional(),
  volumeMounts: z
    .array(
      z.looseObject({
        name: z.string(),
        mountPath: z.string(),
        subPath: z.string().optional(),
        readOnly: z.boolean().optional(),
      }),
    )
    .optional(),
  readinessProbe: probe.optional(),
  livenessProbe: probe.optional(),
  startupProbe: probe.optional(),
});

const keyItems = z
  .array(z.looseObject({ key: z.string(), path: z.string(), mode: z.int().optional() }))
  .optional();

const projectedSource = z.looseObject({
  secret: z.looseObject({ name: z.string(), items: keyItems, optional: z.boolean().optional() }).optional(),
  configMap: z
    .looseObject({ name: z.string(), items: keyItems, optional: z.boolean().optional() })
    .optional(),
  serviceAccountToken: z.looseObject({ path: z.string() }).optional(),
  downwardAPI: z
    .looseObject({
      items: z
        .array(
          z.looseObject({ path: z.string(), fieldRef: z.looseObject({ fieldPath: z.string() }).optional() }),
        )
        .optional(),
    })
    .optional(),
});

const volume = z.looseObject({
  name: z.string(),
  configMap: z
    .looseObject({ name: z.string(), items: keyItems, optional: z.boolean().optional() })
    .optional(),
  secret: z
    .looseObject({ secretName: z.string(), items: keyItems, optional: z.boolean().optional() })
    .optional(),
  emptyDir: z.looseObject({}).optional(),
  projected: z.looseObject({ sources: z.array(projectedSource).optional() }).optional(),
  downwardAPI: projectedSource.shape.downwardAPI,
});

const podSpec = z.looseObject({
  containers: z.array(container).optional(),
  initContainers: z.array(container).optional(),
  volumes: z.array(volume).optional(),
  restartPolicy: z.string().optional(),
  serviceAccountName: z.string().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  terminationGracePeriodSeconds: z.int().optional(),
  activeDeadlineSeconds: z.int().optional(),
  nodeName: z.string().optional(),
});

const templateMeta = z.looseObject({ labels: strings.optional(), annotations: strings.optional() });
const podTemplate = z.looseObject({ metadata: templateMeta.optional(), spec: podSpec.optional() });
const labelSelector = z.looseObject({ matchLabels: strings.optional() });

const condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastTransitionTime: z.string().optional(),
});

const containerState = z.looseObject({
  waiting: z.looseObject({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  running: z.looseObject({ startedAt: z.string().optional() }).optional(),
  terminated: z
    .looseObject({
      exitCode: z.int(),
      reason: z.string().optional(),
      message: z.string().optional(),
      signal: z.int().optional(),
      startedAt: z.string().optional(),
      finishedAt: z.string().optional(),
    })
    .optional(),
});

const containerStatus = z.looseObject({
  name: z.string(),
  image: z.string(),
  imageID: z.string(),
  ready: z.boolean(),
  started: z.boolean().optional(),
  restartCount: z.int(),
  state: containerState,
  lastState: containerState,
});

export const podSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: metaSchema,
  spec: podSpec.default({}),
  status: z
    .looseObject({
      phase: z.string().optional(),
      reason: z.string().optional(),
      message: z.string().optional(),
      startTime: z.string().optional(),
      conditions: z.array(condition).optional(),
      initContainerStatuses: z.array(containerStatus).optional(),
      containerStatuses: z.array(containerStatus).optional(),
    })
    .default({}),
});

const jobSpec = z.looseObject({
  parallelism: z.int().optional(),
  completions: z.int().optional(),
  backoffLimit: z.int().optional(),
  activeDeadlineSeconds: z.int().optional(),
  ttlSecondsAfterFinished: z.int().optional(),
  suspend: z.boolean().optional(),
  completionMode: z.string().optional(),
  manualSelector: z.boolean().optional(),
  selector: labelSelector.optional(),
  template: podTemplate.default({}),
});

export const jobSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: metaSchema,
  spec: jobSpec.prefault({}),
  status: z
    .looseObject({
      active: z.int().optional(),
      succeeded: z.int().optional(),
      failed: z.int().optional(),
      startTime: z.string().optional(),
      completionTime: z.string().optional(),
      conditions: z.array(condition).optional(),
    })
    .default({}),
});

export const cronJobSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: metaSchema,
  spec: z
    .looseObject({
      schedule: z.string().optional(),
      suspend: z.boolean().optional(),
      jobTemplate: z.looseObject({ spec: jobSpec.optional() }).optional(),
    })
    .default({}),
});

const replicaSpec = {
  replicas: z.int().optional(),
  selector: labelSelector.optional(),
  template: podTemplate.default({}),
};

export const deploymentSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: metaSchema,
  spec: z
    .looseObject({
      ...replicaSpec,
      paused: z.boolean().optional(),
      progressDeadlineSeconds: z.int().optional(),
      revisionHistoryLimit: z.int().optional(),
      minReadySeconds: z.int().optional(),
      strategy: z
        .looseObject({
          type: z.string().optional(),
          rollingUpdate: z
            .looseObject({ maxSurge: intOrString.optional(), maxUnavailable: intOrString.optional() })
            .optional(),
        })
        .optional(),
    })
    .prefault({}),
  status: z.looseObject({ conditions: z.array(condition).optional() }).default({}),
});

export const replicaSetSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: metaSchema,
  spec: z.looseObject(replicaSpec).prefault({}),
  status: z
    .looseObject({
      replicas: z.int().optional(),
      readyReplicas: z.int().optional(),
      availableReplicas: z.int().optional(),
      observedGeneration: z.int().optional(),
    })
    .default({}),
});

export const serviceSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: metaSchema,
  spec: z
    .looseObject({
      type: z.string().optional(),
      selector: strings.optional(),
      ports: z
        .array(
          z.looseObject({
            port: z.int(),
            name: z.string().optional(),
            protocol: z.string().optional(),
            targetPort: intOrString.optional(),
          }),
        )
        .optional(),
    })
    .default({}),
});

export const configMapSchema = z.looseObject({
  metadata: metaSchema,
  data: strings.optional(),
  binaryData: strings.optional(),
  immutable: z.boolean().optional(),
});

export const secretSchema = z.looseObject({
  metadata: metaSchema,
  type: z.string().optional(),
  data: strings.optional(),
  stringData: strings.optional(),
  immutable: z.boolean().optional(),
});

const rule = z.looseObject({
  apiGroups: z.array(z.string()).optional(),
  resources: z.array(z.string()).optional(),
  resourceNames: z.array(z.string()).optional(),
  nonResourceURLs: z.array(z.string()).optional(),
  verbs: z.array(z.string()),
});

export const roleSchema = z.looseObject({ metadata: metaSchema, rules: z.array(rule).optional() });

export const roleBindingSchema = z.looseObject({
  metadata: metaSchema,
  roleRef: z.looseObject({ kind: z.string(), name: z.string() }),
  subjects: z
    .array(z.looseObject({ kind: z.string(), name: z.string(), namespace: z.string().optional() }))
    .optional(),
});

const anySchema = z.looseObject({ metadata: metaSchema });

/** The schema of a built-in kind; only metadata is held for the others. */
export function schemaOf(kind: string): z.ZodType {
  return schemas[kind] ?? anySchema;
}

const schemas: Readonly<Record<string, z.ZodType>> = {
  ConfigMap: configMapSchema,
  Secret: secretSchema,
  Pod: podSchema,
  Job: jobSchema,
  CronJob: cronJobSchema,
  Deployment: deploymentSchema,
  ReplicaSet: replicaSetSchema,
  Service: serviceSchema,
  Role: roleSchema,
  ClusterRole: roleSchema,
  RoleBinding: roleBindingSchema,
  ClusterRoleBinding: roleBindingSchema,
};

export type Meta = z.infer<typeof metaSchema>;
export type Pod = z.infer<typeof podSchema>;
export type PodSpec = z.infer<typeof podSpec>;
export type PodTemplate = z.infer<typeof podTemplate>;
export type Container = z.infer<typeof container>;
export type ContainerStatus = z.infer<typeof containerStatus>;
export type ContainerState = z.infer<typeof containerState>;
export type Condition = z.infer<typeof condition>;
export type Probe = z.infer<typeof probe>;
export type Volume = z.infer<typeof volume>;
export type Job = z.infer<typeof jobSchema>;
export type Deployment = z.infer<typeof deploymentSchema>;
export type ReplicaSet = z.infer<typeof replicaSetSchema>;
export type Service = z.infer<typeof serviceSchema>;
export type PolicyRule = z.infer<typeof rule>;
