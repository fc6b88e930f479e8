/** The kinds that `stageline doctor` reads, and how it takes what this user may not read. */
import { StagelineError } from '../../../core/errors.ts';
import type { Kind } from './cluster.ts';
import {
  ApplicationSchema,
  CronJobSchema,
  DataSchema,
  DeploymentSchema,
  JobSchema,
  NamedSchema,
  PodSchema,
  ProjectSchema,
  RoleBindingSchema,
  RoleSchema,
  ServiceSchema,
} from './objects.ts';

export const KINDS = {
  cronJobs: { group: 'batch', resource: 'cronjobs', schema: CronJobSchema },
  jobs: { group: 'batch', resource: 'jobs', schema: JobSchema },
  deployments: { group: 'apps', resource: 'deployments', schema: DeploymentSchema },
  pods: { group: '', resource: 'pods', schema: PodSchema },
  configMaps: { group: '', resource: 'configmaps', schema: DataSchema },
  secrets: { group: '', resource: 'secrets', schema: DataSchema },
  services: { group: '', resource: 'services', schema: ServiceSchema },
  serviceAccounts: { group: '', resource: 'serviceaccounts', schema: NamedSchema },
  roles: { group: 'rbac.authorization.k8s.io', resource: 'roles', schema: RoleSchema },
  roleBindings: { group: 'rbac.authorization.k8s.io', resource: 'rolebindings', schema: RoleBindingSchema },
  applications: {
    group: 'argoproj.io',
    version: 'v1alpha1',
    resource: 'applications',
    schema: ApplicationSchema,
  },
  projects: { group: 'argoproj.io', version: 'v1alpha1', resource: 'appprojects', schema: ProjectSchema },
} satisfies Record<string, Kind<unknown>>;

/** What this user may not read is taken for not there; the check that needs it says so. */
export async function unlessForbidden<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof StagelineError && error.code === 'KUBE_FORBIDDEN') return undefined;
    throw error;
  }
}
