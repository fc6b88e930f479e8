/**
 * Approval, rejection and rollback as their users meet them: Argo CD's API resumes and deletes real Jobs, the bundled
 * command line carries them out in the stand-in cluster, and Git has what came of it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { git } from '../../runtime/git.ts';
import { run } from '../../runtime/process.ts';
import { startArgoCdApi, type ArgoCdApi } from '../../sandbox/argocd/index.ts';
import { operationsAreOver, waitForStart } from '../../sandbox/demo/journey.ts';
import { commitChange } from '../../sandbox/demo/repository.ts';
import type { World } from '../../sandbox/demo/world.ts';
import type { DeliveryRecord } from '../../core/ledger/types.ts';
import { ROOT } from './applications.ts';
import { startExampleWorld } from './world.ts';

const NAMESPACE = 'podinfo-dev';
const TIMEOUT = 120_000;
const POLICY = `
p, alice, applications, get, */*, allow
p, alice, applications, action/batch/Job/resume, */*, allow
p, alice, applications, delete/batch/Job/*/sl-promote-*, */*, allow
p, bob, applications, get, */*, allow
`;

let world: World;
let api: ArgoCdApi;

beforeAll(async () => {
  world = await startExampleWorld('approval', mkdtempSync(join(tmpdir(), 'stageline-approval-')));
  const users = ['alice', 'bob'].map((username) => ({ username, password: username }));
  api = await startArgoCdApi({ argo: world.argocd, users, policy: POLICY });
  await waitForStart(world, AbortSignal.timeout(TIMEOUT));
}, TIMEOUT);

afterAll(async () => {
  await api?.close();
  await world?.close();
  if (world) rmSync(world.directory, { recursive: true, force: true });
});

/** Resolves when it holds; what the cluster and Argo CD say is looked at with every change. */
function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = [];
    const end = (settle: () => void): void => {
      for (const stop of stops.splice(0)) stop();
      settle();
    };
    const look = (): void => {
      if (holds()) end(resolve);
    };
    const timer = setTimeout(
      () => end(() => reject(new Error(`it never came: ${holds.toString()}`))),
      60_000,
    );
    stops.push(() => clearTimeout(timer), world.store.watch(look), world.argocd.onChange(look));
    look();
  });
}

/** The newest delivery of a version in a stage. */
function delivery(stage: string, version: string): DeliveryRecord | undefined {
  const ledger = world.ledgers().get(`podinfo-${stage}`);
  return ledger?.deliveries.find(({ freight }) => freight.items[0]?.value === version);
}

const promotion = (version: string): DeliveryRecord['promotions'][number] | undefined =>
  delivery('dev', version)?.promotions[0];
const isIdle = (): boolean => operationsAreOver(world);

async function release(stage: string, version: string): Promise<void> {
  await commitChange(world.repository, {
    file: `overlays/${stage}/kustomization.yaml`,
    change: (text) => text.replace(/newTag: .*/, `newTag: ${version}`),
    message: `Release ${version} to ${stage}`,
  });
}

async function subjects(): Promise<string[]> {
  const log = await git(['log', '--format=%s', 'main'], { gitDir: world.repository.bare });
  return log.trim().split('\n');
}

const Tree = z.looseObject({
  nodes: z.array(
    z.looseObject({
      kind: z.string(),
      name: z.string(),
      health: z.looseObject({ status: z.string() }).optional(),
    }),
  ),
});

async function ask(user: string, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${api.url}/api/v1/applications/podinfo-dev/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${api.token(user)}`,
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** The one Job that Argo CD shows as suspended. */
async function suspendedJob(): Promise<string> {
  const tree = Tree.parse(await (await ask('bob', 'GET', 'resource-tree')).json());
  const jobs = tree.nodes.filter(({ kind, health }) => kind === 'Job' && health?.status === 'Suspended');
  expect(jobs).toHaveLength(1);
  return jobs[0]?.name ?? '';
}

/** `stageline` with an admin's kubeconfig, as a person or the CronJob runs it. */
async function stageline(...args: string[]): Promise<string> {
  const kubeconfig = join(world.directory, 'kubeconfig');
  writeFileSync(kubeconfig, world.kubeconfig());
  const { stdout, stderr, exitCode } = await run(
    process.execPath,
    [join(ROOT, 'dist/stageline.cjs'), ...args],
    {
      cwd: world.repository.clone,
      env: {
        PATH: process.env['PATH'],
        KUBECONFIG: kubeconfig,
        USER: 'carol',
        STAGELINE_ARGOCD_NAMESPACE: 'argocd',
      },
    },
  );
  return `${stdout}${stderr}[${exitCode}]`;
}

