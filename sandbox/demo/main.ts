/** `npm run demo`: one commit, two stages, one linked trace, on this machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errorLine } from '../../core/errors.ts';
import { Interrupted, operationsAreOver, waitForStart, waitForVersion } from './journey.ts';
import { DEMO_USAGE, parseDemoOptions, type DemoOptions } from './options.ts';
import { createConditionProgress, createProgress } from './progress.ts';
import { isExpected, type DemoReport } from './report.ts';
import { releaseVersion } from './repository.ts';
import { startWorld, type World } from './world.ts';

const root = path.resolve(import.meta.dirname, '../..');

async function main(): Promise<number> {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(DEMO_USAGE);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal));
  const directory = path.resolve(options.keep ?? mkdtempSync(path.join(tmpdir(), 'stageline-demo-')));
  const print = (line: string): void =>
    void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  let world: World | undefined;
  try {
    print('Starting a stand-in for Argo CD and a cluster …');
    world = await startWorld({ root, directory, log: print });
    watch(world, print);
    return options.once
      ? await deliverOnce(world, { options, print, signal: stop.signal })
      : await deliverAndStay(world, { options, print, signal: stop.signal });
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    throw error;
  } finally {
    if (options.keep !== undefined) world?.save();
    await world?.close();
    if (options.keep === undefined) rmSync(directory, { recursive: true, force: true });
  }
}

interface Run {
  options: DemoOptions;
  print: (line: string) => void;
  signal: AbortSignal;
}

async function deliverOnce(world: World, run: Run): Promise<number> {
  const { options, print } = run;
  await waitForStart(world, run.signal);
  print(`\nBoth stages run v1. Committing ${options.version} …`);
  const commit = await releaseVersion(world.repository, options.version);
  const report = await waitForVersion(world, commit, run.signal);
  const expected = isExpected(report, options.version);
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  print(`\n${summary(report)}${expected ? '' : '\nThis is not what should have happened.'}`);
  return expected ? 0 : 1;
}

async function deliverAndStay(world: World, run: Run): Promise<number> {
  const { print } = run;
  const { startDemoPage } = await import('./page.ts');
  const page = await startDemoPage(world, { root, port: run.options.port });
  try {
    print(`The page: ${page.url}\n`);
    await waitForStart(world, run.signal);
    for (const version of ['v2', 'v3'] as const) {
      print(`\nCommitting ${version} …`);
      const commit = await releaseVersion(world.repository, version);
      print(`\n${summary(await waitForVersion(world, commit, run.signal))}`);
      world.save();
    }
    print(invitation(world, page.url));
    saveWhenIdle(world);
    await new Promise((resolve) => run.signal.addEventListener('abort', resolve, { once: true }));
    print('\nStopping …');
    return 0;
  } finally {
    await page.close();
  }
}

function invitation(world: World, url: string): string {
  return `
Look at it:   ${url}/applications/argocd/shop-prod (and shop-dev): open the application, then the tab STAGES.
Its traces:   ${path.join(world.directory, 'traces/jaeger.json')}: Jaeger's page takes it under Upload.
Your clone:   ${world.repository.clone}
Now you:      edit the two tags in charts/dev/values.yaml to v4, then
              git commit --all --message="Release v4" && git pull --rebase && git push
              and watch it travel here and on the page.
Ctrl-C ends it and leaves nothing behind.
`;
}

function summary(report: DemoReport): string {
  const lines = report.stages.map((stage) => {
    const trace = stage.traceId === null ? '' : `, trace ${stage.traceId}`;
    const links = stage.links.map(
      (link) => `, linked to ${link.stage ?? 'a trace'} ${link.traceId.slice(0, 8)}…/${link.spanId}`,
    );
    return `  ${stage.stage.padEnd(5)} ${stage.status}${trace}${links.join('')}`;
  });
  return [`Commit ${report.originCommit.slice(0, 7)}: ${report.chain.join(' ← ')} ← commit`, ...lines].join(
    '\n',
  );
}

/** From now on the files have what came last: hooks send their spans before Argo CD sees their sync end. */
function saveWhenIdle(world: World): void {
  let saved = world.receiver.spans().length;
  world.argocd.onChange(() => {
    const received = world.receiver.spans().length;
    if (received === saved || !operationsAreOver(world)) return;
    saved = received;
    world.save();
  });
}

/** Follows ledgers and applications; a change of one is told at once. */
function watch(world: World, print: (line: string) => void): void {
  const tell = createProgress(print);
  const tellConditions = createConditionProgress(print);
  world.argocd.onChange(() => tellConditions(world.argocd.applications()));
  world.store.watch((event) => {
    if (!event.object.metadata.name.startsWith('stageline-ledger-')) return;
    for (const ledger of world.ledgers().values()) tell(ledger);
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${errorLine(error)}\n`);
  process.exitCode = 1;
}
