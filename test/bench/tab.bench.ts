/**
 * The tab with much to show: CPU time of the page's main thread, from Chromium's own trace, for the first painting
 * after the data came and for what people then do. Loads dist/extension-stageline.js if it is built. Prints one JSON
 * document; ends with 1 if a target is missed.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { startBench, type Bench } from '../../ui-extension/tab/testing/browser.ts';
import type { HostView } from '../../ui-extension/tab/testing/host-page.ts';
import { serviceTrace, traceAnswerText } from '../../ui-extension/tab/testing/traces.ts';
import { allStages, HISTORY_LINES, longStage, STAGES } from './tab-data.ts';
import { record } from './tab-trace.ts';

const ROUNDS = 9;
const SPANS = 5000;
const TARGETS = { firstPaintMs: 100, interactionMs: 50, bundleGzipBytes: 45 * 1024 };

const root = path.resolve(import.meta.dirname, '../..');
const dist = path.join(root, 'dist/extension-stageline.js');
const built = existsSync(dist) ? readFileSync(dist, 'utf8') : undefined;

/** Milliseconds of CPU time by what was done. */
type Figures = Record<string, number>;

interface Act {
  name: string;
  /** What is clicked; it is looked for before the time begins. */
  click?: string | RegExp;
  key?: string;
  /** Pixels. */
  wheel?: number;
}

interface Run {
  /** What comes before the name of each figure. */
  part: string;
  view: HostView;
  /** The requests whose answers are the data. */
  data: RegExp;
  /** An element that is there once the data are drawn. */
  drawn: string;
  /** Where the data come in parts, there is no one moment at which they are there. */
  inParts?: true;
  /** Brings the page to where the acts begin. */
  reach: (page: Page) => Promise<void>;
  acts: Act[];
}

