/** The work of `stageline doctor`, loaded only when it is asked for: the Kubernetes client is large. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, StagelineError } from '../../../core/errors.ts';
import { parsePipeline } from '../../../core/pipeline/parse.ts';
import { connectKube } from '../../../runtime/kube/client.ts';
import type { CommandIo } from '../../command.ts';
import { readBranches } from './branches.ts';
import {
  checkExclusions,
  checkJobActions,
  checkJobHealth,
  checkProjects,
  checkProxy,
  checkTab,
} from './check-argocd.ts';
import {
  checkPluginNames,
  checkRenders,
  checkSidecar,
  checkSidecarPods,
  checkVersion,
} from './check-plugin.ts';
import {
  checkApplications,
  checkBranches,
  checkGitSecrets,
  checkHookRights,
  checkTracing,
} from './check-stages.ts';
import { checkDue } from './check-due.ts';
import { checkReleases } from './check-releases.ts';
import { kubeCluster, type Cluster } from './cluster.ts';
import { readFacts, type Facts } from './facts.ts';
import type { Finding, Status } from './findings.ts';
import { readPage } from './page.ts';

/** Every check, in the order of what depends on what. */
const CHECKS: readonly { name: string; run: (facts: Facts) => Finding[] }[] = [
  { name: 'version', run: checkVersion },
  { name: 'sidecar', run: checkSidecar },
  { name: 'sidecar-runs', run: checkSidecarPods },
  { name: 'releases', run: checkReleases },
  { name: 'plugin-name', run: checkPluginNames },
  { name: 'renders', run: checkRenders },
  { name: 'tab', run: checkTab },
  { name: 'job-health', run: checkJobHealth },
  { name: 'job-actions', run: checkJobActions },
  { name: 'exclusions', run: checkExclusions },
  { name: 'projects', run: checkProjects },
  { name: 'hook-rights', run: checkHookRights },
  { name: 'git-secret', run: checkGitSecrets },
  { name: 'due', run: checkDue },
  { name: 'paths', run: checkApplications },
  { name: 'branches', run: checkBranches },
  { name: 'proxy', run: checkProxy },
  { name: 'tracing', run: checkTracing },
];

const SIGNS: Record<Status, { text: string; colour: number }> = {
  ok: { text: 'ok', colour: 32 },
  warning: { text: 'warning', colour: 33 },
  failed: { text: 'FAILED', colour: 31 },
  skipped: { text: 'skipped', colour: 90 },
};

/** Runs the checks and prints them; the exit code. Errors: KubeError where the cluster cannot be read at all. */
export async function runDoctor(
  args: string[],
  io: CommandIo,
  openCluster: (env: NodeJS.ProcessEnv) => Cluster = openUserCluster,
): Promise<number> {
  const { values } = parse(args);
  const namespace = values.namespace ?? 'argocd';
  const cluster = openCluster(io.env);
  const known = await readFacts(cluster, {
    namespace,
    applicationNamespaces: values['applications-in'] ?? [],
  });
  const file = values.pipeline ?? nearestPipeline(io.cwd);
  const pipelines =
    file === undefined
      ? []
      : [parsePipeline(readFileSync(path.resolve(io.cwd, file), 'utf8'), file).pipeline];
  const facts: Facts = {
    ...known,
    pipelines,
    page: values.server === undefined ? undefined : await readPage(values.server),
    branches: (
      await Promise.all(
        pipelines.map((pipeline) => readBranches(pipeline, known.applications, { env: io.env, namespace })),
      )
    ).flat(),
  };
  const results = CHECKS.flatMap(({ name, run }) =>
    run(facts).map((finding) => ({ check: name, ...finding })),
  );
  io.stdout(values.json === true ? `${JSON.stringify(results, null, 2)}\n` : table(results, io.colour));
  return results.some(({ status }) => status === 'failed') ? 1 : 0;
}

function openUserCluster(env: NodeJS.ProcessEnv): Cluster {
  const retry = { tries: 2, firstMs: 500, maxMs: 500, deadlineMs: 20_000 };
  return kubeCluster(connectKube(withKubeconfig(env), { retry }));
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        namespace: { type: 'string', short: 'n' },
        'applications-in': { type: 'string', multiple: true },
        server: { type: 'string' },
        pipeline: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
  } catch (cause) {
    throw new StagelineError(`stageline doctor: ${messageOf(cause)}`, {
      code: 'USAGE',
      hint: 'stageline doctor --help lists the options',
      cause,
    });
  }
}

/** As kubectl: KUBECONFIG, else ~/.kube/config. */
function withKubeconfig(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const usual = path.join(homedir(), '.kube/config');
  return env['KUBECONFIG'] || !existsSync(usual) ? env : { ...env, KUBECONFIG: usual };
}

function nearestPipeline(folder: string): string | undefined {
  for (let at = folder; ; at = path.dirname(at)) {
    const file = path.join(at, 'stageline.yaml');
    if (existsSync(file)) return file;
    if (existsSync(path.join(at, '.git')) || path.dirname(at) === at) return undefined;
  }
}

function table(results: readonly (Finding & { check: string })[], colour: boolean): string {
  const width = Math.max(...CHECKS.map(({ name }) => name.length));
  const lines = results.flatMap(({ check, status, found, advice }) => {
    const sign = SIGNS[status].text.padEnd(7);
    const painted = colour ? `\u001B[${SIGNS[status].colour}m${sign}\u001B[0m` : sign;
    const line = `${painted}  ${check.padEnd(width)}  ${found}`;
    return advice === undefined ? [line] : [line, `${' '.repeat(width + 11)}→ ${advice}`];
  });
  const count = (status: Status): number => results.filter((result) => result.status === status).length;
  const warnings = count('warning');
  const sum = `${count('failed')} failed, ${warnings} warning${warnings === 1 ? '' : 's'}, ${count('ok')} ok`;
  return `${lines.join('\n')}\n\n${sum}\n`;
}
