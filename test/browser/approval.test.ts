/**
 * Deciding on a promotion in the tab, all real but Argo CD and the cluster: the Job is the one that the hook made,
 * approving is Argo CD's action on it, and what follows is written by the programs that it runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PromotionRecord } from '../../core/ledger/types.ts';
import { runDue } from '../../hooks/promotion/due.ts';
import { createLogger } from '../../runtime/log.ts';
import type { ArgoCdApi } from '../../sandbox/argocd/index.ts';
import { operationsAreOver, waitForStart } from '../../sandbox/demo/journey.ts';
import { startDemoPage } from '../../sandbox/demo/page.ts';
import { commitChange } from '../../sandbox/demo/repository.ts';
import type { World } from '../../sandbox/demo/world.ts';
import { ROOT } from '../examples/applications.ts';
import { startExampleWorld } from '../examples/world.ts';
import { launchChromium } from '../../ui-extension/tab/testing/chromium.ts';
import { openStages, shootThemes } from './support/sandbox-page.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'stageline-test-'));
const FILE = 'overlays/dev/kustomization.yaml';
/** `alice` may approve and not reject; `readonly` may look. */
const POLICY = `
g, alice, role:readonly
p, alice, applications, action/batch/Job/resume, */*, allow
`;
let world: World;
let api: ArgoCdApi;
let browser: Browser;

beforeAll(async () => {
  world = await startExampleWorld('approval', directory);
  const users = ['admin', 'alice', 'readonly'].map((username) => ({ username, password: username }));
  api = await startDemoPage(world, { root: ROOT, port: 0, policy: POLICY, users });
  browser = await launchChromium();
  await waitForStart(world, new AbortController().signal);
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await api?.close();
  await world?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Commits a tag to dev and waits until its promotion waits for somebody. */
async function release(version: string): Promise<void> {
  const commit = await commitChange(world.repository, {
    file: FILE,
    change: (text) => text.replace(/6\.7\.\d+/, version),
    message: `Release ${version}`,
  });
  await expect
    .poll(() => promotion(commit)?.pending?.waitsFor, { timeout: 60_000, interval: 100 })
    .toBe('approval');
  await expect.poll(() => operationsAreOver(world), { timeout: 60_000, interval: 100 }).toBe(true);
}

/** The newest delivery's promotion to prod, if the delivery is of this commit. */
function promotion(commit?: string): PromotionRecord | undefined {
  const [newest] = world.ledgers().get('podinfo-dev')?.deliveries ?? [];
  return commit === undefined || newest?.commit.id === commit ? newest?.promotions[0] : undefined;
}

async function openAs(username: string): Promise<{ page: Page; tab: Locator }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 } });
  await context.addCookies([{ name: 'argocd.token', value: api.token(username), url: api.url }]);
  const page = await context.newPage();
  const tab = await openStages(page, `${api.url}/applications/argocd/podinfo-dev`);
  await tab.getByRole('group', { name: 'Promotion to prod' }).waitFor();
  return { page, tab };
}

const approve = { name: /^Approve the promotion to prod/ };
const reject = { name: /^Reject the promotion to prod/ };

test('who may only look sees why the promotion cannot be decided', async () => {
  await release('6.7.1');
  const { page, tab } = await openAs('readonly');
  await tab.getByText('applications, action/batch/Job/resume, default/podinfo-dev').waitFor();
  await tab.getByText('applications, delete/batch/Job/*, default/podinfo-dev').waitFor();
  for (const button of [approve, reject])
    expect(await tab.getByRole('button', button).getAttribute('aria-disabled')).toBe('true');
  await shootThemes(page, 'approval-readonly');
  await page.context().close();
}, 120_000);

test('an approval by click lands in prod, and the tab says who gave it', async () => {
  const { page, tab } = await openAs('alice');
  await tab.getByText('applications, delete/batch/Job/*, default/podinfo-dev').waitFor();
  expect(await tab.getByRole('button', reject).getAttribute('aria-disabled')).toBe('true');
  await shootThemes(page, 'approval-waiting');
  await tab.getByRole('button', approve).and(page.locator('[aria-disabled=false]')).click();
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await tab.getByText('let go by alice').first().waitFor({ timeout: 60_000 });
  await expect
    .poll(() => world.ledgers().get('podinfo-prod')?.deliveries[0]?.freight.items[0]?.value, {
      timeout: 60_000,
    })
    .toBe('6.7.1');
  const prod = tab.locator('.sl-stage').filter({ hasText: 'next' });
  await prod.getByText('6.7.1').waitFor({ timeout: 60_000 });
  expect(promotion()).toMatchObject({ status: 'done', decidedBy: 'alice' });
  await shootThemes(page, 'approval-approved');
  await page.context().close();
}, 120_000);

test('a rejection by click keeps it out of prod, and the tab says who turned it down', async () => {
  await release('6.7.2');
  const { page, tab } = await openAs('admin');
  await tab.getByRole('button', reject).and(page.locator('[aria-disabled=false]')).click();
  await page.getByRole('button', { name: 'Reject', exact: true }).click();
  await tab.getByText('Rejected: Argo CD deleted its Job').waitFor();
  const kubeconfig = path.join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, world.kubeconfig());
  // What the CronJob does every few minutes.
  const report = await runDue({
    env: { KUBECONFIG: kubeconfig, STAGELINE_ARGOCD_NAMESPACE: 'argocd' },
    log: createLogger({ write: () => undefined, now: Date.now }),
    signal: new AbortController().signal,
    namespaces: ['podinfo-dev'],
  });
  expect(report.problems).toEqual([]);
  await tab.getByText('rejected by admin').first().waitFor({ timeout: 30_000 });
  await shootThemes(page, 'approval-rejected');
  expect(world.ledgers().get('podinfo-prod')?.deliveries[0]?.freight.items[0]?.value).toBe('6.7.1');
  await page.context().close();
}, 120_000);
