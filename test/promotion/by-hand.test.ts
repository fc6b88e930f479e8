/** `stageline status`, `promote` and `approve` as somebody types them, right and wrong. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approveCommand } from '../../cli/commands/approve.ts';
import { promoteCommand } from '../../cli/commands/promote.ts';
import { statusCommand } from '../../cli/commands/status.ts';
import { runCommand } from '../../cli/run.ts';
import { errorLine } from '../../core/errors.ts';
import type { PlannedGates } from '../../core/plan.ts';
import { NAMESPACE, OPERATION, planFor, startHookWorld, type HookWorld } from '../hooks/support/world.ts';
import { pendingJobs, runJob, specOf } from './support/pending.ts';

let world: HookWorld;
beforeEach(async () => {
  world = await startHookWorld();
});
afterEach(() => world.close());

const PIPELINE = `apiVersion: stageline.dev/v1
pipeline: shop
moves:
  - helmValues: { keys: [frontend.tag] }
stages:
  - { name: dev, application: shop-dev, path: charts/dev }
  - { name: qa, application: shop-qa, path: charts/qa, after: dev, promotion: { push: {} } }
  - { name: prod, application: shop-prod, path: charts/prod, after: dev, promotion: { push: {} } }
  - { name: far, application: shop-far, path: charts/prod, after: prod, promotion: { push: {} } }
`;

/** What is printed, or the line that says what is wrong; with the exit code. */
async function type(line: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const clone = path.join(world.folder, 'clone');
  mkdirSync(clone, { recursive: true });
  writeFileSync(path.join(clone, 'stageline.yaml'), PIPELINE);
  const out: string[] = [];
  const io = {
    cwd: clone,
    env: {
      PATH: process.env['PATH'],
      KUBECONFIG: path.join(world.folder, 'kubeconfig'),
      USER: 'dana',
      STAGELINE_GIT_USERNAME: 'stageline',
      STAGELINE_GIT_TOKEN: 'git-token-for-tests',
      ...env,
    },
    stdout: (text: string) => out.push(text),
    stderr: (text: string) => out.push(text),
    colour: false,
  };
  try {
    const code = await runCommand([approveCommand, promoteCommand, statusCommand], line.split(' '), io);
    return `${out.join('')}[${code}]`;
  } catch (error) {
    return `${errorLine(error)}[1]`;
  }
}

async function deliver(gates: PlannedGates, version = 'v2', operation = OPERATION): Promise<void> {
  const plan = planFor(world, { version, promotions: [{ gates }] });
  expect((await world.run('promote', plan, { operation })).exitCode).toBe(0);
}

const promotion = (): unknown => world.ledger().deliveries[0]?.promotions[0];

describe('stageline status', () => {
  it('says what every stage has, what waits for whom, and how to decide it', async () => {
    expect(await type('status')).toBe(
      'there is no ledger in any namespace yet; it begins with the first sync through the plugin\n[0]',
    );
    await deliver({ approval: { expiresMs: 3600_000 } });
    const told = await type('status');
    const [delivery] = world.ledger().deliveries;
    const pending = delivery?.promotions[0]?.pending;
    expect(told.split('\n')).toEqual([
      'shop / dev   (shop-dev/shop-dev)',
      expect.stringMatching(/^ {2}succeeded {2}[0-9a-f]{12} {2}frontend\.tag v2 {2}[0-9a-f]{12} {2}20/),
      `  -> prod: waiting ${delivery?.freight.id}  waits for approval  until ${pending?.expiresAt}`,
      `     Job ${pending?.job}: stageline approve --to prod [--reject]`,
      '[0]',
    ]);
    const json: unknown = JSON.parse((await type('status --json')).replace(/\[0\]$/, ''));
    expect(json).toMatchObject([
      { stage: 'dev', namespace: NAMESPACE, promotions: [{ target: 'prod', job: pending?.job }] },
    ]);
  });
});

describe('stageline approve', () => {
  it('lets the Job go in the name of who asks, and turns another one down', async () => {
    await deliver({ approval: {} });
    const [job] = pendingJobs(world);
    if (!job) throw new Error('no Job waits');
    expect(await type('approve --to prod')).toBe(
      `prod: let go by dana; Job ${job.metadata.name} carries it out\n[0]`,
    );
    expect(pendingJobs(world).map((one) => specOf(one).suspend)).toEqual([false]);
    expect((await runJob(world, job)).line).toContain('let go by dana');
    expect(promotion()).toMatchObject({ status: 'done', decidedBy: 'dana' });

    await deliver({ approval: {} }, 'v3', OPERATION + 60);
    expect(await type('approve --to prod --reject')).toBe('prod: turned down by dana\n[0]');
    expect(pendingJobs(world).map(({ metadata }) => metadata.name)).toEqual([job.metadata.name]);
    expect(promotion()).toMatchObject({ status: 'rejected', decidedBy: 'dana' });
  });

  it('says what is wrong: no stage, an unknown option, nothing that waits', async () => {
    expect(await type('approve')).toContain('name the stage with --to');
    expect(await type('approve --stage prod')).toMatch(/USAGE: Unknown option '--stage'/);
    expect(await type('approve --to prod')).toMatch(
      /PENDING_GONE: no promotion into stage prod waits.*status/,
    );
    await deliver({ approval: {} });
    expect(await type('approve --to prod --freight ffff')).toContain('PENDING_GONE');
  });
});

