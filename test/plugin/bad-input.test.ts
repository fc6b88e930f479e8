/** Whatever goes wrong: one clear line on stderr, exit code 1, nothing on stdout, nobody left behind, no secrets. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  chartFiles,
  makeRepository,
  GENERATE,
  pluginEnv,
  runPlugin,
  shopFiles,
  startPlugin,
  type PluginRun,
  type TestRepository,
} from '../../cmp/testing/repository.ts';

let repository: TestRepository | undefined;
afterEach(() => repository?.remove());

function repositoryOf(files: Record<string, string>): TestRepository {
  repository = makeRepository(files);
  return repository;
}

const DEV: PluginRun = { path: 'charts/dev' };

async function expectOneLine(made: TestRepository, run: PluginRun, line: RegExp): Promise<string> {
  const result = await runPlugin(made, run);
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toMatch(/^stageline: [A-Z_]+: [^\n]+\n$/);
  expect(result.stderr).toMatch(line);
  return result.stderr;
}

/** A program in place of Helm, which says its process id into a file first. */
function fakeHelm(made: TestRepository, script: string): { program: string; pids: () => number[] } {
  const folder = join(made.root, '.git', 'fake');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'helm');
  writeFileSync(program, `#!/bin/sh\necho $$ >> ${folder}/pids\n${script}\n`);
  chmodSync(program, 0o755);
  const pids = (): number[] =>
    existsSync(join(folder, 'pids'))
      ? readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').map(Number)
      : [];
  return { program, pids };
}

