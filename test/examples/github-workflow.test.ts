/** The example's workflow: started by a promotion as its pipeline file says, its steps run in a clone with real Git. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRepository, type TestRepository } from '../../cmp/testing/repository.ts';
import { parsePromotionFile } from '../../core/ancestry.ts';
import { makeFreight } from '../../core/freight.ts';
import { parsePipeline } from '../../core/pipeline/parse.ts';
import { plannedPromotion } from '../../core/promotion/planned.ts';
import type { PromotionOrder } from '../../hooks/promotion/order.ts';
import { promote } from '../../hooks/promotion/promote.ts';
import { git } from '../../runtime/git.ts';
import { startGitServer, type GitServer } from '../../sandbox/git/server.ts';
import { startGitHubStandIn, type GitHubStandIn } from '../../sandbox/github/index.ts';
import { parse } from 'yaml';
import { planFor } from '../hooks/support/world.ts';
import { filesOf } from '../keptn/support/files.ts';
import { runWorkflow } from '../keptn/support/workflow.ts';
import { orderOf, toolsFor } from '../promotion/support/order.ts';
import { exampleFolder } from './applications.ts';

const FILES = filesOf(exampleFolder('github-workflow'));
const WORKFLOW = '.github/workflows/promote.yaml';
const OVERLAY = 'overlays/prod/kustomization.yaml';
/** As the README says: it may start workflows, and nothing else. */
const DISPATCHER = 'token-that-may-dispatch';
const RUNNER = 'token-of-the-workflow';

let folder: string;
let repository: TestRepository;
let server: GitServer;
let github: GitHubStandIn;
let bare: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'stageline-workflow-'));
  repository = makeRepository(FILES);
  mkdirSync(path.join(folder, 'acme'));
  bare = path.join(folder, 'acme/podinfo.git');
  await git(['clone', '--quiet', '--bare', repository.root, bare], { cwd: folder });
  server = await startGitServer({ root: folder, users: {} });
  const text = String(FILES[WORKFLOW]);
  const { on, 'run-name': runName } = parse(text) as {
    on: { workflow_dispatch: { inputs: object } };
    'run-name': string;
  };
  github = await startGitHubStandIn({
    repositories: [
      {
        owner: 'acme',
        name: 'podinfo',
        gitDir: bare,
        workflows: { 'promote.yaml': { inputs: Object.keys(on.workflow_dispatch.inputs), runName } },
      },
    ],
    tokens: [
      {
        token: DISPATCHER,
        login: 'stageline',
        rights: { permissions: { metadata: 'read', actions: 'write' } },
      },
      {
        token: RUNNER,
        login: 'github-actions',
        rights: { permissions: { metadata: 'read', contents: 'write', pull_requests: 'write' } },
      },
    ],
  });
});

afterAll(async () => {
  await github.close();
  await server.close();
  repository.remove();
  rmSync(folder, { recursive: true, force: true });
  expect(github.violations).toEqual([]);
});

const inBare = (...args: string[]): Promise<string> => git(args, { gitDir: bare });

async function orderFor(version: string): Promise<PromotionOrder> {
  const { pipeline } = parsePipeline(String(FILES['stageline.yaml']), 'stageline.yaml');
  const [from, target] = pipeline.stages;
  if (!from || !target) throw new Error('the example has two stages');
  const head = (await inBare('rev-parse', 'main')).trim();
  const repoURL = `${server.url}/acme/podinfo.git`;
  const source = { repoURL, targetRevision: 'main' };
  const plan = planFor({ repoURL, head: () => head }, {});
  const planned = plannedPromotion(pipeline, { from, target, source });
  return orderOf(
    {
      ...plan,
      pipeline: pipeline.pipeline,
      source: { ...source, path: 'overlays/dev' },
      freight: makeFreight([
        {
          kind: 'kustomize-image',
          file: 'kustomization.yaml',
          key: 'ghcr.io/stefanprodan/podinfo',
          value: version,
        },
      ]),
      promotions: [{ ...planned, provider: 'github', api: github.url }],
    },
    'a'.repeat(32),
  );
}

const dispatch = async (order: PromotionOrder) =>
  promote(toolsFor({ STAGELINE_GIT_TOKEN: DISPATCHER }), order);
const runLast = (): Promise<string[]> =>
  runWorkflow({
    bare,
    directory: folder,
    workflow: 'promote.yaml',
    inputs: github.repository('acme/podinfo').runs.at(-1)?.inputs ?? {},
    repository: 'acme/podinfo',
    apiUrl: github.url,
    token: RUNNER,
  });

test('a version goes through the workflow into a pull request, which gives prod the version and the chain', async () => {
  const order = await orderFor('6.7.1');
  const { traceparent } = order.intent;
  expect(await dispatch(order)).toMatchObject({ status: 'done' });
  expect(github.repository('acme/podinfo').runs).toMatchObject([
    { title: `Promote 6.7.1 (${traceparent})`, inputs: { traceParent: traceparent, version: '6.7.1' } },
  ]);
  await runLast();
  expect((await inBare('diff', '--numstat', 'main', 'promote/6.7.1')).split('\n')).toEqual([
    expect.stringMatching(/^\d+\t0\toverlays\/prod\/\.stageline\/prod\.json$/),
    `1\t1\t${OVERLAY}`,
    '',
  ]);
  expect(await inBare('show', `promote/6.7.1:${OVERLAY}`)).toBe(
    String(FILES[OVERLAY]).replace('6.7.0', '6.7.1'),
  );
  const file = parsePromotionFile(
    await inBare('show', 'promote/6.7.1:overlays/prod/.stageline/prod.json'),
    'prod.json',
  );
  expect(file).toMatchObject({
    stage: 'prod',
    freight: { id: order.plan.freight.id },
    ancestry: [{ stage: 'dev' }],
  });
  expect(file.traceparent).toBe(traceparent);
  expect(github.repository('acme/podinfo').pulls).toMatchObject([
    { head: 'promote/6.7.1', base: 'main', state: 'open', title: 'Promote podinfo 6.7.1 to prod' },
  ]);

  // A run that is started again writes the same branch and opens no second request.
  await runLast();
  expect(github.repository('acme/podinfo').pulls).toHaveLength(1);

  await inBare('update-ref', 'refs/heads/main', 'promote/6.7.1');
  expect((await runLast())[0]).toBe('prod has 6.7.1 already\n');
  expect(await dispatch(order)).toMatchObject({
    status: 'done',
    message: expect.stringContaining('already'),
  });
  expect(github.repository('acme/podinfo').runs).toHaveLength(1);
});

test.each([
  ['version', '6.7.1; touch /tmp/x', 'version is no image tag'],
  ['version', '', 'version is no image tag'],
  ['traceParent', 'x', 'traceParent is no W3C traceparent'],
])('the workflow refuses %s "%s" before it writes anything', async (input, value, says) => {
  const inputs = {
    traceParent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    version: '6.7.9',
    promotionFile: '{}',
    [input]: value,
  };
  const branches = await inBare('for-each-ref', '--format=%(refname)');
  await expect(
    runWorkflow({
      bare,
      directory: folder,
      workflow: 'promote.yaml',
      inputs,
      repository: 'acme/podinfo',
      apiUrl: github.url,
      token: RUNNER,
    }),
  ).rejects.toThrow(says);
  expect(await inBare('for-each-ref', '--format=%(refname)')).toBe(branches);
});