describe('stageline promote', () => {
  it('promotes any freight that was verified, once, and takes what waited for approval for approved', async () => {
    await deliver({ soakMs: 3600_000 });
    const first = world.ledger().deliveries[0]?.freight.id ?? '';
    await deliver({ hold: 'freeze' }, 'v3', OPERATION + 60);
    expect(await type('promote --from dev --to prod')).toMatch(
      /prod: let go by dana; Job .* carries it out\n\[0\]/,
    );
    const again = `promote --from dev --to prod --freight ${first.slice(0, 6)}`;
    expect(await type(again)).toMatch(
      /PROMOTION_GATE: the promotion into stage prod soaks until 20.*--force/,
    );
    expect(await type(`${again} --force`)).toContain('let go by dana');
    const soaked = pendingJobs(world).find(({ metadata }) => metadata.name.includes(first));
    if (!soaked) throw new Error('the Job that soaks is gone');
    expect((await runJob(world, soaked)).line).toContain('frontend.tag v2 is in prod');
    expect(await type(`promote --from dev --to prod --freight ${first}`)).toMatch(
      /prod has frontend\.tag v2 already/,
    );
    expect(world.gitLog('%s')).toHaveLength(2);
  });

  it('holds to the windows and the soak time of the file, unless forced', async () => {
    await deliver({});
    const windows = PIPELINE.replace(
      'path: charts/prod, after: dev, promotion: { push: {} }',
      'path: charts/prod, after: dev, promotion: { push: {}, soak: 7d, windows: [{ kind: allow, schedule: "0 0 30 2 *", duration: 1h }] }',
    );
    world.commit({ 'charts/prod/values.yaml': 'frontend:\n  tag: v1\n' }, 'Go back by hand');
    writeFileSync(path.join(world.folder, 'other.yaml'), windows);
    const line = `promote --from dev --to prod --file ${path.join(world.folder, 'other.yaml')}`;
    expect(await type(line)).toMatch(
      /PROMOTION_GATE: the promotion into stage prod soaks for 7d until 20.*--force/,
    );
    // Nobody has promoted anything: what was promoted before stands in the ledger as it did.
    expect(promotion()).toMatchObject({ status: 'done', commit: expect.any(String) });
    expect(await type(`${line} --force`)).toBe('frontend.tag v2 is in prod\n[0]');
    expect(world.show('charts/prod/values.yaml')).toContain('tag: v2');
    expect(promotion()).toMatchObject({ status: 'done', decidedBy: 'dana', again: expect.any(Number) });
  });

  it('asks which freight is meant, where several begin like that', async () => {
    await deliver({});
    await deliver({}, 'v3', OPERATION + 60);
    expect(await type('promote --from dev --to prod --freight=')).toMatch(
      /FREIGHT_AMBIGUOUS: stage dev has verified 2 freights that begin with "".*Name one of: [0-9a-f]{12}, /,
    );
  });

  it.each([
    ['promote', 'name --from and --to, or --due'],
    ['promote --from dev --to moon', 'stageline.yaml has no stage "moon". Name one of: dev, qa, prod, far'],
    ['promote --from dev --to prod --file none.yaml', 'PIPELINE_MISSING'],
    ['promote --from prod --to dev', 'says no way of promotion into stage "dev"'],
    [
      'promote --from dev --to far',
      'stage "far" follows prod, not "dev". Promote from prod, or go past with --force',
    ],
    ['promote --from prod --to far', 'LEDGER_MISSING: there is no ledger of stage "prod"'],
    [
      'promote --from dev --to prod --freight ffff',
      'FREIGHT_UNVERIFIED: stage dev has not verified freight ffff',
    ],
    ['promote --from dev --to qa', 'PROMOTION_FILE: the target has no file charts/qa/values.yaml'],
    ['promote --due', 'name at least one --namespace, or set STAGELINE_NAMESPACES'],
    ['promote --due --namespace none', 'there is no ledger in namespace none\nnothing is due\n[0]'],
    ['promote --due --from dev --to prod', 'USAGE: --due does not go with --from'],
    ['promote --pending --namespace shop', 'USAGE: --pending does not go with --namespace'],
    ['promote --pending', 'PLAN_MISSING'],
  ])('"%s" says: %s', async (line, says) => {
    await deliver({ approval: {} });
    expect(await type(line)).toContain(says);
  });

  it('says so when the token is wrong, without showing it', async () => {
    await deliver({});
    world.commit({ 'charts/prod/values.yaml': 'frontend:\n  tag: v1\n' }, 'Go back by hand');
    const told = await type('promote --from dev --to prod', { STAGELINE_GIT_TOKEN: 'wrong-token-of-tests' });
    expect(told).toMatch(/GIT_CREDENTIALS.*\[1\]$/);
    expect(told + JSON.stringify(world.ledger())).not.toContain('wrong-token');
    expect(promotion()).toMatchObject({ status: 'failed' });
    expect(await type('promote --from dev --to prod')).toBe('frontend.tag v2 is in prod\n[0]');
  });
});

describe('without a cluster, or the right to it', () => {
  it('every command says what a person can do', async () => {
    const nobody = { KUBECONFIG: '', HOME: '/nonexistent' };
    const gone = { KUBECONFIG: path.join(world.folder, 'gone') };
    writeFileSync(
      path.join(world.folder, 'refused'),
      world.api.kubeconfig({ namespace: NAMESPACE, name: 'nobody' }),
    );
    const refused = { KUBECONFIG: path.join(world.folder, 'refused') };
    for (const line of ['status', 'approve --to prod', 'promote --from dev --to prod']) {
      expect(await type(line, nobody)).toContain('no cluster is known: KUBECONFIG is not set');
      expect(await type(line, gone)).toMatch(/cannot read KUBECONFIG .*gone/);
      expect(await type(line, refused)).toContain(
        'you have no right to list configmaps in all namespaces. Name the namespaces that you may read with --namespace',
      );
    }
    expect(await type(`status --namespace ${NAMESPACE}`, refused)).toContain(
      `you have no right to list configmaps in namespace ${NAMESPACE}. Ask for a Role there with {apiGroups`,
    );
  });
});
