/** The hooks' Role against the calls that hooks really make: none is refused, and no verb is there for nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ManifestSchema, root } from './kustomize.ts';
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
const Rules = z.object({
  rules: z.array(
    z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
});

let world: HookWorld;
let jobs: JobRunner;
let calls: ApiCall[];
const passed: string[] = [];

beforeAll(async () => {
  world = await startHookWorld();
  for (const file of ['service-account', 'role', 'role-binding']) {
    const object = ManifestSchema.parse(
      parse(readFileSync(path.join(root, `manifests/hooks/${file}.yaml`), 'utf8')),
    );
    world.store.create({
      ...object,
      metadata: { ...object.metadata, namespace: NAMESPACE },
      ...subject(file),
    });
  }
  writeFileSync(path.join(world.folder, 'hook-kubeconfig'), world.api.kubeconfig(HOOK));
  await deliver();
  calls = world.api.calls().filter(({ user }) => user === `system:serviceaccount:${NAMESPACE}:stageline`);
});

afterAll(async () => {
  jobs.stop();
  await world.close();
});

function subject(file: string): Record<string, unknown> {
  return file === 'role-binding' ? { subjects: [{ kind: 'ServiceAccount', ...HOOK }] } : {};
}

/** A version that passes and is promoted; one whose task fails; one whose task is stopped with its hook. */
async function deliver(): Promise<void> {
  const env = { KUBECONFIG: path.join(world.folder, 'hook-kubeconfig') };
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
    promotions: [{}, { target: 'later', gates: { approval: {} } }],
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

const text = ({ group, resource, verb }: Pick<ApiCall, 'group' | 'resource' | 'verb'>): string =>
  `${verb} ${resource}${group === '' ? '' : `.${group}`}`;

test('the Role allows what hooks call, all in their own namespace, and nothing else', () => {
  const { rules } = Rules.parse(parse(readFileSync(path.join(root, 'manifests/hooks/role.yaml'), 'utf8')));
  const allowed = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => text({ group, resource, verb }))),
    ),
  );
  expect(new Set(calls.map(text))).toEqual(new Set(allowed));
  expect(new Set(calls.map(({ namespace }) => namespace))).toEqual(new Set([NAMESPACE]));
});

test('with the Role in force a version passes, is promoted, and one that is wrong fails', () => {
  expect(passed).toEqual([
    expect.stringMatching(/^pre: .* succeeded/),
    expect.stringMatching(/^post: .* succeeded/),
    expect.stringMatching(/^promote: .*v2 is in prod; later: waits for approval/),
  ]);
  expect(world.gitLog('%s')[0]).toMatch(/prod/);
  expect(world.ledger().deliveries.map(({ status }) => status)).toContain('failed');
});