test(
  'a version waits for approval as a suspended Job, goes to prod when it is resumed, and the commit says by whom',
  { timeout: TIMEOUT },
  async () => {
    expect(await subjects()).toEqual(['Start the shop on v1']);
    await release('dev', '6.7.1');
    await until(() => promotion('6.7.1')?.pending !== undefined && isIdle());
    expect(delivery('dev', '6.7.1')?.status).toBe('succeeded');
    const job = await suspendedJob();
    expect(await stageline('status')).toContain(`Job ${job}: stageline approve --to prod [--reject]`);

    const resume = {
      namespace: NAMESPACE,
      resourceName: job,
      version: 'v1',
      group: 'batch',
      kind: 'Job',
      action: 'resume',
    };
    expect((await ask('bob', 'POST', 'resource/actions/v2', resume)).status).toBe(403);
    expect((await ask('alice', 'POST', 'resource/actions/v2', resume)).status).toBe(200);
    await until(() => delivery('prod', '6.7.1')?.status === 'succeeded' && isIdle());
    await until(() => promotion('6.7.1')?.status === 'done');
    expect(promotion('6.7.1')).toMatchObject({ decidedBy: 'alice', carriedAt: expect.any(String) });
    const body = await git(['log', '-1', '--format=%s%n%b', 'main'], { gitDir: world.repository.bare });
    expect(body).toMatch(/^Promote podinfo to prod: .*\n[\s\S]*\nLet go by alice\.\n/);
    // The trace: prod's links to the promotion of dev's.
    const linked = delivery('prod', '6.7.1')?.links.map(({ traceparent }) => traceparent);
    expect(linked).toEqual([promotion('6.7.1')?.traceparent]);
  },
);

test('deleting the Job in Argo CD turns the version down', { timeout: TIMEOUT }, async () => {
  await release('dev', '6.7.2');
  await until(() => promotion('6.7.2')?.pending !== undefined && isIdle());
  const query = new URLSearchParams({
    namespace: NAMESPACE,
    resourceName: await suspendedJob(),
    version: 'v1',
    group: 'batch',
    kind: 'Job',
  });
  expect((await ask('bob', 'DELETE', `resource?${query}`)).status).toBe(403);
  expect((await ask('alice', 'DELETE', `resource?${query}`)).status).toBe(200);
  expect(await stageline('promote', '--due', '--namespace', NAMESPACE)).toMatch(/prod rejected .*\n\[0\]$/);
  expect(promotion('6.7.2')).toMatchObject({ status: 'rejected', decidedBy: 'alice' });
});

test('a newer version that waits supersedes the older one', { timeout: TIMEOUT }, async () => {
  await release('dev', '6.7.3');
  await until(() => promotion('6.7.3')?.pending !== undefined && isIdle());
  await release('dev', '6.7.4');
  await until(() => promotion('6.7.4')?.pending !== undefined && isIdle());
  expect(promotion('6.7.3')?.status).toBe('superseded');
  expect(await stageline('approve', '--to', 'prod')).toMatch(
    /prod: let go by carol; Job .* carries it out\n\[0\]/,
  );
  await until(() => delivery('prod', '6.7.4')?.status === 'succeeded' && isIdle());
  expect(await stageline('approve', '--to', 'prod')).toContain('PENDING_GONE');
});

test(
  'a version that fails in prod is taken back once, and what is restored stays',
  { timeout: TIMEOUT },
  async () => {
    await release('prod', '6.7.9-broken');
    await until(() => delivery('prod', '6.7.9-broken')?.rollback?.status === 'done');
    await until(() => world.ledgers().get('podinfo-prod')?.deliveries[0]?.status === 'succeeded' && isIdle());
    const [restored, bad] = world.ledgers().get('podinfo-prod')?.deliveries ?? [];
    expect(restored?.freight.items[0]?.value).toBe('6.7.4');
    expect(restored?.links.map(({ traceparent }) => traceparent)).toEqual([bad?.rollback?.traceparent]);
    const [rollback, ...before] = await subjects();
    expect(rollback).toBe('Roll prod of podinfo back: ghcr.io/stefanprodan/podinfo 6.7.4');
    expect(before.filter((subject) => subject.startsWith('Roll'))).toEqual([]);
    expect(await stageline('promote', '--due', '--namespace', 'podinfo-prod')).toBe('nothing is due\n[0]');
  },
);
