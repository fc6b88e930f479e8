/** Repositories on disk and plugin runs for tests: real Git, real Helm, the environment of argocd-cmp-server. */
import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';

const ROOT = resolve(import.meta.dirname, '../..');

/** PATH on which the real programs of the tests come first. */
export const TOOL_PATH = [
  join(ROOT, 'node_modules/.cache/stageline/bin'),
  join(ROOT, 'node_modules/.bin'),
  process.env['PATH'] ?? '',
].join(delimiter);

/** The bundle where it was built for the tests, as `npm test` does; else the sources, which take longer to start. */
const isBundled = process.env['STAGELINE_TEST_BUNDLES'] !== undefined;
const PLUGIN_PROGRAM = join(ROOT, isBundled ? 'dist/cmp.cjs' : 'cmp/main.ts');

/** What renders, as plugin.yaml starts it. */
export const GENERATE: readonly [program: string, ...args: string[]] = isBundled
  ? ['bash', join(ROOT, 'cmp/generate.sh'), PLUGIN_PROGRAM]
  : [process.execPath, PLUGIN_PROGRAM, 'generate'];

export interface TestRepository {
  root: string;
  write(files: Record<string, string>): void;
  /** Commits everything; the commit's id. */
  commit(subject: string): string;
  git(...args: string[]): string;
  remove(): void;
}

/** A Git repository with one commit of the given files. */
export function makeRepository(files: Record<string, string>): TestRepository {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'stageline-repository-')));
  const git = (...args: string[]): string => runGit(root, args);
  const repository: TestRepository = {
    root,
    git,
    write: (changes) => {
      for (const [path, text] of Object.entries(changes)) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
      }
    },
    commit: (subject) => {
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', subject);
      return git('rev-parse', 'HEAD').trim();
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  git('init', '--quiet', '--initial-branch=main');
  repository.write(files);
  repository.commit('first');
  return repository;
}

function runGit(cwd: string, args: readonly string[]): string {
  const identity = { name: 'Ada', email: 'ada@example.com' };
  return execFileSync('git', args, {
    cwd,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: identity.name,
      GIT_AUTHOR_EMAIL: identity.email,
      GIT_COMMITTER_NAME: identity.name,
      GIT_COMMITTER_EMAIL: identity.email,
    },
  });
}

export interface PluginRun {
  /** The application's path in the repository. */
  path: string;
  application?: string;
  namespace?: string;
  /** As in `spec.source.plugin.parameters`. */
  parameters?: readonly Record<string, unknown>[];
  env?: NodeJS.ProcessEnv;
  /** Working directory, if it is not the path in the repository. */
  cwd?: string;
  /** Another command than `generate`. */
  command?: string;
}

export interface PluginResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The environment that argocd-cmp-server gives to a plugin. */
export function pluginEnv(repository: TestRepository, run: PluginRun): NodeJS.ProcessEnv {
  return {
    PATH: TOOL_PATH,
    STAGELINE_HOOK_IMAGE: 'registry.example/stageline:test',
    ARGOCD_APP_NAME: run.application ?? 'shop-dev',
    ARGOCD_APP_NAMESPACE: run.namespace ?? 'shop-dev',
    ARGOCD_APP_REVISION: repository.git('rev-parse', 'HEAD').trim(),
    ARGOCD_APP_SOURCE_REPO_URL: 'https://git.example/shop.git',
    ARGOCD_APP_SOURCE_PATH: run.path,
    ARGOCD_APP_SOURCE_TARGET_REVISION: 'main',
    KUBE_VERSION: '1.35',
    KUBE_API_VERSIONS: 'v1,apps/v1,batch/v1',
    ...(run.parameters === undefined ? {} : { ARGOCD_APP_PARAMETERS: JSON.stringify(run.parameters) }),
    ...run.env,
  };
}

/** Starts the plugin as argocd-cmp-server does: `detached` in a group of its own, as there. */
export function startPlugin(
  repository: TestRepository,
  run: PluginRun,
  { detached }: { detached: boolean } = { detached: false },
): ChildProcessByStdio<null, Readable, Readable> {
  const [program, ...args] =
    run.command === undefined ? GENERATE : [process.execPath, PLUGIN_PROGRAM, run.command];
  return spawn(program, args, {
    cwd: run.cwd ?? join(repository.root, run.path),
    env: pluginEnv(repository, run),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
}

/** Runs the plugin as argocd-cmp-server does and waits for its end. */
export function runPlugin(repository: TestRepository, run: PluginRun): Promise<PluginResult> {
  return new Promise((done, failed) => {
    const child = startPlugin(repository, run);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', failed);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

/** A chart with one Deployment, a pipeline of two stages, and values that declare what the plugin can set. */
export function shopFiles(): Record<string, string> {
  return {
    'stageline.yaml': [
      'apiVersion: stageline.dev/v1',
      'pipeline: shop',
      'moves:',
      '  - helmValues: { keys: [image.tag] }',
      'stages:',
      '  - name: dev',
      '    application: shop-dev',
      '    path: charts/dev',
      '    preDeployment:',
      '      - name: ready',
      '        http: { url: "http://shop.shop-dev.svc/ready" }',
      '  - name: prod',
      '    application: shop-prod',
      '    path: charts/prod',
      '    after: dev',
      '    promotion: { push: {} }',
      '',
    ].join('\n'),
    ...chartFiles('charts/dev'),
    ...chartFiles('charts/prod'),
  };
}

/** One chart at a path. */
export function chartFiles(path: string): Record<string, string> {
  return {
    [`${path}/Chart.yaml`]: 'apiVersion: v2\nname: shop\nversion: 0.1.0\n',
    [`${path}/values.yaml`]: 'image:\n  tag: v1\n',
    [`${path}/templates/deployment.yaml`]: [
      'apiVersion: apps/v1',
      'kind: Deployment',
      'metadata:',
      '  name: shop',
      'spec:',
      '  selector: { matchLabels: { app: shop } }',
      '  template:',
      '    metadata: { labels: { app: shop } }',
      '    spec:',
      '      containers:',
      '        - name: shop',
      '          image: "example/shop:{{ .Values.image.tag }}"',
      '',
    ].join('\n'),
  };
}
