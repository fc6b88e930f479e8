/** The objects that `stageline doctor` reads, as far as it looks into them. */
import { z } from 'zod';

const strings = z.record(z.string(), z.string());
const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: strings.optional(),
  annotations: strings.optional(),
});

const container = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
  securityContext: z.looseObject({ runAsUser: z.number().optional() }).optional(),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).optional(),
});
export type Container = z.output<typeof container>;

export const DeploymentSchema = z.looseObject({
  metadata,
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.array(container),
        initContainers: z.array(container).optional(),
      }),
    }),
  }),
});
export type Deployment = z.output<typeof DeploymentSchema>;

const state = z.looseObject({
  waiting: z.looseObject({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  running: z.looseObject({}).optional(),
  terminated: z.looseObject({ exitCode: z.number().optional(), reason: z.string().optional() }).optional(),
});
const containerStatus = z.looseObject({
  name: z.string(),
  ready: z.boolean().optional(),
  state: state.optional(),
});

export const PodSchema = z.looseObject({
  metadata,
  status: z
    .looseObject({
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
      containerStatuses: z.array(containerStatus).optional(),
      initContainerStatuses: z.array(containerStatus).optional(),
    })
    .optional(),
});
export type Pod = z.output<typeof PodSchema>;

export const CronJobSchema = z.looseObject({
  metadata,
  spec: z.looseObject({
    schedule: z.string(),
    suspend: z.boolean().optional(),
    jobTemplate: z.looseObject({
      spec: z.looseObject({
        template: z.looseObject({ spec: z.looseObject({ containers: z.array(container) }) }),
      }),
    }),
  }),
  status: z
    .looseObject({
      lastScheduleTime: z.string().optional(),
      lastSuccessfulTime: z.string().optional(),
      active: z.array(z.looseObject({})).optional(),
    })
    .optional(),
});
export type CronJob = z.output<typeof CronJobSchema>;

export const JobSchema = z.looseObject({
  metadata,
  status: z
    .looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional() })
    .optional(),
});

/** ConfigMaps and Secrets. Of a Secret only the names of its keys are ever used. */
export const DataSchema = z.looseObject({ metadata, data: strings.optional() });
export type DataObject = z.output<typeof DataSchema>;

export const NamedSchema = z.looseObject({ metadata });

export const ServiceSchema = z.looseObject({
  metadata,
  spec: z.looseObject({ selector: strings.optional() }).optional(),
});

const rule = z.looseObject({
  apiGroups: z.array(z.string()).optional(),
  resources: z.array(z.string()).optional(),
  resourceNames: z.array(z.string()).optional(),
  verbs: z.array(z.string()),
});
export type Rule = z.output<typeof rule>;
export const RoleSchema = z.looseObject({ metadata, rules: z.array(rule).optional() });

export const RoleBindingSchema = z.looseObject({
  metadata,
  roleRef: z.looseObject({ kind: z.string(), name: z.string() }),
  subjects: z
    .array(z.looseObject({ kind: z.string(), name: z.string(), namespace: z.string().optional() }))
    .optional(),
});
export type RoleBinding = z.output<typeof RoleBindingSchema>;

const source = z.looseObject({
  repoURL: z.string().optional(),
  path: z.string().optional(),
  targetRevision: z.string().optional(),
  plugin: z.looseObject({ name: z.string().optional() }).optional(),
});

export const ApplicationSchema = z.looseObject({
  metadata,
  spec: z.looseObject({
    project: z.string().optional(),
    source: source.optional(),
    sources: z.array(source).optional(),
    sourceHydrator: z.looseObject({}).optional(),
    destination: z
      .looseObject({
        server: z.string().optional(),
        name: z.string().optional(),
        namespace: z.string().optional(),
      })
      .optional(),
  }),
  status: z
    .looseObject({
      conditions: z.array(z.looseObject({ type: z.string(), message: z.string().optional() })).optional(),
    })
    .optional(),
});
export type Application = z.output<typeof ApplicationSchema>;

const groupKinds = z.array(z.looseObject({ group: z.string(), kind: z.string() }));
export const ProjectSchema = z.looseObject({
  metadata,
  spec: z.looseObject({
    namespaceResourceWhitelist: groupKinds.optional(),
    namespaceResourceBlacklist: groupKinds.optional(),
  }),
});
export type Project = z.output<typeof ProjectSchema>;
