/** The tab's views under axe-core, at three widths and in both themes: no violation of any of its rules. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM } from '../../ui-extension/tab/testing/chromium.ts';
import {
  setLook,
  startBench,
  WIDTHS,
  type Bench,
  type Look,
} from '../../ui-extension/tab/testing/browser.ts';
import type { HostView } from '../../ui-extension/tab/testing/host-page.ts';
import { serviceTrace, traceAnswerText } from '../../ui-extension/tab/testing/traces.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary: string }[];
}

interface View {
  name: string;
  view: HostView;
  /** Brings the page to what is to be looked at. */
  reach: (page: Page) => Promise<void>;
}

/** What is there differs by width; the theme changes colours alone. */
const EXAMINED: Look[] = [
  ...WIDTHS.map((width) => ({ theme: 'light' as const, width })),
  { theme: 'dark', width: 932 },
];

const delivery = (page: Page): Promise<void> =>
  page
    .getByRole('heading', { name: /delivery$/ })
    .first()
    .waitFor();

const VIEWS: View[] = [
  { name: 'a delivery that failed', view: { name: 'dev-failed' }, reach: delivery },
  {
    name: 'a chain of stages, a check unfolded',
    view: { name: 'prod-succeeded' },
    reach: async (page) => {
      await page.getByRole('button', { name: /^load/ }).click();
      await page.getByText('Slowest').waitFor();
    },
  },
  { name: 'a delivery that runs', view: { name: 'dev-running' }, reach: delivery },
  { name: 'what was verified earlier', view: { name: 'prod-rolled-back' }, reach: delivery },
  { name: 'what was not checked', view: { name: 'prod-not-checked' }, reach: delivery },
  {
    name: 'a pending promotion',
    view: { name: 'dev-waiting' },
    reach: (page) => page.getByText('expires in 2 days').waitFor(),
  },
  {
    name: 'promotions in every state',
    view: { name: 'dev-promotions' },
    reach: (page) => page.getByText('goes on by itself').first().waitFor(),
  },
  {
    name: 'a rollback that is planned',
    view: { name: 'prod-rollback-due' },
    reach: (page) => page.getByText('unless a later attempt succeeds').waitFor(),
  },
  {
    name: 'the dialog',
    view: { name: 'dev-waiting' },
    reach: async (page) => {
      await page.getByRole('button', { name: /^Approve the promotion/, disabled: false }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'a trace',
    view: { name: 'dev-failed' },
    reach: async (page) => {
      await page.getByRole('button', { name: 'Show trace', exact: true }).click();
      await page.getByRole('treeitem', { name: /^response-time/ }).click();
      await page.getByText('stageline.check.target').waitFor();
    },
  },
  {
    name: 'a search in a trace',
    view: { name: 'dev-failed' },
    reach: async (page) => {
      await page.getByRole('button', { name: 'Show trace', exact: true }).click();
      await page.getByRole('searchbox').fill('GET /cart');
      await page.getByText(/ of \d+ spans$/).waitFor();
    },
  },
  {
    name: 'no deliveries',
    view: { name: 'no-deliveries' },
    reach: (page) => page.getByText('No deliveries yet').waitFor(),
  },
  {
    name: 'a stage that may not be seen',
    view: { name: 'denied' },
    reach: (page) => page.getByText('not visible to you').waitFor(),
  },
  {
    name: 'the item of the status panel',
    view: { name: 'dev-failed', part: 'item' },
    reach: (page) => page.getByText('Failed in post-deployment').waitFor(),
  },
  {
    name: 'the page of all pipelines',
    view: { name: 'none', part: 'page' },
    reach: (page) => page.getByRole('region', { name: 'Pipeline shop' }).waitFor(),
  },
];

describe.skipIf(!existsSync(CHROMIUM))('axe-core finds nothing in', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench();
    bench.host.listed = ['dev-failed', 'prod-succeeded', 'denied', 'shop-dev'];
    const trace = serviceTrace(300);
    bench.host.backend = (path) => {
      const traceId = path.split('/').at(-1) ?? '';
      return { status: 200, body: traceAnswerText(trace, { traceId, start: Date.now() - 3_500_000 }) };
    };
  });
  afterAll(() => bench?.close());

  test.each(VIEWS)('$name', async ({ view, reach }) => {
    const { page, errors } = await bench.open(view);
    // What is half faded has another contrast.
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await reach(page);
    await page.evaluate(axe);
    for (const look of EXAMINED) {
      await setLook(page, look);
      expect([look, await violations(page)]).toEqual([look, []]);
    }
    expect(errors).toEqual([]);
  });

  test('and would find what is wrong', async () => {
    const { page } = await bench.open({ name: 'no-deliveries' });
    await page.getByText('No deliveries yet').waitFor();
    await page.evaluate(axe);
    await page.evaluate(
      'document.querySelector(".stageline p").insertAdjacentHTML("afterend", "<button></button>")',
    );
    expect((await violations(page)).join()).toContain('button-name');
  });
});

async function violations(page: Page): Promise<string[]> {
  const found: Violation[] = await page.evaluate(
    `axe.run({ include: ['.stageline'] }, { resultTypes: ['violations'] }).then((result) =>
      result.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target, failureSummary }) => ({ target, failureSummary })) })))`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}
