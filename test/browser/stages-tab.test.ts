/** A person opens the page after v2 went to prod, clicks the tab, and finds the commit and the chain. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArgoCdApi } from '../../sandbox/argocd/index.ts';
import { waitForStart, waitForVersion } from '../../sandbox/demo/journey.ts';
import { startDemoPage } from '../../sandbox/demo/page.ts';
import { releaseVersion } from '../../sandbox/demo/repository.ts';
import type { DemoReport } from '../../sandbox/demo/report.ts';
import { startWorld, type World } from '../../sandbox/demo/world.ts';

const root = path.resolve(import.meta.dirname, '../..');
const screenshots = path.join(root, 'test/output/sandbox');
const directory = mkdtempSync(path.join(tmpdir(), 'stageline-test-'));
const never = new AbortController().signal;
let world: World;
let api: ArgoCdApi;
let browser: Browser;
let report: DemoReport;

beforeAll(async () => {
  mkdirSync(screenshots, { recursive: true });
  world = await startWorld({ root, directory, log: () => undefined });
  api = await startDemoPage(world, { root, port: 0 });
  await waitForStart(world, never);
  report = await waitForVersion(world, await releaseVersion(world.repository, 'v2'), never);
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await api?.close();
  await world?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Opens the application's page and its panel by clicks alone, then the tab. */
async function openStages(page: Page, application: string, react: string): Promise<Locator> {
  await page.goto(`${api.url}/applications/argocd/${application}?react=${react}`);
  await page.getByRole('button', { name: 'Details', exact: true }).click();
  await page.getByRole('tab', { name: /stages/i }).click();
  return page.locator('.stageline').filter({ hasText: /this delivery|trace of/i });
}

describe.each([
  ['19', 'light'],
  ['16', 'dark'],
] as const)('the Stages tab on React %s, %s', (react, theme) => {
  let page: Page;
  let tab: Locator;
  const problems: string[] = [];

  beforeAll(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await page.addInitScript(`localStorage.setItem('view_preferences', '{"version":5,"theme":"${theme}"}')`);
    tab = await openStages(page, 'shop-prod', react);
    await tab.waitFor();
    await page.screenshot({ path: path.join(screenshots, `prod-${theme}-react${react}.png`) });
  }, 60_000);

  test('shows prod’s version, its commit and that it succeeded', async () => {
    const prod = report.stages[1];
    await expect.poll(() => tab.innerText()).toContain('shop / prod');
    const text = await tab.innerText();
    expect(text).toContain(prod?.commitId?.slice(0, 7));
    expect(text).toContain('Succeeded');
    expect(text).toContain('v2');
  });

  test('shows the chain back through dev to the commit that a person pushed', async () => {
    const text = await tab.innerText();
    expect(text.toLowerCase()).toContain('linked traces');
    expect(text).toContain(report.originCommit.slice(0, 7));
    expect(text).toContain('Release v2 to dev');
    expect(text).toContain('Dana Developer');
    expect(text).toContain(report.stages[0]?.traceId?.slice(0, 8));
  });

  test('shows the whole trace through the backend, and that of dev by its link', async () => {
    await tab.getByRole('button', { name: 'Show trace', exact: true }).click();
    await tab.getByRole('heading', { name: 'Trace of prod' }).waitFor();
    await tab.getByRole('treeitem', { name: /^deliver shop prod/ }).click();
    // Said where the backend gave no trace.
    expect(await tab.innerText()).not.toContain('Drawn from the ledger');
    await tab.getByRole('button', { name: 'Open the trace of dev' }).click();
    await tab.getByRole('heading', { name: 'Trace of dev' }).waitFor();
    await tab.getByRole('treeitem', { name: /^deliver shop dev/ }).waitFor();
    expect(await tab.innerText()).not.toContain('Drawn from the ledger');
    await page.screenshot({ path: path.join(screenshots, `trace-${theme}-react${react}.png`) });
  });

  test('causes no error on the page', () => {
    expect(problems).toEqual([]);
  });
});

test('the page says that it is a stand-in', async () => {
  const page = await browser.newPage();
  await page.goto(`${api.url}/applications`);
  await expect.poll(() => page.locator('body').innerText()).toContain('Stand-in for Argo CD');
  await page.close();
});
