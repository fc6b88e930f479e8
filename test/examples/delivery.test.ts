/**
 * Examples delivered end to end: real Git, Helm, Kustomize, plugin and hook runner, in the stand-in for Argo CD and a
 * cluster. A version is committed to the first stage, and nothing else is done by hand.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { git } from '../../runtime/git.ts';
import { waitForStart, waitForVersion } from '../../sandbox/demo/journey.ts';
import type { DemoReport, StageReport } from '../../sandbox/demo/report.ts';
import { commitChange } from '../../sandbox/demo/repository.ts';
import type { World } from '../../sandbox/demo/world.ts';
import { startExampleWorld } from './world.ts';

let world: World | undefined;
const never = new AbortController().signal;
/** Several deliveries, one after the other; a slow machine needs its time. */
const TIMEOUT = { timeout: 180_000 };

afterEach(async () => {
  const { directory } = world ?? {};
  await world?.close();
  world = undefined;
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

/** The example with every stage on the version that it begins with. */
async function startExample(name: string): Promise<World> {
  world = await startExampleWorld(name, mkdtempSync(join(tmpdir(), `stageline-${name}-`)));
  await waitForStart(world, never);
  return world;
}

/** Commits another version into a file of the first stage and waits until nothing moves any more. */
async function deliver(of: World, file: string, version: string): Promise<DemoReport> {
  const commit = await commitChange(of.repository, {
    file,
    change: (text) => text.replace(/6\.7\.[\w.-]+/, version),
    message: `Release ${version}`,
  });
  return waitForVersion(of, commit, never);
}

function committed(of: World, file: string): Promise<string> {
  return git(['show', `main:${file}`], { gitDir: of.repository.bare });
}

function statuses(report: DemoReport): Record<string, string> {
  return Object.fromEntries(report.stages.map(({ stage, status }) => [stage, status]));
}

/** What each of the stage's trace's links leads to. */
function linkedStages({ links }: StageReport): (string | null)[] {
  return links.map(({ stage }) => stage);
}

/** The images of podinfo that the stage's Pods run. */
function running(of: World, stage: string): string[] {
  const images = of.store
    .list({ group: '', kind: 'Pod' })
    .filter(({ metadata }) => metadata.namespace === `podinfo-${stage}`)
    .flatMap((pod) => (pod['spec'] as { containers: { image: string }[] }).containers)
    .map(({ image }) => image);
  return [...new Set(images.filter((image) => image.includes('podinfo')))];
}

test(
  'kustomize: an image’s tag goes from one overlay to the next, and nothing else does',
  TIMEOUT,
  async () => {
    const of = await startExample('kustomize');
    const before = await committed(of, 'overlays/prod/kustomization.yaml');
    const report = await deliver(of, 'overlays/dev/kustomization.yaml', '6.7.1');
    expect(statuses(report)).toEqual({ dev: 'succeeded', prod: 'succeeded' });
    expect(report.chain).toEqual(['prod', 'dev']);
    const after = await committed(of, 'overlays/prod/kustomization.yaml');
    expect(after).toBe(before.replace('newTag: 6.7.0', 'newTag: 6.7.1'));
    expect(running(of, 'prod')).toEqual(['ghcr.io/stefanprodan/podinfo:6.7.1']);
  },
);

test('plain: a whole file goes from one folder to the next', TIMEOUT, async () => {
  const of = await startExample('plain');
  const own = await committed(of, 'prod/own.yaml');
  const report = await deliver(of, 'dev/deployment.yaml', '6.7.1');
  expect(statuses(report)).toEqual({ dev: 'succeeded', prod: 'succeeded' });
  expect(await committed(of, 'prod/deployment.yaml')).toBe(await committed(of, 'dev/deployment.yaml'));
  expect(await committed(of, 'prod/own.yaml')).toBe(own);
  expect(running(of, 'prod')).toEqual(['ghcr.io/stefanprodan/podinfo:6.7.1']);
});

test(
  'applicationset: a tag goes through three stages; one that does not answer stays in the first',
  TIMEOUT,
  async () => {
    const of = await startExample('applicationset');
    const report = await deliver(of, 'chart/values-test.yaml', '6.7.1');
    expect(statuses(report)).toEqual({ test: 'succeeded', uat: 'succeeded', prod: 'succeeded' });
    expect(report.chain).toEqual(['prod', 'uat', 'test']);
    const [, uat, prod] = report.stages;
    expect(uat && linkedStages(uat)).toEqual(['test']);
    expect(prod && linkedStages(prod)).toEqual(['uat']);
    expect(await committed(of, 'chart/values-prod.yaml')).toContain('tag: 6.7.1\nreplicas: 2\n');

    const broken = await deliver(of, 'chart/values-test.yaml', '6.7.2-broken');
    expect(statuses(broken)).toEqual({ test: 'failed', uat: 'none', prod: 'none' });
    expect(running(of, 'prod')).toEqual(['ghcr.io/stefanprodan/podinfo:6.7.1']);
  },
);

test(
  'fan-out: one verified version goes into two regions, each with a link to the same stage',
  TIMEOUT,
  async () => {
    const of = await startExample('fan-out');
    const report = await deliver(of, 'chart/values-staging.yaml', '6.7.1');
    expect(statuses(report)).toEqual({
      staging: 'succeeded',
      'prod-eu': 'succeeded',
      'prod-us': 'succeeded',
    });
    const [staging, ...regions] = report.stages;
    for (const region of regions) {
      expect(linkedStages(region)).toEqual(['staging']);
      expect(region.links.map(({ traceId }) => traceId)).toEqual([staging?.traceId]);
      expect(running(of, region.stage)).toEqual(['ghcr.io/stefanprodan/podinfo:6.7.1']);
    }
    const [eu, us] = regions;
    expect(eu?.links[0]?.spanId).not.toBe(us?.links[0]?.spanId);
  },
);
