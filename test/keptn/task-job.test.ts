/** Keptn's tasks and promotions by the hook runner: the Jobs that come into being, and what a failure means. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compile, deployment, lifecycle } from '../../core/dialects/keptn/testing.ts';
import type { PhaseRecord } from '../../core/ledger/types.ts';
import type { HookRole, Plan } from '../../core/plan.ts';
import { spanKey } from '../../core/span-keys.ts';
import { formatTraceparent, spanIdOf } from '../../core/trace-context.ts';
import type { HookEnd } from '../../hooks/run-hook.ts';
import type { KubeObject } from '../../sandbox/kube/index.ts';
import { runTaskJobs, type JobRunner, type TaskEnd } from '../hooks/support/job-runner.ts';
import { OPERATION, planFor, startHookWorld, type HookWorld } from '../hooks/support/world.ts';

let world: HookWorld;
let jobs: JobRunner;
let made: KubeObject[];
let ends: Record<string, TaskEnd>;

beforeEach(async () => {
  made = [];
  ends = {};
  world = await startHookWorld();
  jobs = runTaskJobs(world.store, (job) => {
    made.push(job);
    return ends[job.metadata.labels?.['stageline.dev/check'] ?? ''] ?? { exitCode: 0 };
  });
  world.api.setPodLogs({ open: () => ({ lines: () => [], follow: () => () => undefined }) });
});

afterEach(async () => {
  jobs.stop();
  await world.close();
});

/** Keptn's part of a compiled stream in the plan of this world's application. */
function planOf(stream: string): Plan {
  const { plan } = compile(stream, { namespace: 'simple-go-dev' });
  const base = planFor(world, {});
  return {
    ...base,
    phases: plan.phases,
    metadata: plan.metadata,
    ...(plan.keptn ? { keptn: plan.keptn } : {}),
  };
}

async function runAll(plan: Plan, roles: readonly HookRole[], operation = OPERATION): Promise<HookEnd[]> {
  const results: HookEnd[] = [];
  for (const role of roles) results.push(await world.run(role, plan, { operation }));
  return results;
}

interface JobSpec {
  backoffLimit: number;
  activeDeadlineSeconds: number;
  ttlSecondsAfterFinished: number;
  template: { metadata: { labels: Record<string, string> }; spec: Record<string, unknown> };
}

function specOf(job: KubeObject | undefined): JobSpec {
  return job?.['spec'] as JobSpec;
}

function phase(name: PhaseRecord['name']): PhaseRecord | undefined {
  return world
    .ledger()
    .deliveries[0]?.attempts.at(-1)
    ?.phases.find((record) => record.name === name);
}

const CONTEXT = lifecycle(
  'KeptnAppContext',
  'simple-go',
  '{ preDeploymentTasks: [check], promotionTasks: [promote] }',
);
const PROMOTE = lifecycle('KeptnTaskDefinition', 'promote', '{ container: { name: c, image: promote:v1 } }');

describe('the Job of a task', () => {
  const DEFINITION = `---
apiVersion: lifecycle.keptn.sh/v1
kind: KeptnTaskDefinition
metadata: { name: check, namespace: simple-go-dev, labels: { team: shop }, annotations: { note: kept } }
spec:
  retries: 3
  timeout: 90s
  ttlSecondsAfterFinished: 5
  serviceAccount: { name: checker }
  imagePullSecrets: [{ name: pull }]
  container:
    name: checker
    image: check:v1
    command: [check]
    env: [{ name: A, value: b }, { name: S, valueFrom: { secretKeyRef: { name: s, key: k } } }]
    volumeMounts: [{ name: work, mountPath: /w }]
    resources: { limits: { memory: 64Mi } }
`;

  test('is what Keptn would have made, beside our own labels', async () => {
    await runAll(planOf(CONTEXT + DEFINITION + PROMOTE + deployment('simple-go')), ['pre']);
    const [job] = made;
    const { traceId = '', attempts = [] } = world.ledger().deliveries[0] ?? {};
    const attempt = attempts[0] ?? { operation: '', run: 0 };
    const spanId = spanIdOf(traceId, spanKey.phase(attempt, 'pre-deployment'));
    const traceparent = formatTraceparent({ traceId, spanId, sampled: true });
    expect(job?.metadata.annotations).toEqual({
      note: 'kept',
      'keptn.sh/app': 'simple-go',
      'keptn.sh/version': 'v1',
      'keptn.sh/task-name': job?.metadata.name,
    });
    expect(job?.metadata.labels).toMatchObject({ team: 'shop', 'stageline.dev/part': 'task' });
    expect(specOf(job)).toMatchObject({
      backoffLimit: 3,
      activeDeadlineSeconds: 90,
      // Long enough to be asked how it ended.
      ttlSecondsAfterFinished: 60,
      template: { metadata: { labels: { team: 'shop' } } },
    });
    expect(specOf(job).template.spec).toMatchObject({
      restartPolicy: 'Never',
      serviceAccountName: 'checker',
      volumes: [{ name: 'work', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } }],
      imagePullSecrets: [{ name: 'pull' }],
      containers: [
        {
          name: 'checker',
          image: 'check:v1',
          command: ['check'],
          env: [
            { name: 'A', value: 'b' },
            { name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
            {
              name: 'KEPTN_CONTEXT',
              value: `{"workloadName":"","appName":"simple-go","appVersion":"v1","workloadVersion":"","taskType":"pre","objectType":"App","metadata":{"commitID":"c0ffee0000000000000000000000000000000000","traceparent":"${traceparent}"}}`,
            },
          ],
          volumeMounts: [{ name: 'work', mountPath: '/w' }],
          resources: { limits: { memory: '64Mi' } },
        },
      ],
    });
  });
});

describe('promotion tasks', () => {
  const stream = (): string =>
    CONTEXT +
    PROMOTE +
    lifecycle('KeptnTaskDefinition', 'check', '{ container: { name: c, image: check:v1 } }') +
    deployment('simple-go');

  test('run last, in a phase of their own, whose success ends the delivery', async () => {
    const results = await runAll(planOf(stream()), ['pre', 'promote']);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(phase('promotion')).toMatchObject({
      status: 'succeeded',
      checks: [{ name: 'promote', status: 'passed' }],
    });
    expect(world.ledger().deliveries[0]).toMatchObject({
      status: 'succeeded',
      firstVerdict: { status: 'succeeded' },
    });
  });

  test('that fail are no verdict on the version, and Argo CD’s retry runs them and nothing else again', async () => {
    const plan = planOf(stream());
    ends = { promote: { exitCode: 1 } };
    const [, failed] = await runAll(plan, ['pre', 'promote']);
    expect(failed?.exitCode).toBe(1);
    expect(world.ledger().deliveries[0]?.firstVerdict).toBeUndefined();
    ends = {};
    const results = await runAll(plan, ['pre', 'promote']);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(jobs.ran.map((name) => name.replace(/^.*-(?=(check|promote)$)/, ''))).toEqual([
      'check',
      'promote',
      'promote',
    ]);
    expect(world.ledger().deliveries[0]?.status).toBe('succeeded');
  });

  test('are not run again for a version that has been promoted', async () => {
    const plan = planOf(stream());
    await runAll(plan, ['pre', 'promote']);
    const again = await runAll(plan, ['pre', 'promote'], OPERATION + 60);
    expect(again.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(jobs.ran).toHaveLength(2);
  });
});
