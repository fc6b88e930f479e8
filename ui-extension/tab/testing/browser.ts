/** For tests only: a real Chromium with the host page in it. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { startHostPage, type HostPage, type HostView } from './host-page.ts';
import { scenarios } from './scenarios.ts';

/** Where tests leave pictures to be looked at. */
export const SHOTS = fileURLToPath(new URL('../../../test/output/tab/', import.meta.url));
/** Contents of the tab that the widths of Argo CD's own panel leave at 360, 1280 and more pixels. */
export const WIDTHS = [308, 932, 1280];
export const THEMES = ['light', 'dark'] as const;

export interface Bench {
  browser: Browser;
  host: HostPage;
  /**
   * Shows a view in the bench's one page, as a browser tab that has just been opened, and keeps what the page
   * complains of, answers of 4xx and 5xx excepted.
   */
  open: (view: HostView) => Promise<Opened>;
  close: () => Promise<void>;
}

export interface Opened {
  page: Page;
  errors: string[];
}

/** Starts browser and host page, with the scenarios as of now. `built`: the text of a bundle to load. */
export async function startBench(built?: string): Promise<Bench> {
  mkdirSync(SHOTS, { recursive: true });
  const [browser, host] = await Promise.all([launchChromium(), startHostPage(scenarios(Date.now()), built)]);
  let errors: string[] = [];
  const page = await browser.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error' && !/status of [45]\d\d/.test(line.text())) errors.push(line.text());
  });
  return {
    browser,
    host,
    open: async (view) => {
      await page.evaluate('location.protocol === "about:" || sessionStorage.clear()');
      await page.setViewportSize(viewportOf(view.width ?? 932));
      errors = [];
      await page.goto(host.url(view));
      return { page, errors };
    },
    close: async () => {
      await browser.close();
      await host.close();
    },
  };
}

export interface Look {
  theme: (typeof THEMES)[number];
  width: number;
}

export const LOOKS: readonly Look[] = THEMES.flatMap((theme) => WIDTHS.map((width) => ({ theme, width })));

/**
 * Gives the open page another theme and width, as the host does when the user chooses one and draws the window. What
 * is out of sight is drawn too, for pictures of the whole page and for those who examine it.
 */
export async function setLook(page: Page, { theme, width }: Look): Promise<void> {
  await page.setViewportSize(viewportOf(width));
  await page.evaluate(`window.setLook('${theme}', ${width});
    for (const box of document.querySelectorAll('.sl-box')) box.style.contentVisibility = 'visible'`);
}

/** How far the page is wider than its window, in pixels. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

function viewportOf(width: number): { width: number; height: number } {
  return { width: width + 32, height: 900 };
}
