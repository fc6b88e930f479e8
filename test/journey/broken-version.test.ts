/** A commit that cannot be rendered: the journey ends, and the terminal says why. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { git } from '../../runtime/git.ts';
import { waitForStart, waitForVersion } from '../../sandbox/demo/journey.ts';
import { createConditionProgress } from '../../sandbox/demo/progress.ts';
import { isExpected } from '../../sandbox/demo/report.ts';
import { startWorld, type World } from '../../sandbox/demo/world.ts';
import { repositoryRoot } from './run-demo.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'stageline-test-'));
const never = new AbortController().signal;
let world: World;

beforeAll(async () => {
  world = await startWorld({ root: repositoryRoot, directory, log: () => undefined });
  await waitForStart(world, never);
}, 120_000);

afterAll(async () => {
  await world?.close();
  rmSync(directory, { recursive: true, force: true });
});

test('a pipeline file that names no such stage stops the journey, with file, line and cure', async () => {
  const told: string[] = [];
  const tell = createConditionProgress((line) => told.push(line));
  world.argocd.onChange(() => tell(world.argocd.applications()));
  const at = { gitDir: path.join(world.repository.clone, '.git'), workTree: world.repository.clone };
  const file = path.join(world.repository.clone, 'stageline.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('after: dev', 'after: devv'));
  await git(['commit', '--quiet', '--all', '--message=Break the pipeline'], at);
  await git(['push', '--quiet', 'origin', 'main'], at);
  const commit = (await git(['rev-parse', 'HEAD'], at)).trim();
  const report = await waitForVersion(world, commit, never);
  expect(report.stages.map(({ status }) => status)).toEqual(['none', 'none']);
  expect(isExpected(report, 'v2')).toBe(false);
  const line = told.find((one) => one.startsWith('shop-dev'));
  expect(line).toMatch(/stageline\.yaml:\d+: .*"devv".*Name one of: dev, prod/);
}, 60_000);
