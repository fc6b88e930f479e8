/**
 * The plan: everything that a delivery will do, compiled at render time by a dialect and embedded in the hook
 * Jobs. Plain JSON, no secrets, the same bytes for the same inputs.
 */
import type { AncestryEntry } from './ancestry.ts';
import type { KeptnPart, TaskPod } from './dialects/keptn/plan-part.ts';
import { StagelineError } from './errors.ts';
import type { Freight } from './freight.ts';
import type {
  AnalysisSpec,
  Check,
  HttpSpec,
  LoadSpec,
  MetricSpec,
  TaskSpec,
  WaitForSpec,
} from './pipeline/schema.ts';

export const PLAN_VERSION = 1;

/** A larger plan is a render error: one environment string may hold 128 KiB on Linux. */
export const PLAN_LIMIT_BYTES = 96 * 1024;

/** Environment variables of a hook Job that carry the plan and say which part of it to do. */
export const PLAN_ENV = 'STAGELINE_PLAN';
export const ROLE_ENV = 'STAGELINE_ROLE';
/** Name, UID and namespace of the hook Job and its pod, by the downward API. */
export const JOB_NAME_ENV = 'STAGELINE_JOB_NAME';
export const POD_NAME_ENV = 'STAGELINE_POD_NAME';
export const NAMESPACE_ENV = 'STAGELINE_NAMESPACE';

/** What a hook Job does. `pre`, `post` and `promote` work on a phase; `fail` notes a failed sync. */
export type HookRole = 'pre' | 'post' | 'promote' | 'fail';

/** Phases with checks; those of `promotion` are the tasks that promote by themselves, as Keptn's do. */
export type CheckPhase = 'pre-deployment' | 'post-deployment' | 'promotion';
export type PhaseName = CheckPhase | 'deployment';

/** Phases in the order in which a delivery goes through them. */
export const PHASES: readonly PhaseName[] = ['pre-deployment', 'deployment', 'post-deployment', 'promotion'];

/** What a Keptn task finds in its environment as `KEPTN_CONTEXT`, without the trace parent. */
export interface KeptnContext {
  workloadName: string;
  appName: string;
  appVersion: string;
  workloadVersion: string;
  taskType: 'pre' | 'post' | 'promotion';
  objectType: 'App' | 'Workload';
  /** Of the application, where another one of the render has the same name; no field of Keptn's. */
  namespace?: string;
}

/** How a metrics server is reached that does not answer everybody. */
export interface MetricAccess {
  /** Variables of the hook Job that hold user and password; see `Plan.secretEnv`. */
  basicAuth?: { userEnv: string; passwordEnv: string };
  /** Takes any certificate. */
  insecureSkipVerify?: true;
}

/** A variable of the hook Jobs that run checks, taken from a Secret of their namespace. */
export interface SecretEnv {
  name: string;
  secret: string;
  key: string;
}

export type CheckSpec =
  | ({ kind: 'task'; keptn?: KeptnContext; pod?: TaskPod } & TaskSpec)
  | ({ kind: 'http' } & HttpSpec)
  | ({ kind: 'metric'; access?: MetricAccess } & MetricSpec)
  | ({ kind: 'load' } & LoadSpec)
  | ({ kind: 'wait-for' } & WaitForSpec)
  | ({ kind: 'analysis' } & AnalysisSpec);

export type CheckKind = CheckSpec['kind'];

export interface PlannedCheck {
  name: string;
  workload?: string;
  timeoutMs: number;
  /** Further tries after one that did not pass. */
  retries: number;
  /** Wait before the first retry. */
  backoffMs: number;
  /** Default 2. */
  backoffFactor?: number;
  /** Default one minute. */
  backoffMaxMs?: number;
  /** Without it the check always runs. */
  when?: Check['when'];
  spec: CheckSpec;
}

/** Checks that run in parallel. */
export type PlannedStep = PlannedCheck[];

export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** How a promotion is carried out. */
export type PromotionWay =
  | { kind: 'push'; merge: boolean }
  | {
      kind: 'pull-request';
      title?: string;
      labels: string[];
      reviewers: { users: string[]; teams: string[] };
      draft: boolean;
      /** Not there: people merge. */
      autoMerge?: MergeMethod;
    }
  | { kind: 'workflow'; file: string; ref?: string; inputs: Record<string, string> };

/** When promotions may happen. Times are milliseconds. */
export interface PlannedWindow {
  kind: 'allow' | 'deny';
  /** Cron, five fields: when it opens. */
  schedule: string;
  durationMs: number;
  timeZone: string;
}

/** What a promotion waits for before it is carried out, in this order. */
export interface PlannedGates {
  hold?: string;
  approval?: { expiresMs?: number };
  soakMs?: number;
  windows?: PlannedWindow[];
}

/** Who has to have verified a freight before it goes on, by what they published in Git. */
export interface PlannedAgreement {
  of: { stage: string; applications: string[] }[];
}

