/** A person opens the page after v2 went to prod, clicks the tab, and finds the commit and the chain. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArgoCdApi } from '../../sandbox/argocd/index.ts';
import { waitForStart, waitForVersion } from '../../sandbox/demo/journey.ts';
import { startDemoPage } from '../../sandbox/demo/page.ts';
import { releaseVersion } from '../../sandbox/demo/repository.ts';
import type { DemoReport } from '../../sandbox/demo/report.ts';
import { startWorld, type World } from '../../sandbox/demo/world.ts';
import { launchChromium } from '../../ui-extension/tab/testing/chromium.ts';
import { openStages, shoot } from './support/sandbox-page.ts';

const root = path.resolve(import.meta.dirname, '../..');
const directory = mkdtempSync(path.join(tmpdir(), 'stageline-test-'));
const never = new AbortController().signal;
let world: World;
let api: ArgoCdApi;
let browser: Browser;
let report: DemoReport;

beforeAll(async () => {
  world = await startWorld({ root, directory, log: () => undefined });
  api = await startDemoPage(world, { root, port: 0 });
  await waitForStart(world, never);
  report = await waitForVersion(world, await releaseVersion(world.repository, 'v2'), never);
  browser = await launchChromium();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await api?.close();
  await world?.close();
  rmSync(directory, { recursive: true, force: true });
});

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
    tab = await openStages(page, `${api.url}/applications/argocd/shop-prod?react=${react}`);
    await shoot(page, `prod-${theme}-react${react}`);
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
    await shoot(page, `trace-${theme}-react${react}`);
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
