/** The page in Chromium, with both Reacts: it loads extensions as Argo CD does and stays up to date. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { configMap } from '../argocd/engine/test-bed.ts';
import { FILES, startTestApi } from '../argocd/api/test-api.ts';
import type { TestApi } from '../argocd/api/test-api.ts';
import { createHostPage } from './page.ts';
import { launchChromium } from '../../ui-extension/tab/testing/chromium.ts';
import { buildPage } from './test-page.ts';
import type { PageBuild } from './test-page.ts';

let built: PageBuild;
let browser: Browser;
let test: TestApi;
let page: Page;
let errors: string[] = [];
beforeAll(async () => {
  [built, browser] = await Promise.all([buildPage(), launchChromium()]);
  test = await startTestApi({
    api: {
      rootPath: '/argocd',
      extensionFiles: [built.extension],
      page: createHostPage({ distDir: built.distDir }),
    },
  });
  page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
});
afterAll(async () => {
  await browser.close();
  await test.close();
  built.remove();
});

interface Visit {
  page: Page;
  errors: string[];
}
/** Shows a path in the file's one page, to a visitor who has never been here. */
async function visit(path: string): Promise<Visit> {
  await page.evaluate('location.protocol === "about:" || localStorage.clear()');
  await page.context().clearCookies();
  errors = [];
  await page.goto(test.api.url + path);
  return { page, errors };
}
const SHOP = '/applications/argocd/shop';

describe.each([16, 19])('the page with React %d', (react) => {
  const at = (path: string): string => `${path}${path.includes('?') ? '&' : '?'}react=${react}`;

  it('lists applications without a login and opens one', async () => {
    const { page, errors } = await visit(at('/'));
    await page.getByRole('link', { name: /shop/ }).click();
    await page.getByText('App health').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/argocd${SHOP}`);
    expect(new URL(page.url()).searchParams.get('react')).toBe(String(react));
    expect(await page.getByText('Stand-in for Argo CD’s UI').isVisible()).toBe(true);
    await page.getByRole('button', { name: /Job gate/ }).waitFor();
    expect(errors).toEqual([]);
  });

  it('shows an Application tab with defaults merged in, the real tree, and live updates', async () => {
    const { page, errors } = await visit(
      at(`${SHOP}?node=argoproj.io/Application/argocd/shop/0&tab=extension-0`),
    );
    await page.locator('#nodes', { hasText: 'Pod:gate-x1:true' }).waitFor();
    expect(await page.locator('#same').textContent()).toBe('true');
    expect(await page.locator('#kind').textContent()).toBe('argoproj.io/v1alpha1 Application');
    const versions = await page.locator('#react').textContent();
    expect(versions).toMatch(react === 16 ? /^16\.14\.0 undefined string$/ : /^19\.\d+\.\d+ object string$/);
    const panel = await page.locator('.sliding-panel__wrapper').boundingBox();
    expect(panel?.width).toBe(1024);
    expect(await page.evaluate('document.activeElement.className')).toBe('sliding-panel__close');

    await page.locator('#count').click();
    const revision = test.bed.commit({ 'README.md': `seen with ${react}` });
    test.bed.argo.webhook();
    await page.locator('#sync', { hasText: revision }).waitFor();
    expect(await page.locator('#count').textContent()).toBe('1');
    await page.getByRole('button', { name: 'Close' }).focus();
    await page.keyboard.press('Escape');
    await page.locator('.sliding-panel').waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  });

  it('gives resource tabs the live manifest, and keeps a broken one to itself', async () => {
    const { page } = await visit(at(`${SHOP}?node=/ConfigMap/web/settings/0&tab=extension-0`));
    await page.locator('#test-manifest', { hasText: 'ConfigMap settings' }).waitFor();
    await page.goto(`${test.api.url}${at(`${SHOP}?node=/Secret/web/token/0&tab=extension-0`)}`);
    await page.getByText('Something went wrong: Error: broken tab').waitFor();
    await page.getByRole('tab', { name: 'Manifest' }).click();
    await page.locator('#test-manifest', { hasText: 'Secret token' }).waitFor();
  });

  it('opens flyouts by the address, from the status panel and the top bar', async () => {
    const { page } = await visit(at(SHOP));
    await page.locator('#open-flyout').click();
    await page.locator('#test-flyout').waitFor();
    expect(new URL(page.url()).searchParams.get('extension')).toBe('test-item');
    await page.getByRole('button', { name: 'Close' }).click();
    expect(new URL(page.url()).searchParams.get('extension')).toBe('');
    await page.locator('#top').click();
    expect((await page.locator('.sliding-panel__wrapper').boundingBox())?.width).toBe(600);
  });

  it('has the views that apply, and the sidebar’s pages', async () => {
    const { page } = await visit(at(SHOP));
    await page.getByRole('button', { name: 'Views' }).click();
    await page.locator('#test-view', { hasText: 'view of shop' }).waitFor();
    expect(await page.getByRole('button', { name: 'Hidden' }).count()).toBe(0);
    await page.getByRole('link', { name: 'System' }).click();
    await page.locator('#test-system').waitFor();
    expect(new URL(page.url()).pathname).toBe('/argocd/system');
  });

  it('remembers the theme and wraps everything in its class', async () => {
    const { page } = await visit(at(SHOP));
    await page.locator('#app > .theme-light > .cd-layout').waitFor();
    await page.getByRole('button', { name: 'Dark theme' }).click();
    await page.locator('#app > .theme-dark > .cd-layout').waitFor();
    await page.reload();
    await page.locator('#app > .theme-dark > .cd-layout').waitFor();
    const stored = await page.evaluate<string | null>("localStorage.getItem('view_preferences')");
    expect(JSON.parse(stored ?? '{}')).toMatchObject({ version: 5, theme: 'dark' });
  });

  it('syncs by a button and shows what became of it', async () => {
    const { page } = await visit(at(SHOP));
    test.bed.commit({
      ...FILES,
      'app/a.yaml': configMap('settings', { v: `by button ${react}` }),
      'app/c.yaml': '',
    });
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    await test.bed.until(({ status }) => (status?.history?.length ?? 0) > (react === 16 ? 1 : 2));
    await page.getByRole('button', { name: 'History and rollback' }).click();
    await page.getByText('Initiated by: automated sync policy').first().waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Succeeded' }).click();
    await page.getByText('configmap/settings configured').waitFor();
  });
});