/** A zombie is gone too: only its parent has not noticed yet. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('bad input', () => {
  it('refuses a render without objects', async () => {
    const made = repositoryOf({ ...shopFiles(), 'charts/dev/templates/deployment.yaml': '# nothing\n' });
    await expectOneLine(made, DEV, /RENDER_EMPTY: .*charts\/dev.* delete/);
  });

  it('names the value file that does not exist', async () => {
    const parameters = [{ name: 'valueFiles', array: ['values-nowhere.yaml'] }];
    await expectOneLine(
      repositoryOf(shopFiles()),
      { ...DEV, parameters },
      /VALUES_MISSING: .*values-nowhere\.yaml/,
    );
  });

  it('gives Helm’s own reason, once, for values that cannot be read', async () => {
    const made = repositoryOf({ ...shopFiles(), 'charts/dev/values.yaml': 'image: [\n' });
    await expectOneLine(made, DEV, /HELM_FAILED|FREIGHT_FILE/);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a list for a text', { name: 'releaseName', array: ['x'] }, /PARAMETER_INVALID: .*"releaseName".*array/],
    ['a text for a list', { name: 'valueFiles', string: 'values.yaml' }, /PARAMETER_INVALID: .*"valueFiles"/],
    ['numbers in a map', { name: 'parameters', map: { a: 1 } }, /PARAMETER_INVALID: .*"parameters"/],
    [
      'a flag that is neither',
      { name: 'skipCrds', string: 'yes' },
      /PARAMETER_INVALID: .*"skipCrds" is "yes"/,
    ],
    ['an unknown name', { name: 'value-files', array: [] }, /PARAMETER_UNKNOWN: .*"value-files".*valueFiles/],
    ['an unknown choice', { name: 'inject', string: 'some' }, /PARAMETER_INVALID: .*all, workloads, none/],
  ])('names the parameter: %s', async (_what, parameter, line) => {
    await expectOneLine(repositoryOf(shopFiles()), { ...DEV, parameters: [parameter] }, line);
  });

  it('says that Argo CD’s parameters are no JSON', async () => {
    const run = { ...DEV, env: { ARGOCD_APP_PARAMETERS: '{' } };
    await expectOneLine(repositoryOf(shopFiles()), run, /PARAMETER_INVALID: ARGOCD_APP_PARAMETERS/);
  });

  it('names the admin’s setting that cannot be read', async () => {
    const run = { ...DEV, env: { STAGELINE_DEADLINE: 'soon' } };
    await expectOneLine(repositoryOf(shopFiles()), run, /SETTING_INVALID: .*STAGELINE_DEADLINE.*"soon"/);
  });

  it('says where a pipeline file was looked for', async () => {
    const run = { path: 'charts/dev' };
    await expectOneLine(
      repositoryOf(chartFiles('charts/dev')),
      run,
      /PIPELINE_MISSING: .*stageline\.yaml.*pipeline: none/,
    );
  });

  it('names file, line and field of a wrong pipeline file', async () => {
    const made = repositoryOf({
      ...shopFiles(),
      'stageline.yaml': `${shopFiles()['stageline.yaml']}nonsense: 1\n`,
    });
    await expectOneLine(made, DEV, /PIPELINE_INVALID: stageline\.yaml:\d+: nonsense/);
  });

  it('names the application that no stage fits', async () => {
    const made = repositoryOf({ ...shopFiles(), ...chartFiles('charts/qa') });
    await expectOneLine(
      made,
      { path: 'charts/qa', application: 'shop-qa' },
      /STAGE_NOT_FOUND: .*shop-qa.*charts\/qa/,
    );
  });

  it('names the key that moves and is not there', async () => {
    const made = repositoryOf({ ...shopFiles(), 'charts/dev/values.yaml': 'image: {}\n' });
    await expectOneLine(made, DEV, /FREIGHT_KEY: charts\/dev\/values\.yaml .*"image\.tag"|HELM_FAILED/);
  });

  it('says which program is missing', async () => {
    const run = { ...DEV, env: { STAGELINE_HELM: '/nonexistent/helm' } };
    await expectOneLine(repositoryOf(shopFiles()), run, /PROGRAM_MISSING: .*\/nonexistent\/helm/);
  });

  it('ends a Helm that hangs at its own deadline, and leaves no child behind', async () => {
    const made = repositoryOf(shopFiles());
    const { program, pids } = fakeHelm(made, 'sleep 600 & sleep 600');
    const run = { ...DEV, env: { STAGELINE_HELM: program, STAGELINE_DEADLINE: '1500ms' } };
    await expectOneLine(made, run, /DEADLINE: .*1\.5 s/);
    expect(pids()).toHaveLength(1);
    expect(pids().filter(isRunning)).toEqual([]);
  });

  it('gives up on a history that takes Git too long, and says what to do', async () => {
    const run = { ...DEV, env: { STAGELINE_GIT_TIMEOUT: '1ms' } };
    await expectOneLine(repositoryOf(shopFiles()), run, /COMMIT_TIMEOUT: .*0\.001 s.*commit: digest/);
  });

  it('gives up on a render that is too large', async () => {
    const made = repositoryOf(shopFiles());
    const { program } = fakeHelm(made, 'exec head -c 100000000 /dev/zero');
    const run = { ...DEV, env: { STAGELINE_HELM: program, STAGELINE_MAX_RENDER_MIB: '20' } };
    await expectOneLine(made, run, /RENDER_TOO_LARGE: .*20 MiB.*STAGELINE_MAX_RENDER_MIB/);
  });

  it('says what its limit for Kustomize was when that hangs', async () => {
    const made = repositoryOf({
      ...shopFiles(),
      'charts/dev/Chart.yaml': '',
      'charts/dev/kustomization.yaml': 'resources: [a.yaml]\n',
      'charts/dev/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
    });
    rmSync(join(made.root, 'charts/dev/Chart.yaml'));
    const { program, pids } = fakeHelm(made, 'sleep 600');
    const run = { ...DEV, env: { STAGELINE_KUBECTL: program, STAGELINE_DEADLINE: '1500ms' } };
    await expectOneLine(made, run, /DEADLINE/);
    expect(pids().filter(isRunning)).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends by %s with a line, code 1 and no child left',
    async (signal) => {
      const made = repositoryOf(shopFiles());
      const { program, pids } = fakeHelm(made, 'sleep 600');
      // Without what other tests left: a head start is ended by SIGTERM, whatever came.
      const env = { STAGELINE_HELM: program, TMPDIR: join(made.root, '.git') };
      const child = startPlugin(made, { ...DEV, env });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      const ended = new Promise<number | null>((done) => child.on('close', done));
      while (pids().length === 0) await new Promise((done) => setImmediate(done));
      child.kill(signal);
      expect(await ended).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toMatch(new RegExp(`^stageline: TERMINATED: .*${signal}.*\\n$`));
      expect(pids().filter(isRunning)).toEqual([]);
    },
  );

  it('keeps its children in the group that argocd-cmp-server kills at its deadline', async () => {
    const made = repositoryOf(shopFiles());
    const { program, pids } = fakeHelm(made, 'sleep 600');
    const child = startPlugin(made, { ...DEV, env: { STAGELINE_HELM: program } }, { detached: true });
    const ended = new Promise((done) => child.on('exit', done));
    while (pids().length === 0) await new Promise((done) => setImmediate(done));
    // What the caller does at its deadline: the leader dies at once, its group gets SIGTERM.
    child.kill('SIGKILL');
    await ended;
    process.kill(-(child.pid ?? 0), 'SIGTERM');
    const deadline = Date.now() + 20_000;
    while (pids().some(isRunning) && Date.now() < deadline) await new Promise((done) => setImmediate(done));
    expect(pids().filter(isRunning)).toEqual([]);
  });

  it('says that stdout was closed early', async () => {
    const made = repositoryOf({
      ...shopFiles(),
      'charts/dev/values.yaml': `image: { tag: v1 }\npadding: ${'x'.repeat(400_000)}\n`,
      'charts/dev/templates/big.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: big\ndata:\n  a: {{ .Values.padding }}\n',
    });
    const child = startPlugin(made, DEV);
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await new Promise((done) => child.on('close', done))).toBe(1);
    expect(stderr).toMatch(/^stageline: OUTPUT_CLOSED: [^\n]+\n$/);
  });

  it('says that there is no room for the render', async () => {
    const made = repositoryOf(shopFiles());
    const full = openSync('/dev/full', 'w');
    const [program, ...args] = GENERATE;
    const child = spawn(program, args, {
      cwd: join(made.root, 'charts/dev'),
      env: pluginEnv(made, DEV),
      stdio: ['ignore', full, 'pipe'],
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await new Promise((done) => child.on('close', done))).toBe(1);
    expect(stderr).toMatch(/^stageline: OUTPUT_FAILED: .*ENOSPC[^\n]+\n$/);
  });

  it('prints no secret of values, parameters and addresses', async () => {
    const made = repositoryOf({
      ...shopFiles(),
      'charts/dev/values.yaml': 'image: { tag: v1 }\ndatabase:\n  password: "hunter2hunter2"\n',
      'charts/dev/templates/bad.yaml':
        '{{ fail (printf "cannot use %s and %s at https://user:pw12345@host/x" .Values.database.password .Values.apiToken) }}\n',
    });
    const parameters = [{ name: 'stringParameters', map: { apiToken: 'tok-123456' } }];
    const stderr = await expectOneLine(
      made,
      { ...DEV, parameters },
      /HELM_FAILED: .*cannot use \*\*\* and \*\*\*/,
    );
    expect(stderr).not.toMatch(/hunter2|tok-123456|pw12345/);
  });

  it('leaves nothing in the temporary folder but what the next render starts faster with', async () => {
    const made = repositoryOf(shopFiles());
    const folder = join(made.root, '.git', 'tmp');
    mkdirSync(folder);
    expect((await runPlugin(made, { ...DEV, env: { TMPDIR: folder } })).code).toBe(0);
    expect(readdirSync(folder).filter((name) => !name.startsWith('stageline-code-'))).toEqual([]);
  });

  it('refuses an unknown command', async () => {
    await expectOneLine(
      repositoryOf(shopFiles()),
      { ...DEV, command: 'discover' },
      /COMMAND_UNKNOWN: .*"discover"/,
    );
  });

  it('refuses a plan that no Job can carry', async () => {
    const check = (index: number): string =>
      `      - name: check-${index}\n        task: { image: x, args: ["${'y'.repeat(2000)}"] }\n`;
    const checks = Array.from({ length: 60 }, (_, index) => check(index)).join('');
    const pipeline = (shopFiles()['stageline.yaml'] ?? '').replace(
      '    preDeployment:\n',
      `    preDeployment:\n${checks}`,
    );
    const made = repositoryOf({ ...shopFiles(), 'stageline.yaml': pipeline });
    await expectOneLine(made, DEV, /PLAN_TOO_LARGE: .*"dev".*96 KiB/);
  });

  it('refuses hooks without an image', async () => {
    const run = { ...DEV, env: { STAGELINE_HOOK_IMAGE: '' } };
    await expectOneLine(repositoryOf(shopFiles()), run, /HOOK_IMAGE_MISSING/);
  });
});
