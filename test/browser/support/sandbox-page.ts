/** The demo's page in a real Chromium. */
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';

const ROOT = path.join(import.meta.dirname, '../../..');
const SCREENSHOTS = path.join(ROOT, 'test/output/sandbox');

/** Opens the application's page and its panel by clicks alone, then the tab. */
export async function openStages(page: Page, address: string): Promise<Locator> {
  await page.goto(address);
  await page.getByRole('button', { name: 'Details', exact: true }).click();
  await page.getByRole('tab', { name: /stages/i }).click();
  const tab = page.locator('.stageline').filter({ hasText: /this delivery|trace of/i });
  await tab.waitFor();
  return tab;
}

/** A picture of what is in sight, to be looked at. */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
}

/** One picture a theme: the page follows the system's. */
export async function shootThemes(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`.theme-${colorScheme}`).waitFor({ state: 'attached' });
    await shoot(page, `${name}-${colorScheme}`);
  }
}
