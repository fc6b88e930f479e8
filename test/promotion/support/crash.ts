/** A promotion whose process is killed at one moment, and Argo CD's retries after it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LEDGER_KEY } from '../../../core/ledger/types.ts';
import type { HookRole, Plan, PromotionWay } from '../../../core/plan.ts';
import type { BundledRunner } from '../../hooks/support/bundled-runner.ts';
import { killTree } from '../../hooks/support/kill-tree.ts';
import { startTap } from '../../hooks/support/tap.ts';
import { OPERATION } from '../../hooks/support/world.ts';
import { startPromotionWorld, type PromotionWorld } from './world.ts';

export interface Scenario {
  world: PromotionWorld;
  plan: Plan;
  /** What each externally visible moment was, in order: `git POST /acme/shop.git/git-receive-pack after`. */
  moments: string[];
  /** Exit codes by role, in order; null where the process was killed. */
  ends: [HookRole, number | null][];
  close(): Promise<void>;
}

const RETRIES = 3;
const MINUTE_MS = 60_000;

export interface CrashOptions {
  way: PromotionWay;
  /** `v2` was promoted before. */
  older: boolean;
  /** Number of the moment, from 0, at which the process dies; never, if left out. */
  killAt?: number;
}

/** Promotes `v3` by a process that is killed, and again until it has come through. */
export async function promoteAndKill(runner: BundledRunner, options: CrashOptions): Promise<Scenario> {
  const { way, older, killAt } = options;
  const world = await startPromotionWorld();
  if (older) await world.run('promote', world.plan({ way }));
  const moments: string[] = [];
  let victim: number | undefined;
  const at =
    (server: string) =>
    (label: string, moment: string): boolean => {
      moments.push(`${server} ${label} ${moment}`);
      if (moments.length - 1 !== killAt || victim === undefined) return false;
      killTree(victim);
      return true;
    };
  const kube = await startTap(world.api.url, at('kube'));
  const git = await startTap(world.git.url, at('git'));
  const api = await startTap(world.github.url, at('api'));
  const kubeconfig = path.join(world.folder, 'kubeconfig');
  const direct = readFileSync(kubeconfig, 'utf8');
  writeFileSync(kubeconfig, direct.replaceAll(world.api.url, kube.url));
  world.commit({ 'charts/dev/values.yaml': 'frontend:\n  tag: v3\n' }, 'Use v3 in dev');
  const tapped = { repoURL: `${git.url}/acme/shop.git`, api: api.url };
  const plan = world.plan({ way, ...tapped }, { version: 'v3' });
  const ends: Scenario['ends'] = [];
  const operation = OPERATION + 60;
  const run = async (role: HookRole): Promise<boolean> => {
    world.createHookJob(role, operation);
    const child = runner.start({
      ...world.hookEnv(role, operation),
      TMPDIR: world.folder,
      STAGELINE_PLAN: JSON.stringify(plan),
    });
    victim = child.pid;
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    victim = undefined;
    ends.push([role, code]);
    return code === 0;
  };
  for (let retry = 0; retry <= RETRIES; retry += 1) {
    if (await run('promote')) break;
    await run('fail');
    aMinuteLater(world);
  }
  return {
    world,
    plan,
    moments,
    ends,
    async close() {
      for (const part of [kube, git, api, world]) await part.close();
    },
  };
}

/** A run of a workflow may be listed late, so the promotion waits for it after its try: here it has waited enough. */
function aMinuteLater(world: PromotionWorld): void {
  const ledger = world.store
    .list({ group: '', kind: 'ConfigMap' })
    .find((object) => isRecord(object['data']) && LEDGER_KEY in object['data']);
  const data = ledger?.['data'];
  if (!ledger || !isRecord(data)) return;
  const text = String(data[LEDGER_KEY]).replace(
    /("attemptedAt":\s*")([^"]+)"/g,
    (_whole, key: string, at: string) => `${key}${new Date(Date.parse(at) - MINUTE_MS).toISOString()}"`,
  );
  world.store.update({ ...ledger, data: { ...data, [LEDGER_KEY]: text } });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
