/**
 * The plugin on a Keptn chart of 25 objects against `helm template` alone, in interleaved pairs. Prints one JSON
 * document; exit code 1 if the figure is over its limit. `--pairs N` takes another number of pairs than 15.
 */
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeRepository, TOOL_PATH } from '../../cmp/testing/repository.ts';
import { pluginCommand } from './plugin-command.ts';

const LIMIT_ADDED_MS = 60;
const PATH_IN_REPOSITORY = 'chart-dev';

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '15' } } });
const nowhere = openSync('/dev/null', 'w');
const repository = makeRepository(chart());
try {
  const cwd = join(repository.root, PATH_IN_REPOSITORY);
  const helm = (): string[] => [
    'helm',
    'template',
    'bench',
    '.',
    '--namespace',
    'bench-dev',
    '--include-crds',
  ];
  const objects = output(helm(), cwd).split(/^kind: /m).length - 1;
  const both = Array.from({ length: Number(values.pairs) }, () => ({
    helm: timed(helm(), cwd),
    plugin: timed(pluginCommand().flat(), cwd),
  }));
  const addedMs = median(both.map((pair) => pair.plugin - pair.helm));
  const result = {
    bench: 'keptn',
    node: process.version,
    pairs: both.length,
    objects,
    helmMs: median(both.map((pair) => pair.helm)),
    pluginMs: median(both.map((pair) => pair.plugin)),
    addedMs,
    limits: { addedMs: LIMIT_ADDED_MS },
    failed: addedMs > LIMIT_ADDED_MS ? ['addedMs'] : [],
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = result.failed.length > 0 ? 1 : 0;
} finally {
  repository.remove();
}

/** Four workloads with Services, and seventeen objects of Keptn, written as the published guide writes them. */
function chart(): Record<string, string> {
  const names = ['web', 'store', 'mail', 'bill'];
  const tasks = Array.from({ length: 12 }, (_, index) => `task-${index}`);
  const lifecycle = [
    keptn('lifecycle', 'KeptnAppContext', 'bench', [
      'metadata:',
      '  commitID: {{ .Values.commitID | quote }}',
      'postDeploymentTasks:',
      ...tasks.map((name) => `  - ${name}`),
      'postDeploymentEvaluations:',
      '  - fast',
    ]),
    ...tasks.map((name) =>
      keptn('lifecycle', 'KeptnTaskDefinition', name, ['container:', '  name: check', '  image: check:v1']),
    ),
    keptn('lifecycle', 'KeptnTaskDefinition', 'unused', [
      'deno:',
      '  inline:',
      '    code: |',
      '      console.log(1)',
    ]),
    keptn('lifecycle', 'KeptnEvaluationDefinition', 'fast', [
      'objectives:',
      '  - keptnMetricRef:',
      '      name: fast',
      '    evaluationTarget: "<1"',
    ]),
    keptn('metrics', 'KeptnMetric', 'fast', [
      'provider:',
      '  name: prometheus',
      'query: up',
      'fetchIntervalSeconds: 5',
    ]),
    keptn('metrics', 'KeptnMetricsProvider', 'prometheus', [
      'type: prometheus',
      'targetServer: "http://prometheus"',
    ]),
  ];
  return {
    [`${PATH_IN_REPOSITORY}/Chart.yaml`]: 'apiVersion: v2\nname: bench\nversion: 0.1.0\n',
    [`${PATH_IN_REPOSITORY}/values.yaml`]: 'commitID: ""\ntraceParent: ""\n',
    [`${PATH_IN_REPOSITORY}/templates/app.yaml`]: names.map(workload).join(''),
    [`${PATH_IN_REPOSITORY}/templates/keptn.yaml`]: lifecycle.join(''),
  };
}

function keptn(group: string, kind: string, name: string, spec: readonly string[]): string {
  return `---
apiVersion: ${group}.keptn.sh/v1
kind: ${kind}
metadata:
  name: ${name}
spec:
${spec.map((line) => `  ${line}\n`).join('')}`;
}

function workload(name: string): string {
  return `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
        app.kubernetes.io/name: ${name}
        app.kubernetes.io/part-of: bench
        app.kubernetes.io/version: v1
    spec:
      containers:
        - name: ${name}
          image: "registry.example/${name}:v1"
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
    app: ${name}
  ports:
    - port: 80
`;
}

function environment(): NodeJS.ProcessEnv {
  return {
    PATH: TOOL_PATH,
    HOME: repository.root,
    KUBE_API_VERSIONS: 'v1,apps/v1',
    STAGELINE_HOOK_IMAGE: 'registry.example/stageline:bench',
    ARGOCD_APP_NAME: 'bench-dev',
    ARGOCD_APP_NAMESPACE: 'bench-dev',
    ARGOCD_APP_REVISION: 'f'.repeat(40),
    ARGOCD_APP_SOURCE_REPO_URL: 'https://git.example/bench.git',
    ARGOCD_APP_SOURCE_PATH: PATH_IN_REPOSITORY,
    ARGOCD_APP_SOURCE_TARGET_REVISION: 'main',
  };
}

function output([program = '', ...args]: string[], cwd: string): string {
  return spawnSync(program, args, { cwd, env: environment(), encoding: 'utf8' }).stdout;
}

/** Milliseconds of a run; one that fails has no time. */
function timed([program = '', ...args]: string[], cwd: string): number {
  const start = performance.now();
  const { status } = spawnSync(program, args, {
    cwd,
    env: environment(),
    stdio: ['ignore', nowhere, 'inherit'],
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
  return performance.now() - start;
}

function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
}
