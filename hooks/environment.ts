/** What a hook Job's environment says: the plan, the part of it to do, and the operation that it belongs to. */
import { StagelineError } from '../core/errors.ts';
import {
  JOB_NAME_ENV,
  NAMESPACE_ENV,
  parsePlan,
  PLAN_ENV,
  POD_NAME_ENV,
  ROLE_ENV,
  type HookRole,
  type Plan,
} from '../core/plan.ts';

export interface HookEnvironment {
  plan: Plan;
  role: HookRole;
  jobName: string;
  podName: string | undefined;
  /** Where this hook's Job, the anchor and the ledger are. */
  namespace: string;
  /** Start of Argo CD's operation in Unix seconds. */
  operation: string;
}

const ROLES: readonly HookRole[] = ['pre', 'post', 'promote', 'fail'];

/** Argo CD names a generated hook `<prefix><7 of revision>-<phase>-<start in Unix seconds>`. */
const OPERATION = /-(?:presync|sync|postsync|syncfail)-(\d{1,12})$/i;

/** Errors: `PLAN_MISSING`, `PLAN_VERSION`, `HOOK_ENVIRONMENT`. */
export function readHookEnvironment(env: NodeJS.ProcessEnv): HookEnvironment {
  const plan = parsePlan(env[PLAN_ENV]);
  const role = ROLES.find((known) => known === env[ROLE_ENV]);
  if (!role) throw malformed(`${ROLE_ENV} is "${env[ROLE_ENV] ?? ''}", not one of ${ROLES.join(', ')}`);
  const jobName = env[JOB_NAME_ENV];
  if (!jobName) throw malformed(`${JOB_NAME_ENV} is not set`);
  const operation = operationOf(jobName);
  if (operation === undefined)
    throw malformed(`${JOB_NAME_ENV} "${jobName}" does not end in the phase and start of an operation`);
  return {
    plan,
    role,
    jobName,
    podName: env[POD_NAME_ENV] || undefined,
    namespace: env[NAMESPACE_ENV] || plan.namespace,
    operation,
  };
}

/** The start of the operation, which survives Argo CD's retries: the attempt's identity. */
export function operationOf(jobName: string): string | undefined {
  return OPERATION.exec(jobName)?.[1];
}

function malformed(problem: string): StagelineError {
  return new StagelineError(`the environment of the hook is not what the plugin renders: ${problem}`, {
    code: 'HOOK_ENVIRONMENT',
    hint: 'Run the hook runner only as a Job that the plugin rendered and Argo CD created',
    blame: 'setup',
  });
}
