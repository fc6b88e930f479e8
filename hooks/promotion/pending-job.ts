/**
 * The Job of a pending promotion: suspended, outside any sync, owned by the anchor, made from the very Job that makes
 * it, so that image, rights and settings are the same. Argo CD's `resume` lets it go, deleting it turns it down.
 */
import {
  DELIVERY_LABEL,
  PART_LABEL,
  PIPELINE_LABEL,
  STAGE_LABEL,
  TARGET_LABEL,
} from '../../core/annotations.ts';
import { StagelineError } from '../../core/errors.ts';
import type { PendingPromotion } from '../../core/ledger/types.ts';
import type { Waiting } from '../../core/ledger/pending.ts';
import { pendingJobName } from '../../core/names.ts';
import { PLAN_ENV, ROLE_ENV, type Plan } from '../../core/plan.ts';
import { versionsText } from '../../core/promotion/fill-in.ts';
import type { Gate, GateDecision } from '../../core/promotion/gates.ts';
import { GIT_SECRET_ENV } from '../../core/promotion/secret-env.ts';
import { ensureAnchor } from '../../runtime/kube/anchor.ts';
import type { KubeClient } from '../../runtime/kube/client.ts';
import { createJob, findJob } from '../../runtime/kube/jobs.ts';
import type { Job } from '../../runtime/kube/types.ts';

export const PENDING_PART = 'pending';
export const PENDING_ENV = 'STAGELINE_PENDING';
const NOTE = 'stageline.dev/';
const THREE_DAYS_S = 3 * 24 * 3600;
const DEADLINE_S = 1800;
/** Further tries of a Job that was let go and did not get through. */
export const PENDING_TRIES = 3;

/** What a pending Job is told besides its plan. */
export interface PendingTask {
  what: Waiting;
  deliveryId: string;
  /** What it waits for; a rollback waits for a time only. */
  gate: Gate;
  notBefore?: string;
  expiresAt?: string;
}

export interface PendingMaker {
  client: KubeClient;
  namespace: string;
  /** The Job that makes it. */
  jobName: string;
  plan: Plan;
}

type Shut = Extract<GateDecision, { go: false }>;

/**
 * Creates the Job, or finds it made. Its name follows from delivery, target, freight and gate, so it is made once.
 * `suspended: false` starts at once. Errors: `PENDING_TEMPLATE`, KubeError.
 */
export async function makePendingJob(
  maker: PendingMaker,
  task: Pick<PendingTask, 'what' | 'deliveryId'>,
  shut: Shut & { suspended?: boolean },
): Promise<PendingPromotion> {
  const { client, namespace, plan } = maker;
  const times = {
    ...(shut.notBefore === undefined ? {} : { notBefore: new Date(shut.notBefore).toISOString() }),
    ...(shut.expiresAt === undefined ? {} : { expiresAt: new Date(shut.expiresAt).toISOString() }),
  };
  const target = 'target' in task.what ? task.what.target : plan.stage;
  const name = pendingJobName(task.deliveryId, {
    target,
    freight: plan.freight.id,
    gate: ['rollback' in task.what ? 'rollback' : shut.gate, times.notBefore ?? ''].join('/'),
  });
  const own = await findJob(client, { namespace, name: maker.jobName });
  const owner = await ensureAnchor(client, namespace, plan);
  const job = pendingJob(plan, own, {
    ...task,
    gate: shut.gate,
    ...times,
    name,
    target,
    reason: shut.reason,
  });
  await createJob(client, namespace, {
    ...job,
    metadata: { ...job.metadata, ownerReferences: [owner] },
    spec: { ...job.spec, suspend: shut.suspended ?? true },
  });
  return { job: name, waitsFor: shut.gate, ...times };
}

function pendingJob(
  plan: Plan,
  own: Job | undefined,
  task: PendingTask & { name: string; target: string; reason: string },
): Job {
  const template = templateOf(own);
  const { name, target, reason, ...told } = task;
  const labels = {
    ...plan.anchor.labels,
    [PART_LABEL]: PENDING_PART,
    [PIPELINE_LABEL]: plan.anchor.labels[PIPELINE_LABEL] ?? plan.pipeline,
    [STAGE_LABEL]: plan.anchor.labels[STAGE_LABEL] ?? plan.stage,
    [DELIVERY_LABEL]: task.deliveryId,
    [TARGET_LABEL]: target,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      labels,
      annotations: {
        [`${NOTE}waits-for`]: task.gate,
        [`${NOTE}reason`]: reason,
        [`${NOTE}versions`]: versionsText(plan.freight),
        ...(task.notBefore === undefined ? {} : { [`${NOTE}not-before`]: task.notBefore }),
        ...(task.expiresAt === undefined ? {} : { [`${NOTE}expires-at`]: task.expiresAt }),
      },
    },
    spec: {
      backoffLimit: PENDING_TRIES,
      activeDeadlineSeconds: DEADLINE_S,
      ttlSecondsAfterFinished: THREE_DAYS_S,
      template: {
        metadata: {
          labels: { ...labels, 'sidecar.istio.io/inject': 'false' },
          annotations: { 'sidecar.istio.io/inject': 'false', 'linkerd.io/inject': 'disabled' },
        },
        spec: {
          ...template.spec,
          restartPolicy: 'Never',
          containers: [container(plan, template.container, told)],
        },
      },
    },
  };
}

type Fields = Record<string, unknown>;

/** The pod of the Job that makes it, without what the API server has added. */
function templateOf(own: Job | undefined): { spec: Fields; container: Fields } {
  const template = fields(own?.spec?.['template']);
  const spec = fields(template['spec']);
  const containers = Array.isArray(spec['containers']) ? spec['containers'] : [];
  const container = fields(containers[0]);
  if (container['image'] !== undefined) return { spec, container };
  throw new StagelineError(
    'the hook does not find its own Job, from which it makes the pending promotion’s',
    {
      code: 'PENDING_TEMPLATE',
      hint: 'Give the hooks’ ServiceAccount the right to get Jobs, and sync again',
      blame: 'setup',
    },
  );
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** Nothing but this one promotion is left in its plan: no checks and no other targets. */
function container(plan: Plan, own: Fields, task: PendingTask): Fields {
  const { what } = task;
  const { keptn: _keptn, secretEnv: _secrets, rollback, ...rest } = plan;
  const trimmed: Plan = {
    ...rest,
    phases: [],
    promotions: 'target' in what ? plan.promotions.filter(({ target }) => target === what.target) : [],
    ...('rollback' in what && rollback ? { rollback } : {}),
  };
  const place = 'rollback' in what ? rollback : trimmed.promotions[0];
  const secret = place?.by === undefined ? place?.secret : undefined;
  const given = new Set([PLAN_ENV, ROLE_ENV, PENDING_ENV, ...GIT_SECRET_ENV.map(([name]) => name)]);
  const env = (Array.isArray(own['env']) ? own['env'] : []).filter(
    (entry: unknown) => !given.has(String(fields(entry)['name'])),
  );
  return {
    ...own,
    name: 'promote',
    command: ['node', '/app/stageline.cjs', 'promote', '--pending'],
    env: [
      ...env,
      { name: PLAN_ENV, value: JSON.stringify(trimmed) },
      { name: PENDING_ENV, value: JSON.stringify(task) },
      ...(secret === undefined
        ? []
        : GIT_SECRET_ENV.map(([name, key]) => ({
            name,
            valueFrom: { secretKeyRef: { name: secret, key, optional: true } },
          }))),
    ],
  };
}
