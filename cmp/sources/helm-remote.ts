/** Charts from a repository or a registry, rendered with the values in the application's path. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parse } from 'yaml';
import { StagelineError } from '../../core/errors.ts';
import type { Parameters } from '../parameters.ts';
import { renderFailed } from '../failure.ts';
import { runRenderer } from '../renderer.ts';
import { withLock } from '../slots.ts';
import { helmFolders } from './helm-environment.ts';
import { listOf, recordOf } from './kustomization.ts';
import type { SourceContext } from './types.ts';

export interface RemoteChart {
  chart: string;
  repoURL: string;
  version: string;
}

/** An exact version, so that the same inputs give the same render. */
const EXACT_VERSION = /^v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/;

/** The remote chart that parameters name; undefined if none. Errors: `PARAMETER_INVALID`. */
export function remoteChart(parameters: Parameters): RemoteChart | undefined {
  const chart = parameters.string('chart');
  const repoURL = parameters.string('repoURL');
  const version = parameters.string('version');
  if (chart === undefined && repoURL === undefined && version === undefined) return undefined;
  if (chart === undefined || repoURL === undefined || version === undefined) {
    throw invalid(
      'a remote chart needs the plugin parameters "chart", "repoURL" and "version"',
      'Set all three, or none',
    );
  }
  if (!/^(https?|oci):\/\/[^\s@]+$/.test(repoURL)) {
    throw invalid(
      'plugin parameter "repoURL" is no https:// or oci:// address without credentials',
      'Credentials are the admin’s',
    );
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(chart) || chart.includes('..')) {
    throw invalid(`plugin parameter "chart" is "${chart}"`, 'Give the name of a chart, such as "redis"');
  }
  if (!EXACT_VERSION.test(version)) {
    throw invalid(
      `plugin parameter "version" is "${version}", no exact version`,
      'Write for example 1.2.3; a range would render differently one day',
    );
  }
  return { chart, repoURL: repoURL.replace(/\/+$/, ''), version };
}

/** Pulls a chart once and keeps it; the folder of the unpacked chart. Errors: `HELM_PULL`. */
export async function pullChart(
  context: SourceContext,
  remote: RemoteChart,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const { cache, own } = helmFolders(context.settings);
  const id = createHash('sha256')
    .update(`${remote.repoURL}\n${remote.chart}\n${remote.version}`)
    .digest('hex')
    .slice(0, 24);
  const kept = join(cache, 'charts', id);
  if (!existsSync(kept)) {
    await withLock(`helm-chart:${kept}`, context.signal, () => pull(context, { remote, kept, own, env }));
  }
  const [folder] = readdirSync(kept);
  return join(kept, folder ?? '');
}

async function pull(context: SourceContext, job: Job): Promise<void> {
  if (existsSync(job.kept)) return;
  const { kept } = job;
  const parent = join(kept, '..');
  mkdirSync(parent, { recursive: true });
  const fresh = mkdtempSync(join(parent, 'pull-'));
  try {
    const from = await chartReference(context, job);
    const plainHttp = context.settings.helmPlainHttp ? ['--plain-http'] : [];
    await helm(context, job, [
      'pull',
      ...from,
      '--version',
      job.remote.version,
      '--untar',
      '--untardir',
      fresh,
      ...plainHttp,
    ]);
    for (const name of readdirSync(fresh)) if (name.endsWith('.tgz')) rmSync(join(fresh, name));
    renameSync(fresh, kept);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(job.own, { recursive: true, force: true });
  }
}

interface Job {
  remote: RemoteChart;
  kept: string;
  own: string;
  env: NodeJS.ProcessEnv;
}

/** How Helm is told where the chart is. A repository that the admin knows by name brings the admin's credentials. */
async function chartReference(context: SourceContext, job: Job): Promise<string[]> {
  const { chart, repoURL } = job.remote;
  if (repoURL.startsWith('oci://')) return [`${repoURL}/${chart}`];
  const name = repositoryName(context.settings.helmRepositoryConfig, repoURL);
  if (name === undefined) return [chart, '--repo', repoURL];
  await helm(context, job, ['repo', 'update', name]);
  return [`${name}/${chart}`];
}

/** The name of a repository in Helm's repositories file. */
function repositoryName(file: string | undefined, repoURL: string): string | undefined {
  if (file === undefined) return undefined;
  const entry = listOf(recordOf(parse(readFileSync(file, 'utf8')))['repositories'])
    .map(recordOf)
    .find(({ url }) => typeof url === 'string' && url.replace(/\/+$/, '') === repoURL);
  return typeof entry?.['name'] === 'string' ? entry['name'] : undefined;
}

async function helm(context: SourceContext, job: Job, args: string[]): Promise<void> {
  const { chart, version } = job.remote;
  const result = await runRenderer({
    program: context.settings.helm,
    args,
    cwd: tmpdir(),
    env: job.env,
    signal: context.signal,
    maxBytes: context.settings.maxRenderBytes,
  });
  if (result.exitCode === 0) return;
  throw renderFailed(result, {
    code: 'HELM_PULL',
    what: `helm pull ${chart} ${version}`,
    hint: 'Check chart, repoURL and version; credentials are the admin’s (STAGELINE_REGISTRY_CONFIG, STAGELINE_REPOSITORY_CONFIG)',
    secrets: [],
  });
}

function invalid(problem: string, hint: string): StagelineError {
  return new StagelineError(problem, { code: 'PARAMETER_INVALID', hint });
}
