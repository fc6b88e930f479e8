/** The CronJob that does what is due, as `stageline doctor` judges it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../../sandbox/kube/index.ts';
import { findings, folder, healthy, of, root, store, type Result } from './testing.ts';

const NAMESPACE = 'stageline';
const CRON_JOB = { group: 'batch', kind: 'CronJob', namespace: NAMESPACE, name: 'stageline-due' };

function apply(file: string, namespace: string): void {
  const documents = parseAllDocuments(readFileSync(path.join(root, 'manifests', file), 'utf8'));
  for (const document of Array.isArray(documents) ? documents : []) {
    const object = document.toJS() as KubeObject;
    store.apply({ ...object, metadata: { ...object.metadata, namespace } });
  }
}

function settings(data: Record<string, string>): void {
  store.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'stageline-due', namespace: NAMESPACE },
    data,
  });
}

function secret(): void {
  store.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'stageline-due-git', namespace: NAMESPACE },
    data: { username: 'eA==', token: 'eA==' },
  });
}

function installedDue(): void {
  healthy();
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  apply('due/cron-job.yaml', NAMESPACE);
  for (const file of ['role', 'role-binding']) apply(`due/stage/${file}.yaml`, 'shop-dev');
  settings({ STAGELINE_NAMESPACES: 'shop-dev', STAGELINE_GIT_ADDRESSES: 'https://git.example.com/shop' });
  secret();
}

function pipelineWith(promotion: string): void {
  writeFileSync(
    path.join(folder, 'stageline.yaml'),
    `apiVersion: stageline.dev/v1
pipeline: shop
moves: [{ files: [v] }]
stages:
  - { name: dev, application: shop-dev, path: dev }
  - { name: prod, application: shop-prod, path: prod, after: dev, promotion: ${promotion} }
`,
  );
}

const due = async (): Promise<Result[]> => of(await findings(), 'due');

test('installed from the manifests it is well', async () => {
  installedDue();
  expect(await due()).toEqual([
    { check: 'due', status: 'ok', found: 'the CronJob does what is due every time of "*/5 * * * *"' },
  ]);
});

test.each([
  ['{ push: {} }', 'skipped', 'nothing does what is due, and no pipeline file at hand asks for it'],
  ['{ push: {}, soak: 2h }', 'failed', 'nothing does what is due: promotions into prod soak'],
  ['{ push: {}, by: due }', 'failed', 'nothing does what is due: promotions into prod are left to it'],
])('where it is not, a promotion of %s is %s', async (promotion, status, found) => {
  healthy();
  pipelineWith(promotion);
  expect(await due()).toMatchObject([
    { status, found, advice: 'Install manifests/due; docs/promotion.md has the commands' },
  ]);
});

test('a namespace that it does not look after is named, and one where it lacks rights', async () => {
  installedDue();
  settings({ STAGELINE_NAMESPACES: 'elsewhere', STAGELINE_GIT_ADDRESSES: 'https://git.example.com/shop' });
  expect((await due()).map(({ found }) => found)).toEqual([
    'the CronJob stageline-due does not look after namespace shop-dev',
  ]);
  settings({ STAGELINE_GIT_ADDRESSES: 'https://git.example.com/shop' });
  expect((await due())[0]?.found).toBe('the CronJob stageline-due is told of no namespace');
  settings({ STAGELINE_NAMESPACES: 'shop-dev', STAGELINE_GIT_ADDRESSES: 'https://git.example.com/shop' });
  const role = parse(readFileSync(path.join(root, 'manifests/due/stage/role.yaml'), 'utf8')) as KubeObject & {
    rules: object[];
  };
  store.apply({
    ...role,
    metadata: { ...role.metadata, namespace: 'shop-dev' },
    rules: role.rules.slice(0, 1),
  } as KubeObject);
  expect(await due()).toMatchObject([
    {
      status: 'failed',
      found:
        'in namespace shop-dev the CronJob stageline-due may not list jobs.batch, get jobs.batch, update jobs.batch, delete jobs.batch',
      advice: 'Install manifests/due/stage in namespace shop-dev',
    },
  ]);
});

test('credentials that may be sent nowhere are named, and those that a promotion needs', async () => {
  installedDue();
  settings({ STAGELINE_NAMESPACES: 'shop-dev' });
  expect((await due())[0]?.advice).toBe('Set STAGELINE_GIT_ADDRESSES in ConfigMap stageline-due');
  store.delete({ group: '', kind: 'Secret', namespace: NAMESPACE, name: 'stageline-due-git' });
  expect((await due())[0]?.status).toBe('ok');
  pipelineWith('{ push: {}, by: due }');
  expect((await due())[0]?.found).toMatch(
    /^promotions into prod are left to it, and there is no Secret stageline-due-git/,
  );
});

test('a CronJob that is suspended is named, and one whose last run failed', async () => {
  installedDue();
  const made = store.get(CRON_JOB) as KubeObject & { spec: object };
  const lastScheduleTime = '2030-01-01T00:05:00Z';
  store.updateStatus({ ...made, status: { lastScheduleTime, lastSuccessfulTime: '2030-01-01T00:00:20Z' } });
  expect((await due())[0]?.found).toBe('the last run of the CronJob stageline-due did not succeed');
  const ran = store.get(CRON_JOB) as KubeObject & { spec: object };
  store.updateStatus({ ...ran, status: { lastScheduleTime, active: [{ name: 'stageline-due-1' }] } });
  expect((await due())[0]?.status).toBe('ok');
  store.update({ ...(store.get(CRON_JOB) as KubeObject), spec: { ...made.spec, suspend: true } });
  expect((await due())[0]?.found).toBe('the CronJob stageline-due is suspended');
});
