/** Full traces in a real browser: with a backend, without one, and with all that may stand in its place. */
import { existsSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM } from './testing/chromium.ts';
import { LOOKS, overflowOf, setLook, SHOTS, startBench, type Bench } from './testing/browser.ts';
import type { HostPage } from './testing/host-page.ts';
import { serviceTrace, traceAnswerText } from './testing/traces.ts';

/** Of the large trace, and of the one that serves where the number does not matter. */
const SPANS = 5000;
const FEW = 500;

describe.skipIf(!existsSync(CHROMIUM))('a trace in Chromium', () => {
  let bench: Bench;
  let host: HostPage;
  const big = serviceTrace(SPANS);
  const small = serviceTrace(FEW);

  beforeAll(async () => {
    bench = await startBench();
    host = bench.host;
  });
  afterAll(() => bench?.close());
  afterEach(() => {
    host.backend = undefined;
    host.listed = [];
  });

  /** A backend that has every trace that is asked for. */
  function withBackend(trace = small): void {
    host.backend = (path) => {
      const traceId = /^v1\/traces\/([0-9a-f]{32})$/.exec(path)?.[1];
      if (traceId === undefined)
        return { status: 200, body: '{"source":"jaeger","trace":"https://traces.example.com/t/{traceId}"}' };
      return {
        status: 200,
        body: traceAnswerText(trace, { traceId, start: Date.now() - 3_600_000 + 104_000 }),
      };
    };
  }

  async function openTrace(view: Parameters<Bench['open']>[0]): Promise<{ page: Page; errors: string[] }> {
    const opened = await bench.open(view);
    await opened.page.getByRole('button', { name: 'Show trace', exact: true }).click();
    await opened.page.getByRole('heading', { name: /^Trace of/ }).waitFor();
    return opened;
  }

  test('is drawn in both themes without overflow at every width', async () => {
    withBackend(big);
    const { page, errors } = await openTrace({ name: 'dev-failed' });
    await page.getByRole('treeitem').first().waitFor();
    await page.getByRole('treeitem', { name: /response-time/ }).click();
    await page.getByText('p95 of load was 0.62').first().waitFor();
    for (const look of LOOKS) {
      await setLook(page, look);
      await page.screenshot({ path: `${SHOTS}trace-${look.theme}-${look.width}.png`, fullPage: true });
      expect([look, await overflowOf(page)]).toEqual([look, 0]);
    }
    expect(errors).toEqual([]);
  });

  test('is asked for with both headers, below the sub-path, and completed by the ledger', async () => {
    withBackend();
    host.requests.length = 0;
    const { page } = await openTrace({ name: 'dev-failed' });
    await page.getByText(/^5\d\d spans$/).waitFor();
    expect(host.requests.at(-1)).toMatch(/^\/argo\/extensions\/stageline\/v1\/traces\/[0-9a-f]{32}$/);
    expect([
      host.backendHeaders['argocd-application-name'],
      host.backendHeaders['argocd-project-name'],
    ]).toEqual(['argocd:dev-failed', 'default']);
    await page.getByRole('treeitem', { name: /^attempt 2/ }).waitFor();
  });

  test.each([
    ['no backend', 404, 'Extension not found', 'which is not installed here'],
    ['a page in its place', 200, '<!doctype html><title>Argo CD</title>', 'which is not installed here'],
    ['no right to it', 401, 'Unauthorized extension request', 'extensions, invoke, stageline'],
    ['a session that has ended', 401, 'Invalid session', 'Invalid session'],
    ['no cookie', 400, 'Auth cookie not found', 'Auth cookie not found'],
    ['a backend that is down', 502, '', 'answered 502'],
    [
      'a backend that is busy',
      503,
      '{"error":{"code":"BUSY","message":"too many requests","hint":""}}',
      'too many',
    ],
    ['no trace store', 200, '{"source":"none","traceId":"","spans":[]}', 'has no trace store'],
    [
      'a trace that the store has lost',
      404,
      '{"error":{"code":"TRACE_NOT_FOUND","message":"","hint":""}}',
      'no such trace',
    ],
  ])('is drawn from the ledger alone with %s', async (_, status, body, said) => {
    host.backend = () => ({ status, body, type: 'text/plain' });
    const { page, errors } = await openTrace({ name: 'dev-failed' });
    await page.getByText('Drawn from the ledger').waitFor();
    expect(await page.locator('.stageline').innerText()).toContain(said);
    await page.getByRole('treeitem', { name: /^response-time.*failed/ }).waitFor();
    await page.getByRole('treeitem', { name: /^promote prod/ }).waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
    withBackend();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText(/^5\d\d spans$/).waitFor();
  });

  test.each([
    ['was not there', 404, 'Extension not found', 'is not installed here'],
    ['the user may not use', 401, 'Unauthorized extension request', 'You may not use the backend'],
  ])('asks a backend that %s once a browser tab, until it is told to', async (_, status, body, said) => {
    host.backend = () => ({ status, body, type: 'text/plain' });
    host.requests.length = 0;
    const asked = (): string[] => host.requests.filter((path) => path.includes('/extensions/'));
    const { page } = await openTrace({ name: 'dev-failed', noTemplate: true });
    await page.getByText(said).waitFor();
    expect(asked()).toEqual(['/argo/extensions/stageline/v1/links']);
    await page.getByRole('button', { name: 'Back to the delivery' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Show trace', exact: true }).click();
    await page.getByText(said).waitFor();
    expect(asked()).toHaveLength(1);
    withBackend();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText(/^5\d\d spans$/).waitFor();
    await page.reload();
    await page.getByText(/^5\d\d spans$/).waitFor();
  });

  test('draws only the rows in sight, and gets to the last by keyboard', async () => {
    withBackend(big);
    const { page } = await openTrace({ name: 'dev-failed', react: 16 });
    const tree = page.getByRole('tree', { name: 'Spans' });
    await page.getByRole('treeitem').first().waitFor();
    expect(await page.getByRole('treeitem').count()).toBeLessThan(80);
    await tree.focus();
    await page.keyboard.press('End');
    const last = page.locator('[role=treeitem][aria-selected=true]');
    await last.waitFor();
    const active = await tree.getAttribute('aria-activedescendant');
    expect(await last.getAttribute('id')).toBe(active);
    expect(
      await page.evaluate(
        '((e) => e.scrollTop + e.clientHeight >= e.scrollHeight - 1)(document.activeElement)',
      ),
    ).toBe(true);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowLeft');
    await page.locator('[aria-selected=true][aria-expanded=false]').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.locator('[aria-selected=true][aria-level="2"]').waitFor();
  });

  test('has errors first, and finds spans by what is in them', async () => {
    withBackend(big);
    const { page } = await openTrace({ name: 'dev-failed' });
    const rows = page.getByRole('treeitem');
    await rows.first().waitFor();
    await page.getByRole('button', { name: /^Errors \(\d+\)$/ }).click();
    await page.getByRole('treeitem', { name: /^response-time.*failed/ }).waitFor();
    await page.getByText(/^\d+ of 50\d\d spans$/).waitFor();
    await page.getByRole('searchbox').fill('pod-13.shop.svc 504');
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByText(/^\d+ of 50\d\d spans$/).waitFor();
    await page.getByRole('searchbox').fill('nowhere to be found');
    await page.getByText('No span is like that').waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'Critical path' }).click();
    expect(await rows.first().textContent()).toContain('on the critical path');
  });

  test('links to the trace UI that the backend names', async () => {
    withBackend();
    const { page } = await openTrace({ name: 'dev-failed', noTemplate: true });
    const link = page.getByRole('link', { name: /^Open in the trace UI/ });
    await expect
      .poll(() => link.getAttribute('href'))
      .toMatch(/^https:\/\/traces\.example\.com\/t\/[0-9a-f]{32}$/);
  });

  test('follows links into the traces of other stages, back and forth, and keeps the place in the address', async () => {
    host.listed = ['shop-dev', 'shop-staging'];
    const { page } = await openTrace({ name: 'prod-succeeded' });
    await page.getByRole('treeitem', { name: /^deliver shop prod/ }).click();
    await page.getByRole('button', { name: 'Open the trace of staging' }).click();
    await page.getByRole('heading', { name: 'Trace of staging' }).waitFor();
    await page.getByRole('treeitem', { name: /^deliver shop staging/ }).click();
    expect(page.url()).toContain('stageline-trace-of=shop-staging');
    await page.getByRole('button', { name: 'Open the trace of dev' }).click();
    await page.getByRole('heading', { name: 'Trace of dev' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Trace of dev' }).waitFor();
    await page.getByRole('treeitem', { name: /^deliver shop dev/ }).waitFor();
    await page.getByRole('button', { name: 'Back to the delivery' }).click();
    await page.getByRole('heading', { name: 'This delivery' }).waitFor();
    expect(page.url()).not.toContain('stageline-trace');
  });

  test('leads forward to the stage that it was promoted to', async () => {
    host.listed = ['shop-dev', 'shop-staging'];
    const { page } = await bench.open({ name: 'prod-succeeded' });
    await page.getByRole('button', { name: 'Show trace of dev' }).click();
    await page.getByRole('button', { name: 'trace of staging' }).click();
    await page.getByRole('heading', { name: 'Trace of staging' }).waitFor();
    await page.getByRole('button', { name: 'Back to the trace of dev' }).click();
    await page.getByRole('heading', { name: 'Trace of dev' }).waitFor();
  });

  test('says that a stage is not visible where the user may not see it', async () => {
    const { page } = await bench.open({ name: 'prod-succeeded' });
    await page.getByText('not visible to you').first().waitFor();
    await page.getByRole('button', { name: 'Show trace of dev' }).click();
    await page.getByText('Stage dev is not visible to you').waitFor();
    await page.screenshot({ path: `${SHOTS}trace-not-visible.png` });
  });

  test('shows of an old delivery what the backend has, and without one what to do', async () => {
    const { page } = await bench.open({ name: 'dev-failed' });
    await page.getByRole('button', { name: 'Older' }).click();
    await page
      .getByRole('button', { name: /^Trace of the delivery of/ })
      .first()
      .click();
    await page.getByText('This trace cannot be shown').waitFor();
    withBackend();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('500 spans').waitFor();
  });

  test('gives the focus to the heading, and back to what opened it', async () => {
    const { page } = await openTrace({ name: 'dev-failed' });
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/^Trace of/);
    await page.getByRole('button', { name: 'Back to the delivery' }).press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Show trace');
  });
});
