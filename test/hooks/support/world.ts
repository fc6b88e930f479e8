/** What the hook tests run in: the stand-in API server, a Git host, an OTLP receiver, and Jobs as Argo CD makes them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { anchorName, hookJobPrefix, ledgerName } from '../../../core/names.ts';
import { makeFreight } from '../../../core/freight.ts';
import { readLedger } from '../../../core/ledger/read.ts';
import { LEDGER_KEY, type Ledger } from '../../../core/ledger/types.ts';
import {
  PLAN_VERSION,
  type HookRole,
  type Plan,
  type PlannedCheck,
  type PlannedPromotion,
} from '../../../core/plan.ts';
import { HookStopped } from '../../../hooks/context.ts';
import { runHook, type HookEnd } from '../../../hooks/run-hook.ts';
import { createLogger } from '../../../runtime/log.ts';
import { startGitServer, type GitServer } from '../../../sandbox/git/server.ts';
import {
  createObjectStore,
  startKubeApi,
  type KubeApi,
  type KubeApiOptions,
  type ObjectStore,
} from '../../../sandbox/kube/index.ts';
import { commitIn, copyRepositories, runGit } from './repositories.ts';

export const NAMESPACE = 'shop-dev';
const APPLICATION = 'shop-dev';
const GIT_USER = { name: 'stageline', token: 'git-token-for-tests' };

const ARGO_PHASE: Record<HookRole, string> = {
  pre: 'presync',
  post: 'postsync',
  promote: 'postsync',
  fail: 'syncfail',
};

export interface HookWorld {
  store: ObjectStore;
  api: KubeApi;
  git: GitServer;
  folder: string;
  /** Head of the main branch in the Git host. */
  head(): string;
  gitLog(format: string, ref?: string): string[];
  show(file: string, ref?: string): string;
  /** Names of all branches in the Git host. */
  refs(): string[];
  commit(files: Record<string, string>, message: string): string;
  repoURL: string;
  ledger(): Ledger;
  /** The environment of a hook, without the plan. */
  hookEnv(role: HookRole, operation: number): NodeJS.ProcessEnv;
  /** Creates the hook's Job as Argo CD does, in place of an earlier one of its name. */
  createHookJob(role: HookRole, operation: number): string;
  /** Runs a hook in this process. */
  run(role: HookRole, plan: Plan, options?: RunOptions): Promise<HookEnd & { log: string[] }>;
  close(): Promise<void>;
}

export interface RunOptions {
  operation?: number;
  env?: NodeJS.ProcessEnv;
  stop?: AbortSignal;
  /** The Job is there already. */
  keepJob?: boolean;
}

export const OPERATION = 1_900_000_000;

/** Starts it all, with a repository that has dev on v2 and prod on v1. */
export async function startHookWorld(
  options: Pick<KubeApiOptions, 'beforeRequest'> & {
    /** More of the Git host's users: token by name. */
    users?: Record<string, string>;
  } = {},
): Promise<HookWorld> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stageline-hooks-'));
  const store = createObjectStore({ now: () => new Date() });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const api = await startKubeApi({ store, ...options });
  const kubeconfig = path.join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig());
  const { work, bare } = copyRepositories(folder);
  const bareGit = (...args: string[]): string => runGit(['--git-dir', bare, ...args]);
  const users = { ...options.users, [GIT_USER.name]: GIT_USER.token };
  const git = await startGitServer({ root: folder, users });

  const createHookJob = (role: HookRole, operation: number): string => {
    const name = `${hookJobPrefix(APPLICATION, role)}abc1234-${ARGO_PHASE[role]}-${operation}`;
    const ref = { group: 'batch', kind: 'Job', namespace: NAMESPACE, name };
    if (store.get(ref)) store.delete(ref);
    store.create({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace: NAMESPACE },
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'hook', image: 'stageline' }] } },
      },
    });
    return name;
  };
  const hookEnv = (role: HookRole, operation: number): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    KUBECONFIG: kubeconfig,
    STAGELINE_ROLE: role,
    STAGELINE_JOB_NAME: `${hookJobPrefix(APPLICATION, role)}abc1234-${ARGO_PHASE[role]}-${operation}`,
    STAGELINE_NAMESPACE: NAMESPACE,
    STAGELINE_POD_NAME: `${role}-pod`,
    ...(role === 'promote'
      ? { STAGELINE_GIT_USERNAME: GIT_USER.name, STAGELINE_GIT_TOKEN: GIT_USER.token }
      : {}),
  });
  return {
    store,
    api,
    git,
    folder,
    repoURL: `${git.url}/shop.git`,
    head: () => bareGit('rev-parse', 'main').trim(),
    gitLog: (format, ref = 'main') => bareGit('log', `--format=${format}`, ref).split('\n').filter(Boolean),
    show: (file, ref = 'main') => bareGit('show', `${ref}:${file}`),
    refs: () => bareGit('for-each-ref', '--format=%(refname:short)').split('\n').filter(Boolean),
    commit: (files, message) => {
      runGit(['-C', work, 'pull', '--quiet', '--rebase', bare, 'main']);
      const id = commitIn(work, files, message);
      runGit(['-C', work, 'push', '--quiet', bare, 'main']);
      return id;
    },
    ledger: () => ledgerIn(store),
    hookEnv,
    createHookJob,
    async run(role, plan, run = {}) {
      const operation = run.operation ?? OPERATION;
      if (run.keepJob !== true) createHookJob(role, operation);
      const log: string[] = [];
      const end = await runHook({
        env: { ...hookEnv(role, operation), STAGELINE_PLAN: JSON.stringify(plan), ...run.env },
        log: createLogger({
          write: (line) => log.push(line),
          now: Date.now,
          level: 'debug',
          secrets: [GIT_USER.token],
        }),
        stop: run.stop ?? new AbortController().signal,
      });
      return { ...end, log };
    },
    async close() {
      await git.close();
      await api.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A signal that tells a hook to end, when `stop` is called. */
export function stopper(): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, stop: () => controller.abort(new HookStopped('SIGTERM')) };
}

