/** A delivery with a runner that is killed at one moment, and Argo CD's retries after it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HookRole, Plan } from '../../../core/plan.ts';
import { startOtlpReceiver, type ReceivedSpan } from '../../../sandbox/otlp/index.ts';
import type { BundledRunner } from './bundled-runner.ts';
import { runTaskJobs } from './job-runner.ts';
import { killTree } from './kill-tree.ts';
import { startService } from './service.ts';
import { startTap } from './tap.ts';
import { check, OPERATION, planFor, startHookWorld, type HookWorld } from './world.ts';

export interface Scenario {
  /** What each externally visible moment was, in order: `kube PUT /api/… after`. */
  moments: string[];
  /** Exit codes by role, in order; null where the process was killed. */
  ends: [HookRole, number | null][];
  world: HookWorld;
  plan: Plan;
  /** Names of the task Jobs that ran. */
  tasks: string[];
  spans: ReceivedSpan[];
  close(): Promise<void>;
}

const RETRIES = 5;

/**
 * Syncs once as Argo CD does: PreSync, PostSync, promotion; after a failure SyncFail and the same again. The
 * runner is killed with SIGKILL at the moment numbered `killAt` (from 0), or never.
 */
export async function deliver(runner: BundledRunner, killAt: number | undefined): Promise<Scenario> {
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
  const world = await startHookWorld();
  const service = await startService((_request, response) => response.end('ok'));
  const receiver = await startOtlpReceiver();
  const jobs = runTaskJobs(world.store, () => ({ exitCode: 0 }));
  const kube = await startTap(world.api.url, at('kube'));
  const git = await startTap(world.git.url, at('git'));
  const probed = await startTap(service.url, at('service'));
  const traces = await startTap(receiver.url, at('otlp'));
  const kubeconfig = path.join(world.folder, 'kubeconfig');
  writeFileSync(kubeconfig, readFileSync(kubeconfig, 'utf8').replaceAll(world.api.url, kube.url));
  const plan = planFor(
    { repoURL: `${git.url}/shop.git`, head: () => world.head() },
    {
      pre: [
        [check('probe', { kind: 'http', url: probed.url })],
        [check('task', { kind: 'task', image: 'task' })],
      ],
      post: [[check('after', { kind: 'http', url: probed.url })]],
      promotions: [{}],
    },
  );
  const ends: Scenario['ends'] = [];
  const run = async (role: HookRole): Promise<boolean> => {
    world.createHookJob(role, OPERATION);
    const child = runner.start({
      ...world.hookEnv(role, OPERATION),
      TMPDIR: world.folder,
      STAGELINE_PLAN: JSON.stringify(plan),
      OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
    });
    victim = child.pid;
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    victim = undefined;
    ends.push([role, code]);
    return code === 0;
  };
  for (let retry = 0; retry <= RETRIES; retry += 1) {
    if ((await run('pre')) && (await run('post')) && (await run('promote'))) break;
    await run('fail');
  }
  return {
    moments,
    ends,
    world,
    plan,
    tasks: jobs.ran,
    spans: receiver.spans(),
    async close() {
      jobs.stop();
      for (const part of [kube, git, probed, traces, service, receiver, world]) await part.close();
    },
  };
}
