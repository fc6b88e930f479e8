/** Deciding on a pending promotion in a real browser: Argo CD's own actions, asked for once more before. */
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM } from './testing/chromium.ts';
import { LOOKS, setLook, SHOTS, startBench, type Bench } from './testing/browser.ts';
import type { HostPage } from './testing/host-page.ts';

describe.skipIf(!existsSync(CHROMIUM))('a pending promotion in Chromium', () => {
  let bench: Bench;
  let host: HostPage;
  beforeAll(async () => {
    bench = await startBench();
    host = bench.host;
  });
  afterAll(() => bench?.close());
  afterEach(() => {
    host.jobs = { actions: [{ name: 'resume' }], hasV2: true, refuses: false };
  });

  const approve = { name: /^Approve the promotion to prod/ };
  const reject = { name: /^Reject the promotion to prod/ };

  test('asks in a dialog of the page’s own theme, at every width', async () => {
    const { page, errors } = await bench.open({ name: 'dev-waiting' });
    await page.getByText('expires in 2 days').waitFor();
    await page.getByRole('button', approve).and(page.locator('[aria-disabled=false]')).click();
    await page.getByRole('dialog').waitFor();
    for (const look of LOOKS) {
      await setLook(page, look);
      expect(
        await page.evaluate(`!!document.querySelector("[role=dialog]").closest(".theme-${look.theme}")`),
      ).toBe(true);
      await page.screenshot({ path: `${SHOTS}dialog-${look.theme}-${look.width}.png` });
    }
    expect(errors).toEqual([]);
  });

  test('is approved by Argo CD’s action on its Job, once', async () => {
    const { page } = await bench.open({ name: 'dev-waiting' });
    host.requests.length = 0;
    await page.getByRole('button', approve).and(page.locator('[aria-disabled=false]')).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Approved: Argo CD resumed its Job').waitFor();
    const sent = host.requests.findLast((request) => request.startsWith('POST')) ?? '';
    expect(sent).toMatch(/^POST \/argo\/api\/v1\/applications\/dev-waiting\/resource\/actions\/v2 /);
    expect(JSON.parse(sent.slice(sent.indexOf('{')))).toEqual({
      namespace: 'shop-dev',
      resourceName: 'sl-promote-prod-7c1d',
      version: 'v1',
      group: 'batch',
      kind: 'Job',
      appNamespace: 'argocd',
      project: 'default',
      action: 'resume',
    });
    await page.getByRole('button', approve).press('Enter');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  test('is approved by the older route where Argo CD has no other', async () => {
    host.jobs.hasV2 = false;
    const { page } = await bench.open({ name: 'dev-waiting', react: 16 });
    await page.getByRole('button', approve).and(page.locator('[aria-disabled=false]')).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Approved: Argo CD resumed its Job').waitFor();
    expect(host.requests.at(-1)).toBe(
      'POST /argo/api/v1/applications/dev-waiting/resource/actions?namespace=shop-dev&resourceName=sl-promote-prod-7c1d&version=v1&group=batch&kind=Job&appNamespace=argocd&project=default "resume"',
    );
  });

  test('is rejected by deleting its Job', async () => {
    const { page } = await bench.open({ name: 'dev-waiting' });
    await page.getByRole('button', reject).and(page.locator('[aria-disabled=false]')).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click();
    await page.getByText('Rejected: Argo CD deleted its Job').waitFor();
    expect(host.requests.at(-1)).toBe(
      'DELETE /argo/api/v1/applications/dev-waiting/resource?namespace=shop-dev&resourceName=sl-promote-prod-7c1d&version=v1&group=batch&kind=Job&appNamespace=argocd&project=default',
    );
  });

  test('cannot be decided by whom Argo CD refuses it, and names the rights before anybody clicks', async () => {
    host.jobs.refuses = true;
    const { page } = await bench.open({ name: 'dev-waiting' });
    await page.getByText('applications, action/batch/Job/resume, default/dev-waiting').waitFor();
    await page.getByText('applications, delete/batch/Job/*, default/dev-waiting').waitFor();
    expect(await page.getByRole('button', approve).getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('button', approve).press('Enter');
    expect(await page.getByRole('dialog').count()).toBe(0);
    host.jobs.refuses = false;
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.getByRole('button', approve).and(page.locator('[aria-disabled=false]')).waitFor();
  });

  test('asks for rights on a Job that cannot be, and once a browser tab', async () => {
    const { page } = await bench.open({ name: 'dev-waiting' });
    host.requests.length = 0;
    const ready = page.getByRole('button', approve).and(page.locator('[aria-disabled=false]'));
    await page.evaluate('sessionStorage.clear()');
    await page.reload();
    await ready.waitFor();
    const probes = (): string[] => host.requests.filter((request) => /^(POST|DELETE)/.test(request));
    expect(probes()).toHaveLength(2);
    for (const probe of probes()) expect(probe).toMatch(/sl-promote-prod-7c1d-["&]/);
    await page.reload();
    await ready.waitFor();
    expect(probes()).toHaveLength(2);
  });

  test('names the right that was taken away meanwhile, and asks no more', async () => {
    const { page } = await bench.open({ name: 'dev-waiting' });
    await page.getByRole('button', approve).and(page.locator('[aria-disabled=false]')).click();
    host.jobs.refuses = true;
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await page.getByText('applications, action/batch/Job/resume, default/dev-waiting').waitFor();
    expect(await page.getByRole('button', approve).getAttribute('aria-disabled')).toBe('true');
    expect(await page.getByRole('button', reject).getAttribute('aria-disabled')).toBe('false');
  });

  test('that runs already, or is a rollback, reads so', async () => {
    const { page } = await bench.open({ name: 'dev-promotions' });
    const released = page.getByRole('group', { name: 'Promotion to released' });
    await released.getByText('let go by alice').waitFor();
    expect(await released.getByRole('button').count()).toBe(0);
    await page.getByRole('group', { name: 'Promotion to soak' }).getByText('goes on by itself').waitFor();
    await page.getByRole('group', { name: 'Promotion to hold' }).getByText('until Monday').waitFor();
    await bench.open({ name: 'prod-rollback-due' });
    await page
      .getByRole('button', { name: /^Roll back now/ })
      .and(page.locator('[aria-disabled=false]'))
      .click();
    await page
      .getByRole('dialog', { name: 'Roll prod back now?' })
      .getByText('prod goes back to v2')
      .waitFor();
  });

  test.each([
    ['its Job is gone', undefined, /Its Job is gone/],
    ['Argo CD has no such action', [], /no action “resume” for Jobs/],
    ['its Job runs', [{ name: 'resume', disabled: true }], /not suspended any more/],
  ])('cannot be approved where %s, and says so', async (_, actions, said) => {
    host.jobs.actions = actions;
    const { page } = await bench.open({ name: 'dev-waiting' });
    await page.getByText(said).waitFor();
    expect(await page.getByRole('button', approve).getAttribute('aria-disabled')).toBe('true');
    host.jobs.actions = [{ name: 'resume' }];
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.getByRole('button', approve).and(page.locator('[aria-disabled=false]')).waitFor();
  });

  test('keeps the focus in the dialog, and gives it back', async () => {
    const { page } = await bench.open({ name: 'dev-waiting' });
    await page.getByRole('button', approve).and(page.locator('[aria-disabled=false]')).press('Enter');
    const focused = () => page.evaluate('document.activeElement.textContent');
    expect(await focused()).toBe('Cancel');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Approve');
    await page.keyboard.press('Shift+Tab');
    expect(await focused()).toBe('Cancel');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await focused()).toMatch(/^Approve/);
  });

  test('is said in the status panel, and in the strip of stages', async () => {
    const { page } = await bench.open({ name: 'dev-waiting', part: 'item', width: 300 });
    await page.getByText('Waiting for approval').waitFor();
    await page.goto(host.url({ name: 'dev-waiting' }));
    host.listed = ['prod-succeeded'];
    const next = page.locator('.sl-stage').filter({ hasText: 'next' });
    await next.getByText('Waiting for approval').waitFor();
    expect(await next.innerText()).toContain('prod');
  });
});