const RUNS: Run[] = [
  {
    part: 'tab',
    view: { name: 'stage-21' },
    data: /\/resource\?/,
    drawn: '.sl-history',
    reach: (page) => page.getByText('not visible to you').first().waitFor(),
    acts: [
      { name: 'turn the page of the history', click: 'Older' },
      { name: 'unfold a check', click: /^load/ },
      { name: 'ask for a log', click: /^Show log of Post/ },
      { name: 'show all stages', click: /more stages after/ },
      { name: 'show all of the chain', click: /more stages$/ },
      { name: 'show all promotions', click: /^Show all/ },
      { name: 'open an older delivery', click: /^Show delivery of/ },
    ],
  },
  {
    part: 'trace',
    view: { name: 'stage-21', query: `&stageline-trace=${'a'.repeat(32)}` },
    data: /\/v1\/traces\//,
    drawn: '[role=treeitem]',
    reach: async (page) => {
      await page.getByRole('tree').hover();
      await page.getByRole('tree').focus();
    },
    acts: [
      { name: 'scroll by a turn of the wheel', wheel: 400 },
      { name: 'scroll by 1,500 rows at once', wheel: 42_000 },
      { name: 'choose the last span', key: 'End' },
      { name: 'choose the first span', key: 'Home' },
      { name: 'fold the root', key: 'ArrowLeft' },
      { name: 'unfold the root', key: 'ArrowRight' },
      { name: 'show errors only', click: /^Errors \(/ },
      { name: 'show the critical path', click: 'Critical path' },
      { name: 'show all', click: 'All' },
      { name: 'errors not first', click: 'Errors first' },
      { name: 'search for a letter', key: 'o' },
    ],
  },
  {
    part: 'page',
    view: { name: 'none', part: 'page' },
    data: /\/resource\?/,
    drawn: '.sl-matrix',
    inParts: true,
    reach: async (page) => {
      await page.getByText(/^reading \d+ more$/).waitFor({ state: 'detached' });
      await page.getByRole('searchbox').focus();
    },
    acts: [
      { name: 'search for a letter', key: 'v' },
      { name: 'find nothing', key: '~' },
      { name: 'find all again', key: 'Backspace' },
    ],
  },
];

/**
 * Marks the painting of the first frame that has the element in it, and of each act the event and the second frame
 * after it: what an effect changes after the first is in the second. Nothing of the test runs in between.
 */
const WATCH = `(selector) => {
  const after = (frames, done) => requestAnimationFrame(() => (frames > 1 ? after(frames - 1, done) : setTimeout(done)));
  const observer = new MutationObserver(() => {
    if (!document.querySelector(selector)) return;
    observer.disconnect();
    after(1, () => performance.mark('painted'));
  });
  observer.observe(document, { childList: true, subtree: true });
  window.acts = 0;
  window.armed = false;
  const begin = () => {
    if (!window.armed) return;
    window.armed = false;
    performance.mark('begin-' + window.acts);
    after(2, () => { performance.mark('end-' + window.acts); window.acts += 1; });
  };
  for (const type of ['pointerdown', 'keydown', 'wheel']) addEventListener(type, begin, { capture: true, passive: true });
}`;

/** Waits in the page for an expression: the page's policy allows no evaluation that waits from outside. */
const until = (condition: string): string => `new Promise((resolve) => {
  const look = () => (${condition} ? resolve() : setTimeout(look, 20));
  look();
})`;

async function perform(page: Page, { click, key, wheel }: Act): Promise<void> {
  const place = click === undefined ? undefined : await placeOf(page, click);
  await page.evaluate(until('((window.armed = true), true)'));
  if (place) await page.mouse.click(place.x, place.y);
  if (key !== undefined) await page.keyboard.press(key);
  if (wheel !== undefined) await page.mouse.wheel(0, wheel);
}

async function placeOf(page: Page, name: string | RegExp): Promise<{ x: number; y: number }> {
  const button = page.getByRole('button', { name }).first();
  await button.scrollIntoViewIfNeeded();
  const box = await button.boundingBox();
  if (!box) throw new Error(`nothing to click: ${name}`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function round(bench: Bench, run: Run): Promise<Figures> {
  const recording = await record(bench.browser);
  const page = await bench.browser.newPage({ viewport: { width: 964, height: 900 } });
  await page.addInitScript(`(${WATCH})(${JSON.stringify(run.drawn)})`);
  await page.goto(bench.host.url(run.view));
  await page.evaluate(until(`performance.getEntriesByName('painted').length > 0`));
  await run.reach(page);
  for (const [index, act] of run.acts.entries()) {
    if (act.key?.length === 1) await page.getByRole('searchbox').focus();
    await perform(page, act);
    await page.evaluate(until(`window.acts > ${index}`));
  }
  await page.close();
  const timeline = await recording.stop();
  const painted = run.inParts
    ? {}
    : { [`${run.part}: first paint`]: timeline.sinceAnswer(run.data, 'painted') };
  const acts = run.acts.map(({ name }, index) => [
    `${run.part}: ${name}`,
    timeline.between(`begin-${index}`, `end-${index}`),
  ]);
  return { ...painted, ...Object.fromEntries(acts) };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function medians(rounds: readonly Figures[]): Figures {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, Math.round(10 * median(rounds.map((one) => one[name] ?? Number.NaN))) / 10]),
  );
}

const bench = await startBench(built);
try {
  const now = Date.now();
  const stages = allStages(now);
  Object.assign(bench.host.scenarios, stages, { 'stage-21': longStage(now) });
  bench.host.listed = Object.keys(stages);
  const trace = serviceTrace(SPANS);
  const text = traceAnswerText(trace, { traceId: trace.traceId, start: now - 3_600_000 });
  bench.host.backend = () => ({ status: 200, body: text });
  const rounds: Figures[] = [];
  for (let index = 0; index < ROUNDS; index += 1) {
    const parts: Figures[] = [];
    for (const run of RUNS) parts.push(await round(bench, run));
    rounds.push(Object.assign({}, ...parts));
  }
  const cpuMs = medians(rounds);
  const firstPaints = Object.entries(cpuMs).filter(([name]) => name.endsWith('first paint'));
  const interactions = Object.entries(cpuMs).filter(([name]) => !name.endsWith('first paint'));
  const bundleGzipBytes = gzipSync(bench.host.bundle, { level: 9 }).length;
  const ok =
    firstPaints.every(([, ms]) => ms <= TARGETS.firstPaintMs) &&
    interactions.every(([, ms]) => ms <= TARGETS.interactionMs) &&
    bundleGzipBytes <= TARGETS.bundleGzipBytes;
  const document = {
    bench: 'tab',
    program: built === undefined ? 'ui-extension/tab/index.tsx' : path.relative(root, dist),
    browser: `Chromium ${bench.browser.version()}`,
    rounds: ROUNDS,
    data: { historyLines: HISTORY_LINES, stages: STAGES, spans: SPANS },
    figures: { cpuMs, bundleBytes: bench.host.bundle.length, bundleGzipBytes },
    targets: TARGETS,
    ok,
  };
  console.log(JSON.stringify(document, undefined, 2));
  process.exitCode = ok ? 0 : 1;
} finally {
  await bench.close();
}
