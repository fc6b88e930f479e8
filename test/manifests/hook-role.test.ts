/**
 * The Roles of hooks and of what is due against the calls that they really make: none is refused, and no verb is there
 * for nothing.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ManifestSchema, root } from './kustomize.ts';
import { due, pendingJobs, resume, runJob } from '../promotion/support/pending.ts';
import { runTaskJobs, type JobRunner } from '../hooks/support/job-runner.ts';
import {
  check,
  NAMESPACE,
  planFor,
  startHookWorld,
  stopper,
  type HookWorld,
} from '../hooks/support/world.ts';
import type { ApiCall } from '../../sandbox/kube/index.ts';

const HOOK = { namespace: NAMESPACE, name: 'stageline' };
const DUE = { namespace: 'stageline', name: 'stageline-due' };
const Rules = z.object({
  rules: z.array(
    z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
});

let world: HookWorld;
let jobs: JobRunner;
const passed: string[] = [];
const later: string[] = [];

beforeAll(async () => {
  world = await startHookWorld();
  world.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: DUE.namespace } });
  install('hooks/service-account.yaml');
  install('hooks/role.yaml');
  install('hooks/role-binding.yaml', HOOK);
  install('due/stage/role.yaml');
  install('due/stage/role-binding.yaml', DUE);
  world.store.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: DUE });
  for (const user of [HOOK, DUE])
    writeFileSync(path.join(world.folder, `${user.name}-kubeconfig`), world.api.kubeconfig(user));
  await deliver();
  await promoteLater();
});

afterAll(async () => {
  jobs.stop();
  await world.close();
});

function install(file: string, subject?: { namespace: string; name: string }): void {
  const object = ManifestSchema.parse(parse(readFileSync(path.join(root, 'manifests', file), 'utf8')));
  world.store.create({
    ...object,
    metadata: { ...object.metadata, namespace: NAMESPACE },
    ...(subject ? { subjects: [{ kind: 'ServiceAccount', ...subject }] } : {}),
  });
}

const as = ({ name }: { name: string }): NodeJS.ProcessEnv => ({
  KUBECONFIG: path.join(world.folder, `${name}-kubeconfig`),
});

/** A version that passes and is promoted; one whose task fails; one whose task is stopped with its hook. */
async function deliver(): Promise<void> {
  const env = as(HOOK);
  const task = check('smoke', { kind: 'task', image: 'shop/smoke:1' });
  world.api.setPodLogs({
    open: () => ({
      lines: () => [{ time: '2030-01-01T00:00:00Z', text: 'no' }],
      follow: () => () => undefined,
    }),
  });
  const stopped = stopper();
  const ends = [() => ({ exitCode: 0 }), () => ({ exitCode: 1 })];
  jobs = runTaskJobs(world.store, () => {
    const end = ends.shift();
    if (end) return end();
    stopped.stop();
    return new Promise(() => undefined);
  });
  const passing = planFor(world, {
    pre: [[task]],
    promotions: [
      { target: 'later', gates: { approval: {} } },
      { target: 'soaked', gates: { soakMs: 3600_000 } },
      { target: 'expired', gates: { approval: { expiresMs: 1 } } },
      {},
    ],
  });
  for (const role of ['pre', 'post', 'promote'] as const) {
    const end = await world.run(role, passing, { env, operation: 1_900_000_001 });
    passed.push(`${role}: ${end.line}`);
  }
  const failing = planFor(world, { pre: [[task]], version: 'v3' });
  for (const role of ['pre', 'fail'] as const)
    await world.run(role, failing, { env, operation: 1_900_000_002 });
  const interrupted = planFor(world, { pre: [[task]], version: 'v4' });
  await world.run('pre', interrupted, { env, operation: 1_900_000_003, stop: stopped.signal });
}

/** One that somebody resumes; one whose time comes, and one whose time is over. */
async function promoteLater(): Promise<void> {
  const waiting = pendingJobs(world).find(
    ({ metadata }) => metadata.labels?.['stageline.dev/target'] === 'later',
  );
  if (!waiting) throw new Error('no Job waits');
  resume(world, waiting, 'alice');
  later.push((await runJob(world, waiting, { env: as(HOOK) })).line);
  const report = await due(world, () => Date.now() + 2 * 3600_000, as(DUE));
  later.push(...report.done, ...report.problems);
}

const callsOf = ({ namespace, name }: { namespace: string; name: string }): ApiCall[] =>
  world.api.calls().filter(({ user }) => user === `system:serviceaccount:${namespace}:${name}`);

const text = ({ group, resource, verb }: Pick<ApiCall, 'group' | 'resource' | 'verb'>): string =>
  `${verb} ${resource}${group === '' ? '' : `.${group}`}`;

test.each([
  { whose: 'hooks and pending promotions', file: 'hooks/role.yaml', user: HOOK },
  { whose: 'what is due', file: 'due/stage/role.yaml', user: DUE },
])('the Role of $whose allows what they call, all in one namespace, and nothing else', ({ file, user }) => {
  const { rules } = Rules.parse(parse(readFileSync(path.join(root, 'manifests', file), 'utf8')));
  const allowed = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => text({ group, resource, verb }))),
    ),
  );
  const calls = callsOf(user).filter(({ namespace }) => namespace === NAMESPACE);
  expect(new Set(calls.map(text))).toEqual(new Set(allowed));
});

test('with the Role in force a version passes, is promoted, and one that is wrong fails', () => {
  expect(passed).toEqual([
    expect.stringMatching(/^pre: .* succeeded/),
    expect.stringMatching(/^post: .* succeeded/),
    expect.stringMatching(
      /^promote: .*later: waits for approval; soaked: soaks for 1h; expired: waits for approval; .*v2 is in prod/,
    ),
  ]);
  expect(world.gitLog('%s')[0]).toMatch(/prod/);
  expect(world.ledger().deliveries.map(({ status }) => status)).toContain('failed');
});

test('with the Roles in force a promotion is approved, another one let go, and a third one expires', () => {
  expect(later).toEqual([
    expect.stringContaining('let go by alice'),
    expect.stringContaining('let go soaked (soak is over)'),
    expect.stringContaining('expired expired'),
  ]);
});
