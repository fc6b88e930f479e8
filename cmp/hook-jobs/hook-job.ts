/** The hook Jobs that run a plan, and the anchor that stands for the stage. */
import { PART_LABEL, PHASE_LABEL, PIPELINE_LABEL, STAGE_LABEL } from '../../core/annotations.ts';
import { parseDuration } from '../../core/duration.ts';
import { StagelineError } from '../../core/errors.ts';
import { hookJobPrefix } from '../../core/names.ts';
import type { HookSettings } from '../../core/pipeline/schema.ts';
import {
  JOB_NAME_ENV,
  NAMESPACE_ENV,
  PLAN_ENV,
  PLAN_LIMIT_BYTES,
  POD_NAME_ENV,
  ROLE_ENV,
  rolesOf,
  type HookRole,
  type Plan,
} from '../../core/plan.ts';
import { GIT_SECRET_ENV } from '../../core/promotion/secret-env.ts';
import { hookResources } from './resources.ts';
import type { Waves } from './waves.ts';
import { toYaml } from './yaml.ts';

export interface HookJobOptions {
  /** Hook settings of the pipeline file, the stage's own over the pipeline's. */
  settings: HookSettings;
  /** The sidecar's image for hooks. */
  image: string | undefined;
  /** Variables that the sidecar passes on to hooks; never secrets. */
  env: Record<string, string>;
  waves: Waves;
  /** Code of functions, which tasks mount. */
  functions?: { name: string; data: Record<string, string> } | undefined;
}

const HOOKS: Record<HookRole, { hook: string; wave: (waves: Waves) => number }> = {
  pre: { hook: 'PreSync', wave: (waves) => waves.pre },
  post: { hook: 'PostSync', wave: (waves) => waves.post },
  promote: { hook: 'PostSync', wave: (waves) => waves.post + 1 },
  fail: { hook: 'SyncFail', wave: () => 0 },
};

const DEFAULT_DEADLINE = '1h';
const SERVICE_ACCOUNT = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const THREE_DAYS_S = 3 * 24 * 3600;

/** The objects of a plan as a YAML stream: the anchor, then one Job a role. Errors: `PLAN_TOO_LARGE`, `HOOK_IMAGE_MISSING`, `HOOK_SETTINGS`. */
export function planObjects(plan: Plan, options: HookJobOptions): string {
  const planText = JSON.stringify(plan);
  const size = Buffer.byteLength(planText);
  if (size > PLAN_LIMIT_BYTES) {
    throw new StagelineError(
      `the plan of stage "${plan.stage}" has ${Math.ceil(size / 1024)} KiB, more than the ${PLAN_LIMIT_BYTES / 1024} KiB that a Job can carry`,
      {
        code: 'PLAN_TOO_LARGE',
        hint: 'Move long scripts of checks into images, or split the checks among stages',
      },
    );
  }
  const image = options.settings.image || options.image;
  if (image === undefined) {
    throw new StagelineError('no image is set for hook Jobs', {
      code: 'HOOK_IMAGE_MISSING',
      hint: 'Set STAGELINE_HOOK_IMAGE in the sidecar, or hooks.image in the pipeline file',
      blame: 'setup',
    });
  }
  const jobs = rolesOf(plan).map((role) => hookJob(plan, role, { ...options, image, planText }));
  const functions =
    options.functions === undefined ? [] : [functionsConfigMap(plan, options.functions, options.waves)];
  return [anchor(plan), ...functions, ...jobs].map((object) => `---\n${toYaml(object)}`).join('');
}

type Tree = Parameters<typeof toYaml>[0];

function anchor(plan: Plan): Tree {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: plan.anchor.name, labels: plan.anchor.labels },
    data: plan.anchor.data,
  };
}

/**
 * A hook too, below every other: a task before the sync must find the code of this version, not of the last one. It
 * stays until the next sync, since tasks after the sync mount it as well.
 */
function functionsConfigMap(
  plan: Plan,
  functions: { name: string; data: Record<string, string> },
  waves: Waves,
): Tree {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: functions.name,
      labels: { ...plan.anchor.labels, [PART_LABEL]: 'functions' },
      annotations: {
        'argocd.argoproj.io/hook': 'PreSync',
        'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
        'argocd.argoproj.io/sync-wave': String(waves.pre - 1),
      },
    },
    data: functions.data,
  };
}