export function ledgerIn(store: ObjectStore): Ledger {
  const object = store.get({
    group: '',
    kind: 'ConfigMap',
    namespace: NAMESPACE,
    name: ledgerName(APPLICATION),
  });
  const data = object?.['data'] as Record<string, string> | undefined;
  const reading = readLedger(data?.[LEDGER_KEY] ?? '');
  if (reading.kind !== 'ledger') throw new Error(`no ledger: ${JSON.stringify(reading)}`);
  return reading.ledger;
}

export interface PlanParts {
  pre?: PlannedCheck[][];
  post?: PlannedCheck[][];
  promotions?: Partial<PlannedPromotion>[];
  version?: string;
}

/** The plan of dev with these checks, in this world's repository. */
export function planFor(world: Pick<HookWorld, 'repoURL' | 'head'>, parts: PlanParts): Plan {
  const head = world.head();
  const phases: Plan['phases'] = [];
  if (parts.pre) phases.push({ name: 'pre-deployment', steps: parts.pre });
  if (parts.post) phases.push({ name: 'post-deployment', steps: parts.post });
  return {
    version: PLAN_VERSION,
    pipeline: 'shop',
    stage: 'dev',
    application: APPLICATION,
    namespace: NAMESPACE,
    anchor: {
      name: anchorName(APPLICATION),
      labels: { 'stageline.dev/part': 'anchor' },
      data: { stage: 'dev' },
    },
    ledger: { name: ledgerName(APPLICATION) },
    commit: {
      id: head,
      mode: 'git',
      author: 'Ada <ada@example.com>',
      subject: 'Use v2 in dev',
      committedAt: '2030-01-01T00:00:00Z',
    },
    head,
    source: { repoURL: world.repoURL, path: 'charts/dev', targetRevision: 'main' },
    freight: makeFreight([
      { kind: 'helm-value', file: 'values.yaml', key: 'frontend.tag', value: parts.version ?? 'v2' },
    ]),
    definition: '0123456789ab',
    ancestry: [],
    links: [],
    metadata: { team: 'shop' },
    phases,
    promotions: (parts.promotions ?? []).map((promotion) => ({
      target: 'prod',
      targetApplication: 'shop-prod',
      targetPath: 'charts/prod',
      repoURL: world.repoURL,
      base: 'main',
      way: { kind: 'push', merge: true },
      secret: 'stageline-git',
      ...promotion,
    })),
  };
}

/** A check with short times. */
export function check(
  name: string,
  spec: PlannedCheck['spec'],
  more: Partial<PlannedCheck> = {},
): PlannedCheck {
  return { name, timeoutMs: 10_000, retries: 0, backoffMs: 10, spec, ...more };
}
