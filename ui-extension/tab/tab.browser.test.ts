/** The tab in a real browser, in a page that does what Argo CD's does, with the oldest and the newest React. */
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM } from './testing/chromium.ts';
import { LOOKS, overflowOf, setLook, SHOTS, startBench, type Bench, type Opened } from './testing/browser.ts';
import type { HostPage, HostView } from './testing/host-page.ts';
import type { Scenario } from './testing/scenarios.ts';

describe.skipIf(!existsSync(CHROMIUM))('the tab in Chromium', () => {
  let bench: Bench;
  let browser: Browser;
  let host: HostPage;
  beforeAll(async () => {
    bench = await startBench();
    ({ browser, host } = bench);
  });
  afterAll(() => bench?.close());

  const open = (view: HostView): Promise<Opened> => bench.open(view);

  for (const name of [
    'dev-promoted',
    'dev-failed',
    'prod-succeeded',
    'dev-running',
    'prod-rolled-back',
    'dev-waiting',
    'dev-promotions',
    'prod-taken-back',
    'prod-rollback-due',
    'hostile',
  ]) {
    test(`draws ${name} in both themes without overflow at every width`, async () => {
      const { page, errors } = await open({ name });
      await page.getByRole('heading', { name: /^(This|Newest) delivery/u }).waitFor();
      for (const look of LOOKS) {
        await setLook(page, look);
        await page.screenshot({ path: `${SHOTS}${name}-${look.theme}-${look.width}.png`, fullPage: true });
        expect([look, await overflowOf(page)]).toEqual([look, 0]);
      }
      expect(errors).toEqual([]);
    });
  }

  for (const name of [
    'no-deliveries',
    'not-a-stage',
    'newer',
    'damaged',
    'denied',
    'broken',
    'prod-not-checked',
  ]) {
    test(`shows ${name}`, async () => {
      const { page, errors } = await open({ name });
      await page.locator('.sl-empty, .sl-notice, .sl-box').first().waitFor();
      await page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
      expect(errors).toEqual([]);
    });
  }
  async function openedTab(view: HostView): Promise<Opened> {
    const opened = await open(view);
    await opened.page
      .getByRole('heading', { name: /delivery$/ })
      .first()
      .waitFor();
    return opened;
  }

  test('asks only Argo CD, below its sub-path, for one ledger and one anchor', async () => {
    host.requests.length = 0;
    await openedTab({ name: 'dev-promoted' });
    expect(host.requests.toSorted()).toEqual([
      '/argo/api/v1/applications/dev-promoted/resource?namespace=shop-dev&resourceName=stageline-dev-promoted&version=v1&kind=ConfigMap&appNamespace=argocd&project=default&group=',
      '/argo/api/v1/applications/dev-promoted/resource?namespace=shop-dev&resourceName=stageline-ledger-dev-promoted&version=v1&kind=ConfigMap&appNamespace=argocd&project=default&group=',
    ]);
  });

  test('works with React 16, and registers for applications alone', async () => {
    const { page, errors } = await openedTab({ name: 'dev-failed', react: 16 });
    await page.getByRole('button', { name: 'Attempt 1' }).click();
    await page.getByText('connection refused').first().waitFor();
    expect(await page.evaluate('[window.React.version, ...window.registered]')).toEqual([
      '16.14.0',
      'argoproj.io',
      'Application',
      'Stages',
      'fa-project-diagram',
    ]);
    expect(errors).toEqual([]);
  });

  test('is worked with the keyboard alone, with a focus ring that the host cannot kill', async () => {
    const { page } = await openedTab({ name: 'dev-failed' });
    const check = page.getByRole('button', { name: /^response-time/ });
    await check.focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    expect(await check.getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('Enter');
    expect(await check.getAttribute('aria-expanded')).toBe('true');
    await page.getByRole('button', { name: /^load/ }).press('Space');
    await page.getByText('620ms', { exact: true }).waitFor();
  });

  test('opens an older delivery and keeps it in the address', async () => {
    const { page } = await openedTab({ name: 'prod-succeeded' });
    await page.getByRole('button', { name: /^Show delivery of/ }).click();
    await page.getByRole('heading', { name: 'Earlier delivery' }).waitFor();
    const address = page.url();
    expect(address).toContain('stageline-delivery=');
    await page.reload();
    await page.getByRole('heading', { name: 'Earlier delivery' }).waitFor();
    await page.getByRole('button', { name: 'Show the newest' }).click();
    await page.getByRole('heading', { name: 'This delivery' }).waitFor();
    expect(page.url()).not.toContain('stageline-delivery=');
  });

  test('turns the pages of a long history', async () => {
    const { page } = await openedTab({ name: 'dev-failed' });
    expect(await page.locator('.sl-history tbody tr').count()).toBe(10);
    await page.getByRole('button', { name: 'Older' }).click();
    await page.getByText('2 of 31').waitFor();
    expect(await page.locator('.sl-history tbody tr').count()).toBe(10);
  });

  test('lets other stages speak for themselves, as far as the user may see them', async () => {
    host.listed = ['shop-dev'];
    const { page } = await openedTab({ name: 'prod-succeeded' });
    const card = (stage: string) => page.locator('.sl-stage').filter({ hasText: new RegExp(`^${stage}`) });
    await card('dev').getByText('Succeeded').waitFor();
    await card('staging').getByText('not visible to you').waitFor();
    expect(await card('staging').innerText()).toContain('Passed');
    expect(await card('staging').getByRole('link', { name: 'staging' }).count()).toBe(0);
    expect(host.requests).toContain(
      '/argo/api/v1/applications?name=shop-dev&appNamespace=argocd&fields=items.metadata.name%2Citems.metadata.namespace%2Citems.spec%2Citems.status.operationState.phase',
    );
  });

  /** A scenario of its own, which a test may change. */
  function scenarioOf(name: string, like: string): Scenario {
    const scenario = host.scenarios[like];
    if (!scenario) throw new Error(`there is no scenario ${like}`);
    host.scenarios[name] = { ...scenario };
    return host.scenarios[name];
  }

  const TREE_CHANGED = `window.props.tree.nodes[1].resourceVersion += '1';
    window.draw({ ...window.props, tree: { ...window.props.tree } })`;

  test('reads the ledger again when the tree says that it changed, and not otherwise', async () => {
    const scenario = scenarioOf('dev-changing', 'dev-running');
    const { page } = await openedTab({ name: 'dev-changing' });
    const verdict = page.locator('.sl-verdict-word');
    expect(await verdict.textContent()).toBe('Deploying');
    const before = host.requests.length;
    await page.evaluate('window.draw({ ...window.props, application: { ...window.props.application } })');
    scenario.ledger = host.scenarios['dev-promoted']?.ledger;
    await page.evaluate(TREE_CHANGED);
    await verdict.filter({ hasText: 'Succeeded' }).waitFor();
    expect(host.requests.length).toBe(before + 2);
  });

  test('keeps the last data when a reading fails, and tries again when told to', async () => {
    const scenario = scenarioOf('prod-shaky', 'prod-succeeded');
    const { page } = await openedTab({ name: 'prod-shaky' });
    scenario.refused = { status: 503, message: 'the repo server is down' };
    await page.evaluate(TREE_CHANGED);
    await page.getByText('the repo server is down').waitFor();
    expect(await page.getByRole('heading', { name: 'This delivery' }).count()).toBe(1);
    delete scenario.refused;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('the repo server is down').waitFor({ state: 'detached' });
  });

  test('shows the log of a hook when asked, and what to do where there is none', async () => {
    const { page } = await openedTab({ name: 'dev-failed' });
    host.logs.status = 200;
    host.logs.body = '{"result":{"content":"probe <b>one</b>","last":false}}\n{"result":{"last":true}}\n';
    const button = page.getByRole('button', { name: 'Show log of Pre-deployment hook' });
    await button.click();
    await page.getByText('probe <b>one</b>').waitFor();
    expect(host.requests.at(-1)).toMatch(
      /^\/argo\/api\/v1\/applications\/dev-failed\/logs\?.*namespace=shop-dev&group=batch&kind=Job&resourceName=sl-hook-pre-deployment-\d+&/,
    );
    host.logs.body = '';
    await page.getByRole('button', { name: 'Read again' }).click();
    await page.getByText('no pod of this Job any more').waitFor();
    host.logs.status = 403;
    await page.getByRole('button', { name: 'Read again' }).click();
    await page.getByText('logs, get').waitFor();
  });

  test('copies a trace id', async () => {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    await page.goto(host.url({ name: 'dev-promoted' }));
    await page.getByRole('button', { name: 'Copy trace id', exact: true }).click();
    await page.getByText('trace id copied').waitFor({ state: 'attached' });
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^[0-9a-f]{32}$/);
    await context.close();
  });

  test('runs nothing that a ledger holds', async () => {
    const { page } = await openedTab({ name: 'hostile' });
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(
      await page.locator('.stageline a[href^="javascript"], .stageline img, .stageline script').count(),
    ).toBe(0);
  });

  test('keeps a fault of its own inside its own part of the page', async () => {
    const { page } = await openedTab({ name: 'dev-promoted' });
    await page.evaluate(
      'window.draw({ application: { metadata: { name: "x" }, status: { resources: 7 } } })',
    );
    await page.getByText('Stageline could not draw this').waitFor();
    await page.evaluate('window.draw(window.props)');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'This delivery' }).waitFor();
  });

  test('moves nothing for those who want no motion', async () => {
    const { page } = await openedTab({ name: 'dev-running' });
    const animation = 'getComputedStyle(document.querySelector(".sl-spin")).animationName';
    expect(await page.evaluate(animation)).toBe('sl-turn');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await page.evaluate(animation)).toBe('none');
    await page.emulateMedia({ reducedMotion: null });
  });

  test('leaves the styles of the host alone', async () => {
    const { page } = await openedTab({ name: 'dev-promoted' });
    const foreign = `[...document.adoptedStyleSheets].flatMap((sheet) => [...sheet.cssRules])
      .flatMap((rule) => rule.cssRules?.length && !rule.selectorText ? [...rule.cssRules] : [rule])
      .map((rule) => rule.selectorText).filter((selector) => selector && !selector.split(',').every((part) => /\\.stageline/.test(part)))`;
    expect(await page.evaluate(foreign)).toEqual([]);
  });

  test('has an item for the status panel, which opens the flyout and asks nothing for other applications', async () => {
    const { page } = await open({ name: 'dev-failed', part: 'item', width: 300 });
    await page.getByText('Failed in post-deployment').waitFor();
    await page.screenshot({ path: `${SHOTS}item.png` });
    await page.getByRole('button', { name: 'Delivery details' }).click();
    expect(await page.evaluate('window.opened')).toBe(1);
    host.requests.length = 0;
    await page.goto(host.url({ name: 'not-a-stage', part: 'item' }));
    expect(await page.locator('#part').innerHTML()).toBe('');
    expect(host.requests).toEqual([]);
    await page.goto(host.url({ name: 'dev-failed', part: 'flyout' }));
    await page.getByRole('heading', { name: 'This delivery' }).waitFor();
  });

  describe('the page in the sidebar', () => {
    test('shows which freight is in which stage, in both themes, at every width', async () => {
      host.listed = ['dev-failed', 'prod-succeeded', 'denied'];
      const { page, errors } = await open({ name: 'none', part: 'page' });
      await page.getByRole('region', { name: 'Pipeline shop' }).waitFor();
      await page.getByText('Not visible').waitFor();
      expect(await page.locator('.sl-matrix').first().locator('thead th .sl-link').allTextContents()).toEqual(
        ['dev', 'prod'],
      );
      for (const look of LOOKS) {
        await setLook(page, look);
        await page.screenshot({ path: `${SHOTS}page-${look.theme}-${look.width}.png` });
      }
      expect(errors).toEqual([]);
    });

    test('finds a pipeline by version, commit or author', async () => {
      host.listed = ['dev-failed', 'prod-succeeded'];
      const { page } = await open({ name: 'none', part: 'page' });
      await page.getByRole('region', { name: 'Pipeline shop' }).waitFor();
      await page.getByRole('searchbox').fill('warehouse ada');
      expect(await page.getByRole('region', { name: 'Pipeline shop' }).count()).toBe(1);
      await page.getByRole('searchbox').fill('nowhere');
      await page.getByText('Nothing matches').waitFor();
    });

    test('reads what is in sight, more towards the end of the page, and all when somebody searches', async () => {
      const like = scenarioOf('many', 'dev-promoted');
      host.listed = Array.from({ length: 130 }, (_, index) => `many-${String(index).padStart(3, '0')}`);
      for (const [index, name] of host.listed.entries())
        host.scenarios[name] = { ...like, anchor: { ...like.anchor, pipeline: `pipeline-${index}` } };
      host.requests.length = 0;
      const { page } = await open({ name: 'none', part: 'page' });
      const read = (): number => new Set(host.requests.filter((path) => path.includes('/resource?'))).size;
      await page.getByText('70 more applications to read').waitFor();
      await expect.poll(read, { timeout: 20_000 }).toBe(120);
      await page.getByRole('searchbox').fill('pipeline-129');
      await page.getByRole('region', { name: 'Pipeline pipeline-129' }).waitFor();
      await expect.poll(read, { timeout: 20_000 }).toBe(260);
      host.requests.length = 0;
      await open({ name: 'none', part: 'page' });
      await page.getByRole('button', { name: 'Read more' }).waitFor();
      // Boxes get their height when they are drawn: the end moves away from whoever goes there, and is followed.
      const toTheEnd = async (): Promise<number> => {
        await page.evaluate(`document.querySelector('.stageline-page').scrollTo(0, 1e6)`);
        return page.getByText('to read.').count();
      };
      await expect.poll(toTheEnd, { timeout: 30_000 }).toBe(0);
      await expect.poll(read, { timeout: 20_000 }).toBe(260);
    });

    test('says what to do where no application is a stage', async () => {
      host.listed = [];
      const { page } = await open({ name: 'none', part: 'page', react: 16 });
      await page.getByText('No pipelines').waitFor();
    });
  });

  test('is small', () => {
    expect(gzipSync(host.bundle).length).toBeLessThan(45 * 1024);
    expect(host.bundle).not.toMatch(/react\/jsx-runtime|__SECRET_INTERNALS|\beval\(|new Function|createHash/);
  });
});