/** Where a promotion writes, and as whom. */
export interface PlannedPlace {
  /** Name of the stage whose files are changed. */
  target: string;
  targetApplication: string;
  /** Repository-relative path of the target's application. */
  targetPath: string;
  repoURL: string;
  /** Branch that the target is delivered from. */
  base: string;
  /** Name of the Secret whose keys `username` and `token` Git uses; its values reach only the promotion Job. */
  secret: string;
  /** Left to `stageline promote --due`, which has credentials of its own; no Job here gets any. */
  by?: 'due';
  /** Kind of Git host and address of its API, where they do not follow from `repoURL`. */
  provider?: 'github' | 'gitea' | 'forgejo';
  api?: string;
  /** Templates with `{traceId}` and `{commit}`. */
  links?: { trace?: string; commit?: string };
}

export interface PlannedPromotion extends PlannedPlace {
  way: PromotionWay;
  /** Places that are added where the target does not have them; any other that is missing is an error. */
  create?: { file: string; key: string }[];
  gates?: PlannedGates;
  agreement?: PlannedAgreement;
}

/** Restores the last verified freight of the plan's own stage, which is its target. */
export interface PlannedRollback extends PlannedPlace {
  way: Exclude<PromotionWay, { kind: 'workflow' }>;
  /** How long a failure to apply or to become healthy has to stand, in milliseconds. */
  afterMs: number;
}

/** The version that is delivered. */
export interface PlannedCommit {
  /**
   * Path-scoped commit (40 or 64 hexadecimal digits), or `digest-<16 hexadecimal digits>` of the inputs where
   * history cannot say.
   */
  id: string;
  /** `shallow`: taken from a history that was cut off, so an older commit may be the true one. */
  mode: 'git' | 'shallow' | 'digest';
  author?: string;
  subject?: string;
  /** RFC 3339. */
  committedAt?: string;
}

export interface Plan {
  version: typeof PLAN_VERSION;
  pipeline: string;
  stage: string;
  /** ARGOCD_APP_NAME. */
  application: string;
  /** ARGOCD_APP_PROJECT_NAME: the AppProject, where Argo CD says it. */
  project?: string;
  /** Destination namespace, where hooks, anchor and ledger live. */
  namespace: string;
  /** Anchor as rendered; the first PreSync hook creates it, Argo CD takes it over. */
  anchor: { name: string; labels: Record<string, string>; data: Record<string, string> };
  ledger: { name: string };
  commit: PlannedCommit;
  /** The revision that Argo CD resolved, head of the branch; for people and for promotion. */
  head: string;
  source: { repoURL: string; path: string; targetRevision: string };
  freight: Freight;
  /** Hash of this stage's own part of the pipeline file. */
  definition: string;
  /** Stages that this version came through, oldest first. */
  ancestry: AncestryEntry[];
  /** W3C traceparents of the spans that this delivery's trace links to. */
  links: { traceparent: string; stage?: string }[];
  /** Attributes of the trace, with their raw keys. */
  metadata: Record<string, string>;
  phases: { name: CheckPhase; steps: PlannedStep[] }[];
  promotions: PlannedPromotion[];
  rollback?: PlannedRollback;
  /** What only checks read, by reference. */
  secretEnv?: SecretEnv[];
  /** Of a render with Keptn's resources. */
  keptn?: KeptnPart;
}

/** Reads a plan from a hook Job's environment. Errors: `PLAN_MISSING`, `PLAN_VERSION`. */
export function parsePlan(text: string | undefined): Plan {
  const missing = (cause?: unknown): StagelineError =>
    new StagelineError(`environment variable ${PLAN_ENV} holds no plan`, {
      code: 'PLAN_MISSING',
      hint: 'Run the hook runner only as a Job that the plugin rendered',
      cause,
    });
  if (!text) throw missing();
  let plan: unknown;
  try {
    plan = JSON.parse(text);
  } catch (cause) {
    throw missing(cause);
  }
  if (typeof plan !== 'object' || plan === null || !('version' in plan)) throw missing();
  if (plan.version !== PLAN_VERSION) {
    throw new StagelineError(
      `the plan has version ${String(plan.version)}, this runner reads version ${PLAN_VERSION}`,
      {
        code: 'PLAN_VERSION',
        hint: 'Use the same release for the plugin and the hook image, then refresh the application hard',
        blame: 'setup',
      },
    );
  }
  return plan as Plan;
}

/** The steps of a check phase; empty if it has none. */
export function stepsOf(plan: Plan, phase: CheckPhase): PlannedStep[] {
  return plan.phases.find((candidate) => candidate.name === phase)?.steps ?? [];
}

/** The hook roles that a plan has work for, in order: the first opens the delivery, `fail` is always there. */
export function rolesOf(plan: Plan): HookRole[] {
  const pre = stepsOf(plan, 'pre-deployment').length > 0;
  const post = stepsOf(plan, 'post-deployment').length > 0;
  const promote = plan.promotions.length > 0 || stepsOf(plan, 'promotion').length > 0;
  return [
    ...(pre ? (['pre'] as const) : []),
    // Without promotions the post-deployment hook closes the delivery even if it has nothing to check.
    ...(post || !promote ? (['post'] as const) : []),
    ...(promote ? (['promote'] as const) : []),
    'fail',
  ];
}
