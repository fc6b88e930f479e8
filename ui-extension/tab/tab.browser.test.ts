/** The tab in a real browser, in a page that does what Argo CD's does, with the oldest and the newest React. */
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHostPage, type HostPage } from './testing/host-page.ts';
import { scenarios } from './testing/scenarios.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const SHOTS = fileURLToPath(new URL('../../test/output/tab/', import.meta.url));
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe.skipIf(!existsSync(CHROMIUM))('the tab in Chromium', () => {
  let browser: Browser;
  let host: HostPage;
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    [browser, host] = await Promise.all([
      chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS }),
      startHostPage(scenarios(Date.now())),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await host?.close();
  });

  interface Opened {
    page: Page;
    errors: string[];
  }

  async function open(view: Parameters<HostPage['url']>[0]): Promise<Opened> {
    const page = await browser.newPage({ viewport: { width: (view.width ?? 932) + 32, height: 900 } });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (line) => {
      if (line.type() === 'error' && !/status of 4\d\d|status of 5\d\d/.test(line.text()))
        errors.push(line.text());
    });
    await page.goto(host.url(view));
    return { page, errors };
  }

  const WIDTHS = [308, 932, 1280];
  for (const name of ['dev-promoted', 'dev-failed', 'prod-succeeded', 'dev-running', 'prod-rolled-back']) {
    for (const theme of ['light', 'dark'] as const) {
      test(`draws ${name} in ${theme} without overflow at every width`, async () => {
        for (const width of WIDTHS) {
          const { page, errors } = await open({ name, theme, width });
          await page.getByRole('heading', { name: 'This delivery' }).waitFor();
          const overflow = await page.evaluate(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          await page.screenshot({ path: `${SHOTS}${name}-${theme}-${width}.png`, fullPage: true });
          expect([overflow, errors]).toEqual([0, []]);
          await page.close();
        }
      });
    }
  }

  for (const name of ['no-deliveries', 'not-a-stage', 'newer', 'damaged', 'denied', 'broken', 'hostile']) {
    test(`shows ${name}`, async () => {
      const { page, errors } = await open({ name, theme: name === 'hostile' ? 'dark' : 'light' });
      await page.locator('.sl-empty, .sl-notice, .sl-box').first().waitFor();
      await page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
      expect(errors).toEqual([]);
      await page.close();
    });
  }
});
