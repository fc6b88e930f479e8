/** Deliveries in one world, each with a runner that is killed at one moment, and Argo CD's retries after it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { HookRole, Plan } from '../../../core/plan.ts';
import { startOtlpReceiver, type ReceivedSpan } from '../../../sandbox/otlp/index.ts';
import type { BundledRunner } from './bundled-runner.ts';
import { runTaskJobs } from './job-runner.ts';
import { killTree } from './kill-tree.ts';
import { startService } from './service.ts';
import { startTap } from './tap.ts';
import { check, NAMESPACE, OPERATION, planFor, startHookWorld, type HookWorld } from './world.ts';

/** An externally visible moment of a hook: `kube PUT /api/… after`. */
export interface Moment {
  role: HookRole;
  /** Its number among those of the hook, from 0. */
  index: number;
  label: string;
}

export interface Scenario {
  /** Of the hooks that were processes of their own, in order. */
  moments: Moment[];
  /** Exit codes by role, in order; null where the process was killed. */
  ends: [HookRole, number | null][];
  world: HookWorld;
  plan: Plan;
  version: string;
  /** Head of main before it. */
  base: string;
  /** Names of the task Jobs that ran. */
  tasks: string[];
  spans: ReceivedSpan[];
}

export interface Kill extends Pick<Moment, 'role' | 'index'> {
  /** The other hooks run in this process, which takes a tenth of the time: SIGKILL meets only the one. */
  othersInProcess: boolean;
}

export interface CrashWorld {
  /** In-process hooks send their spans here: `OTEL_EXPORTER_OTLP_ENDPOINT` of this process must say so. */
  tracesURL: string;
  /**
   * Syncs a new version once as Argo CD does: PreSync, PostSync, promotion; after a failure SyncFail and the same
   * again. The hook is killed with SIGKILL at a moment of its first run, or none is. `applyFails`: Argo CD cannot
   * apply the manifests at first, so that SyncFail comes after PreSync.
   */
  deliver(kill: Kill | undefined, applyFails?: boolean): Promise<Scenario>;
  close(): Promise<void>;
}

const RETRIES = 5;

export async function startCrashWorld(runner: BundledRunner): Promise<CrashWorld> {
  const world = await startHookWorld();
  const service = await startService((_request, response) => response.end('ok'));
  const receiver = await startOtlpReceiver();
  const jobs = runTaskJobs(world.store, () => ({ exitCode: 0 }));
  /** Told of each moment while a process of its own runs. */
  let witness: ((label: string) => boolean) | undefined;
  const at =
    (server: string) =>
    (label: string, moment: string): boolean =>
      witness?.(`${server} ${label} ${moment}`) ?? false;
  const kube = await startTap(world.api.url, at('kube'));
  const git = await startTap(world.git.url, at('git'));
  const probed = await startTap(service.url, at('service'));
  const traces = await startTap(receiver.url, at('otlp'));
  const kubeconfig = path.join(world.folder, 'kubeconfig');
  writeFileSync(kubeconfig, readFileSync(kubeconfig, 'utf8').replaceAll(world.api.url, kube.url));
  let number = 0;

  async function deliver(kill: Kill | undefined, applyFails = false): Promise<Scenario> {
    number += 1;
    const version = `v${number + 1}`;
    const operation = OPERATION + 60 * number;
    forget(world);
    const plan = planFor(
      { repoURL: `${git.url}/shop.git`, head: () => world.head() },
      {
        version,
        pre: [
          [check('probe', { kind: 'http', url: probed.url })],
          [check('task', { kind: 'task', image: 'task' })],
        ],
        post: [[check('after', { kind: 'http', url: probed.url })]],
        promotions: [{}],
      },
    );
    const before = { base: world.head(), tasks: jobs.ran.length, spans: receiver.spans().length };
    const moments: Moment[] = [];
    const ends: Scenario['ends'] = [];
    let isKilled = false;
    const inProcess = async (role: HookRole): Promise<number> => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: traces.url, TMPDIR: world.folder };
      return (await world.run(role, plan, { operation, env })).exitCode;
    };
    const asProcess = async (role: HookRole): Promise<number | null> => {
      world.createHookJob(role, operation);
      const child = runner.start({
        ...world.hookEnv(role, operation),
        TMPDIR: world.folder,
        STAGELINE_PLAN: JSON.stringify(plan),
        OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
      });
      let index = 0;
      witness = (label) => {
        moments.push({ role, index, label });
        const isMoment = !isKilled && kill?.role === role && kill.index === index;
        index += 1;
        if (!isMoment || child.pid === undefined) return false;
        isKilled = true;
        killTree(child.pid);
        return true;
      };
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
      witness = undefined;
      return code;
    };
    const run = async (role: HookRole): Promise<boolean> => {
      const isHere = kill?.othersInProcess === true && (isKilled || kill.role !== role);
      const code = isHere ? await inProcess(role) : await asProcess(role);
      ends.push([role, code]);
      return code === 0;
    };
    for (let retry = 0; retry <= RETRIES; retry += 1) {
      const isApplied = (await run('pre')) && !(applyFails && retry === 0);
      if (isApplied && (await run('post')) && (await run('promote'))) break;
      await run('fail');
    }
    const { base } = before;
    const tasks = jobs.ran.slice(before.tasks);
    return { moments, ends, world, plan, version, base, tasks, spans: receiver.spans().slice(before.spans) };
  }

  return {
    tracesURL: traces.url,
    deliver,
    async close() {
      jobs.stop();
      for (const part of [kube, git, probed, traces, service, receiver, world]) await part.close();
    },
  };
}

/** Each delivery makes anchor and ledger, as the first one of a stage does. */
function forget(world: HookWorld): void {
  for (const [group, kind] of [
    ['', 'ConfigMap'],
    ['batch', 'Job'],
  ] as const) {
    for (const { metadata } of world.store.list({ group, kind })) {
      const ref = { group, kind, namespace: NAMESPACE, name: metadata.name };
      if (world.store.get(ref)) world.store.delete(ref);
    }
  }
}
