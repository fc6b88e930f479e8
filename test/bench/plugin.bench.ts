/**
 * The plugin against `helm template` alone: interleaved pairs on the same charts, in a repository with 5,000 commits,
 * with pipeline and hook Jobs. Prints one JSON document; exit code 1 if a figure is over its limit.
 * `--pairs N` takes another number of pairs than 15.
 */
import { spawnSync, spawn } from 'node:child_process';
import { openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inject } from '../../cmp/testing/inject.ts';
import { TOOL_PATH } from '../../cmp/testing/repository.ts';
import { PLUGIN, pluginCommand } from './plugin-command.ts';
import { makeFixture, SIZES, type Fixture, type Size } from './plugin-fixture.ts';

const LIMITS = {
  ratio: { '1 MB': 1.35, '10 MB': 1.15 } as Record<string, number>,
  addedMs20KB: 60,
  injectionMBs: 100,
  peakMB: 130,
  bundleKB: 40,
};
const AT_ONCE = 20;

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '15' } } });
const pairs = Number(values.pairs);
const nowhere = openSync('/dev/null', 'w');
const fixture = makeFixture();
try {
  const sizes = SIZES.map((size) => comparison(fixture, size));
  const result = {
    bench: 'plugin',
    node: process.version,
    pairs,
    sizes,
    injection: injectionAlone(fixture),
    peakMB: peakMemory(fixture),
    bundleKB: round(statSync(PLUGIN).size / 1024),
    atOnce: await manyAtOnce(fixture),
  };
  const failed = overLimits(result);
  process.stdout.write(`${JSON.stringify({ ...result, limits: LIMITS, failed }, null, 2)}\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  fixture.remove();
}

interface Comparison {
  size: string;
  bytes: number;
  helmMs: number;
  pluginMs: number;
  /** Medians over the pairs. */
  ratio: number;
  addedMs: number;
}

function comparison(made: Fixture, size: Size): Comparison {
  const cwd = join(made.root, made.pathOf(size));
  const helmArgs = ['template', 'bench', '.', '--namespace', 'bench', '--include-crds'];
  const env = { PATH: TOOL_PATH, HOME: made.root };
  const rendered = spawnSync('helm', helmArgs, { cwd, env, maxBuffer: 1 << 30 });
  const both = Array.from({ length: pairs }, () => ({
    helm: timed(() => spawnSync('helm', helmArgs, { cwd, env, stdio: ['ignore', nowhere, 'ignore'] }).status),
    plugin: timed(() => runPlugin(made, size).status),
  }));
  return {
    size: size.name,
    bytes: rendered.stdout.length,
    helmMs: round(median(both.map(({ helm }) => helm))),
    pluginMs: round(median(both.map(({ plugin }) => plugin))),
    ratio: round(median(both.map(({ helm, plugin }) => plugin / helm)), 3),
    addedMs: round(median(both.map(({ helm, plugin }) => plugin - helm))),
  };
}

function runPlugin(
  made: Fixture,
  size: Size,
  env: NodeJS.ProcessEnv = {},
): { status: number | null; stderr: string } {
  const [program, args] = pluginCommand();
  const result = spawnSync(program, args, {
    cwd: join(made.root, made.pathOf(size)),
    env: { ...pluginEnv(made, size), ...env },
    stdio: ['ignore', nowhere, 'pipe'],
    encoding: 'utf8',
  });
  return { status: result.status, stderr: result.stderr };
}

function pluginEnv(made: Fixture, size: Size): NodeJS.ProcessEnv {
  return {
    PATH: TOOL_PATH,
    TMPDIR: join(made.root, '.git'),
    STAGELINE_HOOK_IMAGE: 'registry.example/stageline:bench',
    ARGOCD_APP_NAME: `bench-${size.objects}`,
    ARGOCD_APP_NAMESPACE: 'bench',
    ARGOCD_APP_REVISION: 'f'.repeat(40),
    ARGOCD_APP_SOURCE_REPO_URL: 'https://git.example/bench.git',
    ARGOCD_APP_SOURCE_PATH: made.pathOf(size),
    ARGOCD_APP_SOURCE_TARGET_REVISION: 'main',
  };
}

/** The scanner and the splicing, without process start, on the largest stream. */
function injectionAlone(made: Fixture): { bytes: number; ms: number; mbPerSecond: number } {
  const size = SIZES.at(-1) ?? SIZES[0];
  if (size === undefined) throw new Error('no sizes');
  const cwd = join(made.root, made.pathOf(size));
  const stream = spawnSync('helm', ['template', 'bench', '.'], {
    cwd,
    env: { PATH: TOOL_PATH, HOME: made.root },
    maxBuffer: 1 << 30,
  }).stdout;
  const times = Array.from({ length: pairs }, () => timed(() => (inject(stream).slow === 0 ? 0 : 1)));
  const ms = median(times);
  return { bytes: stream.length, ms: round(ms), mbPerSecond: round(stream.length / 1000 / ms) };
}

function peakMemory(made: Fixture): number {
  const size = SIZES.at(-1) ?? SIZES[0];
  if (size === undefined) throw new Error('no sizes');
  const preload = join(made.root, '.git', 'peak.cjs');
  writeFileSync(
    preload,
    'process.on("exit", () => require("node:fs").writeSync(2, `peak ${process.resourceUsage().maxRSS}`));',
  );
  const { stderr } = runPlugin(made, size, { NODE_OPTIONS: `--require ${preload}` });
  return round(Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024);
}

/** Renders of 1 MB at once, bounded as in a sidecar of 512 MiB. */
async function manyAtOnce(made: Fixture): Promise<{ renders: number; succeeded: number; ms: number }> {
  const size = SIZES[1] ?? SIZES[0];
  if (size === undefined) throw new Error('no sizes');
  const [program, args] = pluginCommand();
  const start = performance.now();
  const codes = await Promise.all(
    Array.from({ length: AT_ONCE }, () => {
      const child = spawn(program, args, {
        cwd: join(made.root, made.pathOf(size)),
        env: { ...pluginEnv(made, size), STAGELINE_CONCURRENCY: '2' },
        stdio: ['ignore', nowhere, 'ignore'],
      });
      return new Promise<number | null>((done) => child.on('close', done));
    }),
  );
  return {
    renders: AT_ONCE,
    succeeded: codes.filter((code) => code === 0).length,
    ms: round(performance.now() - start),
  };
}

interface Result {
  sizes: Comparison[];
  injection: { mbPerSecond: number };
  peakMB: number;
  bundleKB: number;
  atOnce: { renders: number; succeeded: number };
}

function overLimits(result: Result): string[] {
  const ratios = result.sizes
    .filter(({ size, ratio }) => ratio > (LIMITS.ratio[size] ?? Infinity))
    .map(({ size, ratio }) => `${size}: ratio ${ratio}`);
  const added = result.sizes.find(({ size }) => size === '20 KB')?.addedMs ?? 0;
  return [
    ...ratios,
    ...(added > LIMITS.addedMs20KB ? [`20 KB: ${added} ms more`] : []),
    ...(result.injection.mbPerSecond < LIMITS.injectionMBs
      ? [`injection: ${result.injection.mbPerSecond} MB/s`]
      : []),
    ...(result.peakMB > LIMITS.peakMB ? [`peak memory: ${result.peakMB} MB`] : []),
    ...(result.bundleKB > LIMITS.bundleKB ? [`first bundle: ${result.bundleKB} KB`] : []),
    ...(result.atOnce.succeeded < result.atOnce.renders
      ? [`${result.atOnce.succeeded} of ${AT_ONCE} at once`]
      : []),
  ];
}

function timed(run: () => number | null): number {
  const start = performance.now();
  const status = run();
  if (status !== 0) throw new Error(`a run ended with ${status}`);
  return performance.now() - start;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round(number: number, digits = 1): number {
  return Math.round(number * 10 ** digits) / 10 ** digits;
}