function hookJob(
  plan: Plan,
  role: HookRole,
  options: HookJobOptions & { image: string; planText: string },
): Tree {
  const { hook, wave } = HOOKS[role];
  const labels = {
    [PIPELINE_LABEL]: plan.pipeline,
    [STAGE_LABEL]: plan.stage,
    // Names that are no label values have been made into some for the anchor.
    ...plan.anchor.labels,
    [PART_LABEL]: 'hook',
    [PHASE_LABEL]: role,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      generateName: hookJobPrefix(plan.application, role),
      labels,
      annotations: {
        'argocd.argoproj.io/hook': hook,
        'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
        'argocd.argoproj.io/sync-wave': String(wave(options.waves)),
      },
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: activeDeadlineSeconds(options.settings),
      ttlSecondsAfterFinished: THREE_DAYS_S,
      template: {
        metadata: {
          labels: { ...labels, 'sidecar.istio.io/inject': 'false' },
          annotations: { 'sidecar.istio.io/inject': 'false', 'linkerd.io/inject': 'disabled' },
        },
        spec: podSpec(plan, role, options),
      },
    },
  };
}

function activeDeadlineSeconds({ activeDeadline = DEFAULT_DEADLINE }: HookSettings): number {
  const deadlineMs = parseDuration(activeDeadline) ?? 0;
  if (deadlineMs > 0) return Math.max(1, Math.round(deadlineMs / 1000));
  throw new StagelineError(`hooks.activeDeadline in the pipeline file is "${activeDeadline}"`, {
    code: 'HOOK_SETTINGS',
    hint: 'Give the time that one hook Job may take, such as 30m, or leave it out for an hour',
  });
}

function serviceAccountOf({ serviceAccountName = 'stageline' }: HookSettings): string {
  if (SERVICE_ACCOUNT.test(serviceAccountName)) return serviceAccountName;
  throw new StagelineError(`hooks.serviceAccountName in the pipeline file is "${serviceAccountName}"`, {
    code: 'HOOK_SETTINGS',
    hint: 'Name a ServiceAccount: a-z, 0-9, inner dashes and dots',
  });
}

function podSpec(
  plan: Plan,
  role: HookRole,
  options: HookJobOptions & { image: string; planText: string },
): Tree {
  const { settings } = options;
  return {
    restartPolicy: 'Never',
    serviceAccountName: serviceAccountOf(settings),
    imagePullSecrets: settings.imagePullSecrets?.map(({ name }) => ({ name })),
    nodeSelector: settings.nodeSelector,
    tolerations: settings.tolerations,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'hook',
        image: options.image,
        command: ['node', '/app/hooks.cjs', 'run'],
        env: [
          { name: PLAN_ENV, value: options.planText },
          { name: ROLE_ENV, value: role },
          fieldEnv(JOB_NAME_ENV, "metadata.labels['batch.kubernetes.io/job-name']"),
          fieldEnv(POD_NAME_ENV, 'metadata.name'),
          fieldEnv(NAMESPACE_ENV, 'metadata.namespace'),
          ...Object.entries(options.env).map(([name, value]) => ({ name, value })),
          ...(role === 'promote' ? gitCredentials(plan) : []),
          ...(role === 'pre' || role === 'post' ? checkSecrets(plan) : []),
        ],
        resources: hookResources(settings.resources),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      },
    ],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  };
}

function fieldEnv(name: string, fieldPath: string): Tree {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

/** Only the promotion's Job gets Git's credentials, by reference. A Job can hold one pair of them. */
function gitCredentials(plan: Plan): Tree[] {
  const own = plan.promotions.filter(({ by }) => by === undefined);
  const [secret, other] = [...new Set(own.map((promotion) => promotion.secret))];
  if (secret === undefined) return [];
  if (other !== undefined) {
    throw new StagelineError(
      `the promotions of stage "${plan.stage}" name the Secrets "${secret}" and "${other}"`,
      {
        code: 'PROMOTION_SECRETS',
        hint: 'Let all stages that follow this one name the same promotion.secret',
      },
    );
  }
  return GIT_SECRET_ENV.map(([name, key]) => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key, optional: true } },
  }));
}

/** What only checks read. A Secret that is not there yet is the check's problem, not the pod's. */
function checkSecrets(plan: Plan): Tree[] {
  return (plan.secretEnv ?? []).map(({ name, secret, key }) => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key, optional: true } },
  }));
}
